/* SPDX-License-Identifier: MIT */

/*
 * queue/free-list.c - doubly linked, the newest first; two levels of bits tell
 * which are not empty, so that a fitting one is found in constant time
 */

#include <queue/free-list.h>

#include <base/atomic.h>
#include <errno.h>

#define LEVEL_MASK ((1u << NR_HEAP_SECOND_LEVELS) - 1)

static void mark_class(struct nr_heap *heap, uint32_t size_class)
{
	struct nr_heap_shared *shared = heap->shared;
	uint32_t level = size_class / NR_HEAP_SECOND_LEVELS;
	uint32_t steps = nr_read_once(&shared->second_level[level]);
	uint64_t levels = nr_read_once(&shared->first_level);

	steps |= 1u << size_class % NR_HEAP_SECOND_LEVELS;
	nr_journal_write(heap->journal, shared->second_level[level], steps);
	nr_journal_write(heap->journal, shared->first_level,
			 levels | UINT64_C(1) << level);
}

static void unmark_class(struct nr_heap *heap, uint32_t size_class)
{
	struct nr_heap_shared *shared = heap->shared;
	uint32_t level = size_class / NR_HEAP_SECOND_LEVELS;
	uint32_t steps = nr_read_once(&shared->second_level[level]);
	uint64_t levels = nr_read_once(&shared->first_level);

	steps &= ~(1u << size_class % NR_HEAP_SECOND_LEVELS);
	nr_journal_write(heap->journal, shared->second_level[level], steps);
	if (steps == 0)
		nr_journal_write(heap->journal, shared->first_level,
				 levels & ~(UINT64_C(1) << level));
}

int nr_free_list_add(struct nr_heap *heap, const struct nr_span *span)
{
	uint32_t size_class = nr_heap_class(span->size);
	uint32_t *list = nr_heap_list(heap->shared, size_class);
	uint32_t head = nr_read_once(list);

	nr_journal_write(heap->journal, span->block->next, head);
	nr_journal_write(heap->journal, span->block->previous, 0);
	if (head) {
		struct nr_block_shared *block = nr_heap_block(heap, head);

		if (!block)
			return -EBADMSG;
		nr_journal_write(heap->journal, block->previous, span->reference);
	} else {
		mark_class(heap, size_class);
	}
	nr_journal_write(heap->journal, *list, span->reference);
	return 0;
}

int nr_free_list_remove(struct nr_heap *heap, const struct nr_span *span)
{
	uint32_t size_class = nr_heap_class(span->size);
	uint32_t *list = nr_heap_list(heap->shared, size_class);
	uint32_t next = nr_read_once(&span->block->next);
	uint32_t previous = nr_read_once(&span->block->previous);

	if (next) {
		struct nr_block_shared *block = nr_heap_block(heap, next);

		if (!block || nr_read_once(&block->previous) != span->reference)
			return -EBADMSG;
		nr_journal_write(heap->journal, block->previous, previous);
	}
	if (previous) {
		struct nr_block_shared *block = nr_heap_block(heap, previous);

		if (!block || nr_read_once(&block->next) != span->reference)
			return -EBADMSG;
		nr_journal_write(heap->journal, block->next, next);
		return 0;
	}
	if (nr_read_once(list) != span->reference)
		return -EBADMSG;
	nr_journal_write(heap->journal, *list, next);
	if (!next)
		unmark_class(heap, size_class);
	return 0;
}

int nr_free_list_lowest(const struct nr_heap *heap, uint32_t size_class,
			uint32_t *ret_class)
{
	const struct nr_heap_shared *shared = heap->shared;
	uint32_t level = size_class / NR_HEAP_SECOND_LEVELS;
	uint32_t steps = nr_read_once(&shared->second_level[level]) & LEVEL_MASK;

	steps = steps >> size_class % NR_HEAP_SECOND_LEVELS
				 << size_class % NR_HEAP_SECOND_LEVELS;
	if (!steps) {
		uint64_t levels = nr_read_once(&shared->first_level) >> level >> 1;

		if (!levels)
			return -ENOSPC;
		level += 1 + (uint32_t)__builtin_ctzll(levels);
		if (level >= NR_HEAP_FIRST_LEVELS)
			return -EBADMSG;
		steps = nr_read_once(&shared->second_level[level]) & LEVEL_MASK;
		if (!steps)
			return -EBADMSG;
	}
	*ret_class = level * NR_HEAP_SECOND_LEVELS + (uint32_t)__builtin_ctz(steps);
	return 0;
}

int nr_free_list_highest(const struct nr_heap *heap, uint32_t *ret_class)
{
	const struct nr_heap_shared *shared = heap->shared;
	uint64_t levels = nr_read_once(&shared->first_level);
	uint32_t level, steps;

	if (!levels)
		return -ENOSPC;
	level = 63 - (uint32_t)__builtin_clzll(levels);
	if (level >= NR_HEAP_FIRST_LEVELS)
		return -EBADMSG;
	steps = nr_read_once(&shared->second_level[level]) & LEVEL_MASK;
	if (!steps)
		return -EBADMSG;
	*ret_class = level * NR_HEAP_SECOND_LEVELS + 31 - (uint32_t)__builtin_clz(steps);
	return 0;
}
