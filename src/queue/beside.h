/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_BESIDE_H
#define NARU_QUEUE_BESIDE_H

/*
 * queue/beside.h - the files beside a queue: ".NAME-<inode, hexadecimal>.<what>"
 *
 * The inode tells them from those of another queue that has got the name since. Whoever
 * may use the queue may use them. The doctor knows their names, too (space/check.c).
 */

#include <queue/handle.h>

enum { NR_BESIDE_NAME = NARU_NAME_MAX + 24 };

enum nr_beside {
	NR_BESIDE_READABLE = 'r', /* FIFOs: queue/poll.h */
	NR_BESIDE_WRITABLE = 'w',
	NR_BESIDE_SESSIONS = 's', /* layout/sessions.h */
};

void nr_beside_name(char out[NR_BESIDE_NAME], const char *name, uint64_t inode,
		    enum nr_beside what);

/* The queue with this name and inode number is gone: so are they. */
void nr_beside_unlink(struct naru_space *space, const char *name, uint64_t inode);

/* The queue's mode or owner has changed: they get the same. Best effort. */
void nr_beside_access(struct naru_queue *queue);

#endif /* NARU_QUEUE_BESIDE_H */
