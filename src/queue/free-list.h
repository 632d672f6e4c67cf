/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_FREE_LIST_H
#define NARU_QUEUE_FREE_LIST_H

/*
 * queue/free-list.h - the lists of free blocks, one a size class
 *
 * A part of queue/heap.c, which see for the rules and the errors.
 *
 * A class is level * 16 + step. Up to 31 granules every size has its own, above
 * each power of two is divided in 16 steps:
 *
 *	granules     level  step
 *	 0 .. 15	0   granules
 *	16 .. 31	1   granules - 16
 *	32 .. 63	2   granules / 2 - 16
 *	64 .. 127	3   granules / 4 - 16	and so on
 */

#include <queue/heap.h>

/* log2 of how many sizes the class of @granules has. */
static inline uint32_t nr_heap_class_shift(uint32_t granules)
{
	return granules < 2 * NR_HEAP_SECOND_LEVELS
		       ? 0
		       : 27 - (uint32_t)__builtin_clz(granules);
}

static inline uint32_t nr_heap_class(uint32_t granules)
{
	uint32_t shift = nr_heap_class_shift(granules);

	return shift * NR_HEAP_SECOND_LEVELS + (granules >> shift);
}

/* The lowest class of which every block has at least @granules. */
static inline uint32_t nr_heap_class_above(uint32_t granules)
{
	return nr_heap_class(granules + (1u << nr_heap_class_shift(granules)) - 1);
}

static inline uint32_t *nr_heap_list(struct nr_heap_shared *shared, uint32_t size_class)
{
	return &shared->list[size_class / NR_HEAP_SECOND_LEVELS]
			    [size_class % NR_HEAP_SECOND_LEVELS];
}

/* A block whose size was read, once, and checked. */
struct nr_span {
	struct nr_block_shared *block;
	uint32_t reference;
	uint32_t size;
};

int nr_free_list_add(struct nr_heap *heap, const struct nr_span *span);
int nr_free_list_remove(struct nr_heap *heap, const struct nr_span *span);

/*
 * The lowest class from @size_class on that is not empty, and the highest of all.
 *
 * -ENOSPC	there is none
 */
int nr_free_list_lowest(const struct nr_heap *heap, uint32_t size_class,
			uint32_t *ret_class);
int nr_free_list_highest(const struct nr_heap *heap, uint32_t *ret_class);

#endif /* NARU_QUEUE_FREE_LIST_H */
