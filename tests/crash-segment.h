/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_SEGMENT_H
#define TESTS_CRASH_SEGMENT_H

/* crash-segment.h - the calls on segments, and what a death in each may leave */

#include <naru/segment.h>
#include <stdbool.h>

enum {
	SEGMENT_LENGTH = 10000,
	SEGMENT_GROWN = 50000,
	SEGMENT_OLD = 1, /* the latest value before the call: so many, of this byte */
	SEGMENT_NEW = 2,
	SEGMENT_VALUE = 200,
};

#define CRASH_SEGMENT "s"

/* Who else is there: it sleeps in this call when the victim dies in its own. */
enum segment_sleeper { NOBODY, LOCKS, WAITS };

struct segment_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	bool may_be_there; /* the segment, afterwards */
	bool may_be_gone;
	bool may_be_grown;
	bool may_be_new;     /* the latest value */
	bool may_be_damaged; /* somebody died with the lock */
	bool may_be_given_up;
	bool forks; /* a child may go on, with all of the victim's attachments */
	enum segment_sleeper sleeper;
};

extern const struct segment_case segment_cases[];
extern const unsigned segment_cases_count;

/* FIFOs beside the space, which the victim and its child have to do with. */
void segment_fifos(const char *directory);

/* Has the child of a killed victim been made, and is it still there? */
bool segment_child_lives(void);
/* It is to exit. */
void segment_child_go(void);

#endif /* TESTS_CRASH_SEGMENT_H */
