/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_RECEIVE_H
#define NARU_QUEUE_RECEIVE_H

/*
 * queue/receive.h - what receiving and taking have in common
 */

#include <queue/take.h>

/* One call of naru_queue_receive_batch(). */
struct nr_receive {
	struct naru_queue *queue;
	uint32_t id;
	struct nr_select select;
	bool truncate;
	struct naru_item *items;
	size_t count;
	uint64_t epoch; /* of the receivers' side, when it found nothing */
};

/*
 * Take the receivers' lock to remove something. What the dead held is finished
 * before: then it returns 1, and nr_queue_tell_reaped() is due after the unlock.
 * Pollers know already that there will be room.
 */
int nr_receive_lock(struct naru_queue *queue, uint32_t id, struct nr_deadline *deadline,
		    struct nr_counts *ret_counts, uint64_t *ret_back);

/*
 * Wait and attempt in turn, after a first attempt said -EAGAIN. @type is where an
 * attempt that succeeds (> 0) leaves the type of its message, @epoch where one that
 * fails leaves the receivers' epoch.
 */
ssize_t nr_receive_waiting(struct naru_queue *queue, uint32_t id,
			   const struct nr_select *select, struct nr_deadline *deadline,
			   ssize_t (*attempt)(void *data, struct nr_deadline *deadline),
			   void *data, const int64_t *type, const uint64_t *epoch);

#endif /* NARU_QUEUE_RECEIVE_H */
