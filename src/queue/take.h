/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_TAKE_H
#define NARU_QUEUE_TAKE_H

/*
 * queue/take.h - hold a message without a copy: also how every large one is received
 */

#include <queue/find.h>
#include <queue/handle.h>

/*
 * Make the found message TAKEN by us. A change of its own, under the receivers'
 * lock; @counts are the receivers'.
 */
int nr_take_found(struct naru_queue *queue, uint32_t id, const struct nr_found *found,
		  struct nr_counts *counts, struct nr_hold *ret_hold);

/* Copy its first @length bytes. No lock is held. */
int nr_take_read(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		 void *buffer, uint64_t length, struct nr_deadline *deadline);

/* Write to one that is in pieces. -EINVAL: it is not ours. */
int nr_take_write(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		  const void *data, uint64_t length);

/*
 * End the hold of a CLAIMED or TAKEN message, and tell who may care. When the lock
 * cannot be had at once, it is left to others to do, and that is as good.
 *
 * -EINVAL	it is not ours, or not of that kind
 */
int nr_hold_end(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		enum nr_block_kind kind, enum nr_held_end end);

/*
 * Release a TAKEN message and note it. The lock is waited for.
 *
 * -EINVAL	it is not ours, or the number is not above the session's last
 */
int nr_hold_release_once(struct naru_queue *queue, uint32_t id,
			 const struct nr_hold *hold, struct naru_once *once);

#endif /* NARU_QUEUE_TAKE_H */
