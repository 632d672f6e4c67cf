/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_ONCE_H
#define NARU_SERVER_ONCE_H

/* server/once.h - sends and releases that are remembered */

#include <naru/queue.h>

ssize_t nr_queue_send_noted(struct naru_queue *queue, struct naru_once *once,
			    const struct naru_item *items, size_t count);
int nr_queue_release_noted(struct naru_queue *queue, struct naru_once *once,
			   struct naru_message *message);
int nr_queue_recall_noted(struct naru_queue *queue, struct naru_once *once,
			  uint64_t *ret_released);
void nr_queue_rearm_side(struct naru_queue *queue, enum naru_poll which);

#endif /* NARU_SERVER_ONCE_H */
