/* SPDX-License-Identifier: MIT */

#include <queue/census.h>

#include <errno.h>

enum { KINDS = NR_BLOCK_DOOMED + 1 };

struct census {
	uint64_t blocks[KINDS];
	uint64_t chained; /* pieces that messages refer to */
};

static bool is_message(uint32_t kind)
{
	return kind == NR_BLOCK_QUEUED || kind == NR_BLOCK_STORED ||
	       kind == NR_BLOCK_CLAIMED || kind == NR_BLOCK_TAKEN;
}

static int count_chain(const struct nr_heap *heap, uint32_t piece, uint64_t *ret_count)
{
	uint64_t count = 0;

	while (piece) {
		const struct nr_block_shared *block = nr_heap_block(heap, piece);

		if (!block || nr_read_once(&block->kind) != NR_BLOCK_PIECE ||
		    ++count > heap->granules)
			return -EBADMSG;
		piece = nr_read_once(&block->chain);
	}
	*ret_count = count;
	return 0;
}

static int count_block(const struct nr_heap *heap, const struct nr_block_shared *block,
		       struct census *census)
{
	uint32_t kind = nr_read_once(&block->kind);
	uint64_t pieces = 0;
	int r = 0;

	if (kind == 0 || kind >= KINDS)
		return -EBADMSG;
	if (is_message(kind))
		r = count_chain(heap, nr_read_once(&block->chain), &pieces);
	census->blocks[kind]++;
	census->chained += pieces;
	return census->chained > heap->granules ? -EBADMSG : r;
}

static int count_all(const struct nr_heap *heap, struct census *census)
{
	uint32_t end = nr_read_once(&heap->shared->granules);
	uint32_t reference = 1;

	if (end > heap->granules)
		return -EBADMSG;
	while (reference < end) {
		const struct nr_block_shared *block = nr_heap_block(heap, reference);
		uint32_t size = nr_read_once(&block->size);
		int r;

		if (size == 0 || size > end - reference)
			return -EBADMSG;
		r = count_block(heap, block, census);
		if (r < 0)
			return r;
		reference += size;
	}
	return 0;
}

/* Records of the ring that refer to a message in the heap. */
static int count_records(const struct naru_queue *queue, uint64_t *ret_count)
{
	uint64_t position = nr_side_counts(&queue->shared->receivers).position;
	uint64_t tail = nr_side_counts(&queue->shared->senders).position;
	uint64_t count = 0;

	if (!nr_ring_valid(&queue->ring, position, tail))
		return -EBADMSG;
	while (position < tail) {
		struct nr_record record;

		if (nr_ring_peek(&queue->ring, position, &record) <= 0)
			return -EBADMSG;
		count += !record.payload;
		position = record.next;
	}
	*ret_count = count;
	return position == tail ? 0 : -EBADMSG;
}

int nr_census(const struct naru_queue *queue)
{
	const struct nr_heap *heap = &queue->store.heap;
	const struct nr_heap_shared *shared = heap->shared;
	struct census census = {0};
	uint64_t records;
	int r;

	r = count_all(heap, &census);
	if (r == 0)
		r = count_records(queue, &records);
	if (r < 0)
		return r;
	return census.blocks[NR_BLOCK_QUEUED] == records &&
			       census.blocks[NR_BLOCK_STORED] ==
				       nr_read_once(&shared->stored) &&
			       census.blocks[NR_BLOCK_CLAIMED] ==
				       nr_read_once(&shared->claimed_messages) &&
			       census.blocks[NR_BLOCK_TAKEN] ==
				       nr_read_once(&shared->taken_messages) &&
			       census.blocks[NR_BLOCK_PIECE] == census.chained &&
			       census.blocks[NR_BLOCK_BUILDING] == 0 &&
			       census.blocks[NR_BLOCK_DOOMED] == 0
		       ? 0
		       : -EBADMSG;
}
