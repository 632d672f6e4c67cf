/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_SET_H
#define NARU_QUEUE_SET_H

/* queue/set.h - what a queue can be changed to be */

#include <naru/queue.h>

/*
 * Change both limits, whoever we are; 0 admits nothing. Memory is reserved, and who waits
 * for room is woken. Errors as of naru_queue_set().
 */
int nr_queue_set_limits(struct naru_queue *queue, uint64_t capacity, uint64_t messages);

#endif /* NARU_QUEUE_SET_H */
