/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_NAMES_H
#define TESTS_CRASH_NAMES_H

/* crash-names.h - the calls that make, open and remove what has a name */

#include "crash-model.h"

enum { NAMES_CAPACITY = 2048, NAMES_MESSAGES = 16, NAMES_STATES = 3 };

/* A call that is cut short, and what others may find, in this order, while it goes on. */
struct names_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	unsigned states;
	/* How to come to the contents of a new queue; NULL: there is no queue. */
	const struct step *state[NAMES_STATES];
};

extern const struct names_case names_cases[];
extern const unsigned names_cases_count;

/* Of the queue, when it is made anew. */
extern const struct naru_queue_options names_options;

/* The model of that. */
struct model names_empty(void);

/* What a process has to look at that comes after a death. */
struct names_scene {
	const struct names_case *this;
	const char *directory;
	unsigned mode;	      /* of the survivor, below SURVIVOR_MODES */
	unsigned from, until; /* which of the states it may be: [from, until) */
};

/*
 * In a process of its own, see trace_survive(). Each name must be there whole or not
 * at all, what is not there can be made, what is there used, and the space is clean
 * after a check. Returns the number of the state, or SURVIVOR_FAILED.
 */
int names_survive(void *scene);

#endif /* TESTS_CRASH_NAMES_H */
