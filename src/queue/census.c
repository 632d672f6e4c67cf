/* SPDX-License-Identifier: MIT */

#include <queue/census.h>

#include <errno.h>

enum { KINDS = NR_BLOCK_DOOMED + 1 };

struct census {
	uint64_t blocks[KINDS];
	uint64_t chained; /* pieces that messages refer to */
	uint64_t piece_sum;
	uint64_t chained_sum;
};

/*
 * What a piece adds to a sum. If there are as many pieces as are chained, and the sums
 * agree, they are the same, each once.
 */
static uint64_t weight(uint32_t reference)
{
	uint64_t weight = reference * UINT64_C(0x9e3779b97f4a7c15);

	return (weight ^ weight >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

static bool is_message(uint32_t kind)
{
	return kind == NR_BLOCK_QUEUED || kind == NR_BLOCK_STORED ||
	       kind == NR_BLOCK_CLAIMED || kind == NR_BLOCK_TAKEN;
}

static int count_chain(const struct nr_heap *heap, uint32_t piece, struct census *census)
{
	while (piece) {
		const struct nr_block_shared *block = nr_heap_block(heap, piece);

		if (!block || nr_read_once(&block->kind) != NR_BLOCK_PIECE ||
		    ++census->chained > heap->granules)
			return -EBADMSG;
		census->chained_sum += weight(piece);
		piece = nr_read_once(&block->chain);
	}
	return 0;
}

static int count_block(const struct nr_heap *heap, uint32_t reference,
		       struct census *census)
{
	const struct nr_block_shared *block = nr_heap_block(heap, reference);
	uint32_t kind = nr_read_once(&block->kind);

	if (kind == 0 || kind >= KINDS)
		return -EBADMSG;
	census->blocks[kind]++;
	if (kind == NR_BLOCK_PIECE)
		census->piece_sum += weight(reference);
	return is_message(kind) ? count_chain(heap, nr_read_once(&block->chain), census)
				: 0;
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
		r = count_block(heap, reference, census);
		if (r < 0)
			return r;
		reference += size;
	}
	return 0;
}

/* A record that refers to a message in the heap, which is of no other record. */
static int check_record(const struct nr_store *store, const struct nr_record *record,
			uint64_t position)
{
	const struct nr_block_shared *block =
		record->id ? nr_store_message(store, record->reference, NR_BLOCK_QUEUED,
					      record->id)
			   : NULL;

	return block && nr_read_once(&block->length) == record->length &&
			       nr_read_once(&block->position) == position
		       ? 0
		       : -EBADMSG;
}

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
		if (!record.payload) {
			if (check_record(&queue->store, &record, position) < 0)
				return -EBADMSG;
			count++;
		}
		position = record.next;
	}
	*ret_count = count;
	return position == tail ? 0 : -EBADMSG;
}

/* What the held list holds, by its links in both directions and by its counts. */
static int check_held(const struct nr_store *store)
{
	const struct nr_heap_shared *shared = store->heap.shared;
	uint64_t messages[KINDS] = {0}, bytes[KINDS] = {0};
	uint32_t message = nr_read_once(&shared->held), previous = 0;

	for (uint32_t steps = 0; message; steps++) {
		const struct nr_block_shared *block =
			nr_heap_block(&store->heap, message);
		uint32_t kind = block ? nr_read_once(&block->kind) : 0;

		if ((kind != NR_BLOCK_CLAIMED && kind != NR_BLOCK_TAKEN) ||
		    nr_read_once(&block->previous) != previous ||
		    steps > store->heap.granules)
			return -EBADMSG;
		messages[kind]++;
		bytes[kind] += nr_read_once(&block->length);
		previous = message;
		message = nr_read_once(&block->next);
	}
	return messages[NR_BLOCK_CLAIMED] == nr_read_once(&shared->claimed_messages) &&
			       bytes[NR_BLOCK_CLAIMED] ==
				       nr_read_once(&shared->claimed_bytes) &&
			       messages[NR_BLOCK_TAKEN] ==
				       nr_read_once(&shared->taken_messages) &&
			       bytes[NR_BLOCK_TAKEN] == nr_read_once(&shared->taken_bytes)
		       ? 0
		       : -EBADMSG;
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
	if (r == 0)
		r = check_held(&queue->store);
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
			       census.piece_sum == census.chained_sum &&
			       nr_read_once(&shared->building) == 0 &&
			       nr_read_once(&shared->doomed) == 0 &&
			       census.blocks[NR_BLOCK_BUILDING] == 0 &&
			       census.blocks[NR_BLOCK_DOOMED] == 0
		       ? 0
		       : -EBADMSG;
}
