/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_CENSUS_H
#define NARU_QUEUE_CENSUS_H

/*
 * queue/census.h - is every block of the heap somebody's? layout/heap.h, I5
 *
 * For the doctor and the tests: it walks over the whole heap.
 */

#include <queue/handle.h>

/* Both locks are held. -EBADMSG: blocks are lost, or not what they seem. */
int nr_census(const struct naru_queue *queue);

#endif /* NARU_QUEUE_CENSUS_H */
