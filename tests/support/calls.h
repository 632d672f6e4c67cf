/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_CALLS_H
#define SUPPORT_CALLS_H

/*
 * support/calls.h - a call of every kind, on a queue that a hostile peer writes to
 *
 * Any error is as good as success; what counts is that the call returns, and that
 * what it hands out can be read and written. None waits longer than some ms.
 */

#include <naru/queue.h>

enum { CALLS_HELD = 4, CALLS_ROOM = 70000 };

struct calls {
	struct naru_space *space;
	const char *name;
	struct naru_queue *queue;
	uint64_t seed;
	struct naru_message claimed[CALLS_HELD];
	struct naru_message taken[CALLS_HELD];
	int claimed_count, taken_count;
	unsigned long made, succeeded;
	unsigned char buffer[2][CALLS_ROOM];
};

/* One call, chosen by calls->seed. */
void calls_make(struct calls *calls);

/* Close the handle, whatever is held. */
void calls_close(struct calls *calls);

#endif /* SUPPORT_CALLS_H */
