/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WALKS_H
#define SUPPORT_WALKS_H

/*
 * support/walks.h - calls that walk over what a queue's file holds
 *
 * Each is for a file that is as laden_restore() has made it, or damaged. Any error is as
 * good as success; what is handed out can be read and written from end to end.
 */

#include <support/laden.h>

struct walk {
	const char *name;
	void (*make)(struct laden *laden, struct naru_queue *queue);
	bool torn; /* it is worth while also where a dead one has left a change */
};

/* Up to one without a name. */
extern const struct walk walks[];

/* What is wrong by nr_queue_check(): how many findings of a damage. */
unsigned walks_check(struct laden *laden, int flags);

#endif /* SUPPORT_WALKS_H */
