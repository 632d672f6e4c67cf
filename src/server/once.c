/* SPDX-License-Identifier: MIT */

#include <server/once.h>

ssize_t nr_queue_send_noted(struct naru_queue *queue, struct naru_once *once,
			    const struct naru_item *items, size_t count)
{
	(void)once;
	return naru_queue_send_batch(queue, items, count, 0);
}

int nr_queue_release_noted(struct naru_queue *queue, struct naru_once *once,
			   struct naru_message *message)
{
	(void)once;
	return naru_queue_release(queue, message);
}

int nr_queue_recall_noted(struct naru_queue *queue, struct naru_once *once,
			  uint64_t *ret_released)
{
	(void)queue;
	(void)once;
	*ret_released = 0;
	return 0;
}

void nr_queue_rearm_side(struct naru_queue *queue, enum naru_poll which)
{
	(void)queue;
	(void)which;
}
