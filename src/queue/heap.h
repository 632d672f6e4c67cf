/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_HEAP_H
#define NARU_QUEUE_HEAP_H

/*
 * queue/heap.h - allocate and free blocks of granules, under the journal
 *
 * No system calls. The caller holds the receivers' lock and has begun a change in
 * the journal; when a function fails the caller undoes the change. Constant time.
 * What breaks an invariant of layout/heap.h is -EBADMSG: nothing that is read
 * from shared memory is used before it is checked.
 *
 * Within one change: allocate first, write payloads, free last. The journal does
 * not cover payloads, so a block must not be reused in the change that frees it:
 * nr_heap_allocate() asserts that nothing was freed since nr_journal_begin().
 */

#include <layout/heap.h>
#include <queue/journal.h>

struct nr_heap {
	struct nr_heap_shared *shared;
	unsigned char *base; /* granule 0 */
	uint32_t granules;   /* that are mapped here; our own copy */
	struct nr_journal *journal;
};

/*
 * Make a heap of @granules (at least 2) out of zeroed memory. Not journaled.
 */
void nr_heap_format(struct nr_heap *heap, uint32_t granules);

/* The block at @reference, NULL if that is no place for a block. */
static inline struct nr_block_shared *nr_heap_block(const struct nr_heap *heap,
						    uint32_t reference)
{
	if (reference == 0 || reference >= heap->granules)
		return NULL;
	return (void *)(heap->base + (uint64_t)reference * NR_GRANULE);
}

/*
 * A block of @granules, in one piece. Its kind is PIECE, its chain 0; the other
 * fields and the payload are undefined, and need no journal to be written, but
 * for those at 0 .. 23, which nr_heap_allocate() has journaled already.
 *
 * -ENOSPC	there is no free block of that size (one that is larger by less
 *		than 1/16 may go unnoticed). Nothing was changed.
 */
int nr_heap_allocate(struct nr_heap *heap, uint32_t granules, uint32_t *ret_reference);

/*
 * The same, but of at most @granules: the whole, or else of a block of the
 * highest class that is not empty. The block's size tells how much it is.
 *
 * -ENOSPC	nothing is free. Nothing was changed.
 */
int nr_heap_allocate_some(struct nr_heap *heap, uint32_t granules,
			  uint32_t *ret_reference);

/* Free one block, and join it with free neighbours. Not the blocks in its chain. */
int nr_heap_free(struct nr_heap *heap, uint32_t reference);

/* Free what lies behind the first @granules of a block. A change that frees. */
int nr_heap_trim(struct nr_heap *heap, uint32_t reference, uint32_t granules);

/*
 * Take in the zeroed memory behind the heap, up to @granules. heap->granules must
 * have been raised before.
 */
int nr_heap_grow(struct nr_heap *heap, uint32_t granules);

/* Walk over everything and check I1 and I2. For tests and the doctor. */
int nr_heap_check(const struct nr_heap *heap);

#endif /* NARU_QUEUE_HEAP_H */
