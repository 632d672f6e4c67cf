/* SPDX-License-Identifier: MIT */

/* queue/heap-check.c - are the invariants I1 and I2 of layout/heap.h true? */

#include <queue/heap.h>

#include <base/atomic.h>
#include <errno.h>
#include <queue/free-list.h>

/* I1: the blocks from end to end. */
static int check_blocks(const struct nr_heap *heap, uint32_t end, uint32_t *ret_free)
{
	uint32_t before = 0, last = 0, count = 0, kind = 0;

	for (uint32_t reference = 1; reference < end; reference += before) {
		const struct nr_block_shared *block = nr_heap_block(heap, reference);
		uint32_t size = nr_read_once(&block->size);
		uint32_t previous_kind = kind;

		kind = nr_read_once(&block->kind);
		if (size == 0 || size > end - reference ||
		    nr_read_once(&block->before) != before || kind < NR_BLOCK_FREE ||
		    kind > NR_BLOCK_DOOMED)
			return -EBADMSG;
		if (kind == NR_BLOCK_FREE) {
			if (previous_kind == NR_BLOCK_FREE)
				return -EBADMSG;
			count++;
		}
		last = reference;
		before = size;
	}
	if (nr_read_once(&heap->shared->last) != last)
		return -EBADMSG;
	*ret_free = count;
	return 0;
}

/* Is @reference one of the blocks, as far as its neighbours tell? */
static bool is_block(const struct nr_heap *heap, uint32_t end, uint32_t reference)
{
	const struct nr_block_shared *block = nr_heap_block(heap, reference);
	uint32_t size, before;

	if (!block || reference >= end)
		return false;
	size = nr_read_once(&block->size);
	before = nr_read_once(&block->before);
	if (size == 0 || size > end - reference || before >= reference)
		return false;
	if (reference + size < end &&
	    nr_read_once(&nr_heap_block(heap, reference + size)->before) != size)
		return false;
	return reference == 1 ||
	       (before > 0 &&
		nr_read_once(&nr_heap_block(heap, reference - before)->size) == before);
}

static int check_list(const struct nr_heap *heap, uint32_t end, uint32_t size_class,
		      uint32_t *count)
{
	struct nr_heap_shared *shared = heap->shared;
	uint32_t level = size_class / NR_HEAP_SECOND_LEVELS;
	uint32_t reference = nr_read_once(nr_heap_list(shared, size_class));
	uint32_t steps = nr_read_once(&shared->second_level[level]);
	uint32_t previous = 0;

	if ((steps >> size_class % NR_HEAP_SECOND_LEVELS & 1) != (reference != 0) ||
	    steps >> NR_HEAP_SECOND_LEVELS != 0 ||
	    (nr_read_once(&shared->first_level) >> level & 1) != (steps != 0))
		return -EBADMSG;

	while (reference) {
		const struct nr_block_shared *block = nr_heap_block(heap, reference);

		if (!is_block(heap, end, reference) ||
		    nr_read_once(&block->kind) != NR_BLOCK_FREE ||
		    nr_heap_class(nr_read_once(&block->size)) != size_class ||
		    nr_read_once(&block->previous) != previous || *count == 0)
			return -EBADMSG;
		(*count)--;
		previous = reference;
		reference = nr_read_once(&block->next);
	}
	return 0;
}

int nr_heap_check(const struct nr_heap *heap)
{
	uint32_t end = nr_read_once(&heap->shared->granules);
	uint32_t count;
	int r;

	if (end < 2 || end > heap->granules ||
	    nr_read_once(&heap->shared->first_level) >> NR_HEAP_FIRST_LEVELS != 0)
		return -EBADMSG;
	r = check_blocks(heap, end, &count);
	for (uint32_t i = 0; i < NR_HEAP_FIRST_LEVELS * NR_HEAP_SECOND_LEVELS && r == 0;
	     i++)
		r = check_list(heap, end, i, &count);
	if (r < 0)
		return r;
	return count == 0 ? 0 : -EBADMSG;
}
