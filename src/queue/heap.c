/* SPDX-License-Identifier: MIT */

/*
 * queue/heap.c - TLSF over granules
 *
 * A block that is handed out is cut from the end of a free one, which so keeps
 * its reference, mostly its class, and with them its place in its list: few words
 * change. For the same reason a freed block joins the free one before it.
 *
 * What lies inside of a FREE block means nothing to anybody, so the header of a
 * new block is written there without the journal. This is why a change that has
 * freed something cannot allocate: its undoing would miss that header.
 */

#include <queue/heap.h>

#include <base/atomic.h>
#include <errno.h>
#include <queue/free-list.h>

#define LOOK_MAX 8 /* blocks of a request's own size_class that are looked at */

/* The first granule behind the heap, 0 if that is nonsense. */
static uint32_t heap_end(const struct nr_heap *heap)
{
	uint32_t end = nr_read_once(&heap->shared->granules);

	return end >= 2 && end <= heap->granules ? end : 0;
}

static int measure(const struct nr_heap *heap, uint32_t end, uint32_t reference,
		   struct nr_span *ret_span)
{
	struct nr_block_shared *block = nr_heap_block(heap, reference);
	uint32_t size;

	if (!block || reference >= end)
		return -EBADMSG;
	size = nr_read_once(&block->size);
	if (size == 0 || size > end - reference)
		return -EBADMSG;
	*ret_span = (struct nr_span){block, reference, size};
	return 0;
}

static bool is_free(const struct nr_span *span)
{
	return nr_read_once(&span->block->kind) == NR_BLOCK_FREE;
}

static int resize_free(struct nr_heap *heap, struct nr_span span, uint32_t size)
{
	bool moves = nr_heap_class(size) != nr_heap_class(span.size);
	int r = 0;

	if (moves)
		r = nr_free_list_remove(heap, &span);
	if (r < 0)
		return r;
	nr_journal_write(heap->journal, span.block->size, size);
	span.size = size;
	return moves ? nr_free_list_add(heap, &span) : 0;
}

/* Tell what lies behind @span that it does: the next block, or the heap. */
static void tell_next(struct nr_heap *heap, uint32_t end, uint32_t reference,
		      uint32_t size)
{
	uint32_t next = reference + size;

	if (next < end)
		nr_journal_write(heap->journal, nr_heap_block(heap, next)->before, size);
	else
		nr_journal_write(heap->journal, heap->shared->last, reference);
}

static int finish(const struct nr_heap *heap)
{
	return heap->journal->full ? -EBADMSG : 0;
}

void nr_heap_format(struct nr_heap *heap, uint32_t granules)
{
	struct nr_heap_shared *shared = heap->shared;
	struct nr_block_shared *block;
	uint32_t size_class = nr_heap_class(granules - 1);

	assert(granules >= 2 && granules <= NR_HEAP_GRANULES_MAX);
	heap->granules = granules;
	shared->granules = granules;
	shared->last = 1;
	shared->first_level = UINT64_C(1) << size_class / NR_HEAP_SECOND_LEVELS;
	shared->second_level[size_class / NR_HEAP_SECOND_LEVELS] =
		1u << size_class % NR_HEAP_SECOND_LEVELS;
	*nr_heap_list(shared, size_class) = 1;
	block = nr_heap_block(heap, 1);
	block->size = granules - 1;
	block->kind = NR_BLOCK_FREE;
}

/* The first block of @size_class that has @granules, of the first @count. */
static int look_in_class(const struct nr_heap *heap, uint32_t end, uint32_t size_class,
			 uint32_t granules, int count, struct nr_span *ret_span)
{
	uint32_t reference = nr_read_once(nr_heap_list(heap->shared, size_class));
	struct nr_span span;

	for (; reference && count > 0; count--) {
		int r = measure(heap, end, reference, &span);

		if (r < 0)
			return r;
		if (!is_free(&span) || nr_heap_class(span.size) != size_class)
			return -EBADMSG;
		if (span.size >= granules) {
			*ret_span = span;
			return 0;
		}
		reference = nr_read_once(&span.block->next);
	}
	return -ENOSPC;
}

static int find_block(const struct nr_heap *heap, uint32_t end, uint32_t granules,
		      struct nr_span *ret_span)
{
	uint32_t size_class;
	int r;

	if (granules >= end)
		return -ENOSPC;
	r = nr_free_list_lowest(heap, nr_heap_class_above(granules), &size_class);
	if (r == 0) {
		r = look_in_class(heap, end, size_class, granules, 1, ret_span);
		return r == -ENOSPC ? -EBADMSG : r;
	}
	if (r != -ENOSPC)
		return r;
	/* No block is large enough for certain; one may still be. */
	return look_in_class(heap, end, nr_heap_class(granules), granules, LOOK_MAX,
			     ret_span);
}

/* Make a block of the last @granules of a free one. */
static int carve(struct nr_heap *heap, uint32_t end, const struct nr_span *span,
		 uint32_t granules, uint32_t *ret_reference)
{
	uint32_t rest = span->size - granules;
	uint32_t reference = span->reference + rest;
	struct nr_block_shared *block = nr_heap_block(heap, reference);
	int r;

	if (rest > 0) {
		r = resize_free(heap, *span, rest);
		block->size = granules;
		block->before = rest;
		tell_next(heap, end, reference, granules);
	} else {
		r = nr_free_list_remove(heap, span);
		/* Full or not: finish() looks. */
		nr_journal_save(heap->journal, &block->next);
		nr_journal_save(heap->journal, &block->kind);
	}
	if (r == 0)
		r = finish(heap);
	if (r < 0)
		return r;
	block->kind = NR_BLOCK_PIECE;
	block->chain = 0;
	*ret_reference = reference;
	return 0;
}

int nr_heap_allocate(struct nr_heap *heap, uint32_t granules, uint32_t *ret_reference)
{
	uint32_t end = heap_end(heap);
	struct nr_span span;
	int r;

	assert(granules > 0);
	assert(!heap->journal->freed);
	if (!end)
		return -EBADMSG;
	r = find_block(heap, end, granules, &span);
	if (r < 0)
		return r;
	return carve(heap, end, &span, granules, ret_reference);
}

int nr_heap_allocate_some(struct nr_heap *heap, uint32_t granules,
			  uint32_t *ret_reference)
{
	uint32_t end = heap_end(heap);
	uint32_t size_class;
	struct nr_span span;
	int r;

	r = nr_heap_allocate(heap, granules, ret_reference);
	if (r != -ENOSPC)
		return r;
	r = nr_free_list_highest(heap, &size_class);
	if (r < 0)
		return r;
	r = look_in_class(heap, end, size_class, 1, 1, &span);
	if (r < 0)
		return r == -ENOSPC ? -EBADMSG : r;
	if (granules > span.size)
		granules = span.size;
	return carve(heap, end, &span, granules, ret_reference);
}

/*
 * Make what @span is a FREE block. The block before it has @before granules, and
 * the one behind it takes what is before itself for @gap granules.
 */
static int release(struct nr_heap *heap, uint32_t end, struct nr_span span,
		   uint32_t before, uint32_t gap)
{
	struct nr_span next, previous;
	int r = 0;

	if (span.reference + span.size < end) {
		r = measure(heap, end, span.reference + span.size, &next);
		if (r < 0 || nr_read_once(&next.block->before) != gap)
			return -EBADMSG;
		if (is_free(&next)) {
			r = nr_free_list_remove(heap, &next);
			span.size += next.size;
		}
	}
	if (r == 0 && before > 0) {
		r = measure(heap, end, span.reference - before, &previous);
		if (r < 0 || previous.size != before)
			return -EBADMSG;
		if (is_free(&previous)) {
			r = resize_free(heap, previous, before + span.size);
			tell_next(heap, end, previous.reference, before + span.size);
			return r < 0 ? r : finish(heap);
		}
	}
	if (r == 0) {
		nr_journal_write(heap->journal, span.block->size, span.size);
		nr_journal_write(heap->journal, span.block->before, before);
		nr_journal_write(heap->journal, span.block->kind, NR_BLOCK_FREE);
		tell_next(heap, end, span.reference, span.size);
		r = nr_free_list_add(heap, &span);
	}
	return r < 0 ? r : finish(heap);
}

/* A block that somebody uses. */
static int measure_used(struct nr_heap *heap, uint32_t end, uint32_t reference,
			struct nr_span *ret_span)
{
	int r = measure(heap, end, reference, ret_span);
	uint32_t kind;

	if (r < 0)
		return r;
	kind = nr_read_once(&ret_span->block->kind);
	return kind > NR_BLOCK_FREE && kind <= NR_BLOCK_DOOMED ? 0 : -EBADMSG;
}

int nr_heap_free(struct nr_heap *heap, uint32_t reference)
{
	uint32_t end = heap_end(heap);
	struct nr_span span;
	uint32_t before;
	int r;

	heap->journal->freed = true;
	r = measure_used(heap, end, reference, &span);
	if (r < 0)
		return r;
	before = nr_read_once(&span.block->before);
	if (before >= reference || (before == 0) != (reference == 1))
		return -EBADMSG;
	return release(heap, end, span, before, span.size);
}

int nr_heap_trim(struct nr_heap *heap, uint32_t reference, uint32_t granules)
{
	uint32_t end = heap_end(heap);
	struct nr_span span, tail;
	int r;

	heap->journal->freed = true;
	r = measure_used(heap, end, reference, &span);
	if (r < 0 || granules == 0)
		return -EBADMSG;
	if (granules >= span.size)
		return 0;
	nr_journal_write(heap->journal, span.block->size, granules);
	tail.reference = reference + granules;
	tail.block = nr_heap_block(heap, tail.reference);
	tail.size = span.size - granules;
	return release(heap, end, tail, granules, span.size);
}

int nr_heap_grow(struct nr_heap *heap, uint32_t granules)
{
	struct nr_heap_shared *shared = heap->shared;
	uint32_t end = heap_end(heap);
	struct nr_span last, more;
	int r;

	assert(granules <= heap->granules && granules <= NR_HEAP_GRANULES_MAX);
	if (granules <= end)
		return 0;
	r = measure(heap, end, nr_read_once(&shared->last), &last);
	if (r < 0 || last.reference + last.size != end)
		return -EBADMSG;

	nr_journal_write(heap->journal, shared->granules, granules);
	if (is_free(&last)) {
		r = resize_free(heap, last, last.size + granules - end);
	} else {
		more = (struct nr_span){nr_heap_block(heap, end), end, granules - end};
		more.block->size = more.size;
		more.block->before = last.size;
		more.block->kind = NR_BLOCK_FREE;
		/* As they will be, so that the journal names no place that is not mapped.
		 */
		more.block->next =
			nr_read_once(nr_heap_list(shared, nr_heap_class(more.size)));
		more.block->previous = 0;
		nr_journal_write(heap->journal, shared->last, end);
		r = nr_free_list_add(heap, &more);
	}
	return r < 0 ? r : finish(heap);
}
