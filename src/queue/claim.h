/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_CLAIM_H
#define NARU_QUEUE_CLAIM_H

/*
 * queue/claim.h - reserve, fill, publish: also the way of every large message
 */

#include <queue/handle.h>

/* One try. -EAGAIN: the queue is full. */
int nr_claim(struct naru_queue *queue, uint32_t id, uint64_t length,
	     struct nr_deadline *deadline, struct nr_hold *ret_claim);

/* Fill it from @data, wherever it is. */
int nr_claim_write(struct naru_queue *queue, uint32_t id, const struct nr_hold *claim,
		   const void *data, uint64_t length, struct nr_deadline *deadline);

/*
 * Publish it with @type and the first @length bytes. -EINVAL: it is not a claim
 * of ours. On any failure it stays claimed.
 *
 * @once	NULL, or its number is noted with it. -EALREADY: it was sent before
 */
int nr_commit(struct naru_queue *queue, uint32_t id, const struct nr_hold *claim,
	      int64_t type, uint64_t length, struct naru_once *once,
	      struct nr_deadline *deadline);

#endif /* NARU_QUEUE_CLAIM_H */
