/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_DEATH_H
#define NARU_QUEUE_DEATH_H

/*
 * queue/death.h - what the living do about the dead, and about a removed queue
 */

#include <queue/handle.h>

/*
 * Does the queue still have its name? 0, or -EIDRM: then everybody is told. This
 * is the truth; the removed word only spares us the system call.
 */
int nr_queue_check_name(struct naru_queue *queue);

/* The queue has no name any more: tell everybody. Returns -EIDRM. */
int nr_queue_mark_removed(struct naru_queue *queue);

/*
 * Finish what dead processes held: drop their claims, give back what they had
 * taken, wake who can use that. Best effort: it does not wait long for a lock. True:
 * there was something.
 */
bool nr_queue_reap(struct naru_queue *queue, uint32_t id);

/*
 * The same, under the receivers' lock and at most every some milliseconds.
 * @counts: the receivers'. @ret_back: messages that came back to the store.
 */
int nr_queue_reap_slowly(struct naru_queue *queue, struct nr_counts *counts,
			 uint64_t *ret_back);

static inline int nr_queue_reap_locked(struct naru_queue *queue, struct nr_counts *counts,
				       uint64_t *ret_back)
{
	*ret_back = 0;
	if (__builtin_expect(nr_read_once(&queue->shared->heap.held) == 0, 1))
		return 0;
	return nr_queue_reap_slowly(queue, counts, ret_back);
}

/*
 * Processes that used the queue have died, as nr_members_sleep() said: finish what they
 * held, and wake all who sleep, since they may have died before they did. -EIDRM: one had
 * removed the queue.
 */
int nr_queue_mourn(struct naru_queue *queue, uint32_t id, struct nr_watch *watch,
		   struct nr_deadline *deadline);

/* Wake and tell pollers after @back messages came back, or room. */
void nr_queue_tell_reaped(struct naru_queue *queue, uint32_t id, uint64_t back);

#endif /* NARU_QUEUE_DEATH_H */
