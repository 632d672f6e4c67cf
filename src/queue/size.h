/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_SIZE_H
#define NARU_QUEUE_SIZE_H

/*
 * queue/size.h - how much memory a capacity takes
 */

#include <stdint.h>

#define NR_CAPACITY_DEFAULT (UINT64_C(1) << 20)
#define NR_CAPACITY_MAX	    (UINT64_C(1) << 36)
#define NR_MESSAGES_MAX	    (UINT64_C(1) << 29)

/* How many messages, if nobody says. */
uint64_t nr_size_messages(uint64_t capacity);

/*
 * Granules of a heap in which @messages of together @capacity bytes find their
 * place however fragmented it is. More than NR_HEAP_GRANULES_MAX: not possible.
 */
uint64_t nr_size_heap(uint64_t capacity, uint64_t messages);

/* A ring that does not fit in a core's own cache gains nothing by being larger. */
#define NR_RING_MAX (UINT64_C(1) << 21)

/* Bytes of the ring: a power of two, whole pages, at most NR_RING_MAX. */
uint64_t nr_size_ring(uint64_t capacity, uint64_t messages, uint64_t page);

/* What a new ring of @size bytes may grow to: for that, file offsets are kept free. */
uint64_t nr_size_ring_most(uint64_t size);

#endif /* NARU_QUEUE_SIZE_H */
