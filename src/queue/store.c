/* SPDX-License-Identifier: MIT */

#include <queue/store.h>

#include <base/atomic.h>
#include <errno.h>
#include <string.h>

static uint32_t granules_for(uint64_t header, uint64_t length)
{
	return (uint32_t)((header + length + NR_GRANULE - 1) / NR_GRANULE);
}

/* Granules of the block, as far as they are in the heap. */
static uint32_t granules_at(const struct nr_store *store, uint32_t reference)
{
	const struct nr_block_shared *block = nr_heap_block(&store->heap, reference);
	uint32_t size;

	if (!block)
		return 0;
	size = nr_read_once(&block->size);
	return size <= store->heap.granules - reference ? size : 0;
}

void nr_store_begin(struct nr_store *store)
{
	nr_journal_begin(&store->journal, nr_load_relaxed(&store->side->epoch));
}

int nr_store_undo(struct nr_store *store, int error)
{
	int r = nr_journal_undo(&store->journal, nr_load_relaxed(&store->side->epoch));

	return r < 0 ? r : error;
}

int nr_store_repair(struct nr_store *store)
{
	int r = nr_store_undo(store, 0);

	return r < 0 ? r : nr_store_finish(store);
}

/* The first block of a message; what is not journaled is not reachable yet. */
static void set_up(struct nr_store *store, struct nr_block_shared *block, uint64_t length)
{
	block->node = 0;
	nr_store_relaxed(&block->owner, 0);
	block->type = 0;
	block->length = length;
	block->position = 0;
	block->id = nr_load_relaxed(&store->side->epoch) + 1; /* 0 is no id */
}

static uint64_t room_in_head(const struct nr_store *store, uint32_t reference)
{
	uint32_t granules = granules_at(store, reference);

	return granules > 0 ? (uint64_t)(granules - 1) * NR_GRANULE : 0;
}

static uint64_t room_in_piece(const struct nr_store *store, uint32_t reference)
{
	uint32_t granules = granules_at(store, reference);

	return granules > 0
		       ? (uint64_t)granules * NR_GRANULE - sizeof(struct nr_piece_shared)
		       : 0;
}

/* One piece more behind @last, in a change of its own. */
static int add_piece(struct nr_store *store, uint64_t missing, uint32_t *last,
		     uint64_t *ret_room)
{
	const struct nr_counts counts = nr_side_counts(store->side);
	uint32_t piece;
	int r;

	nr_store_begin(store);
	r = nr_heap_allocate_some(&store->heap,
				  granules_for(sizeof(struct nr_piece_shared), missing),
				  &piece);
	if (r < 0)
		return nr_store_undo(store, r);
	nr_journal_write(&store->journal, nr_heap_block(&store->heap, *last)->chain,
			 piece);
	nr_store_commit(store, &counts);
	*last = piece;
	*ret_room = room_in_piece(store, piece);
	return *ret_room > 0 ? 0 : -EBADMSG;
}

/* Gather pieces. What a death leaves of this hangs on heap.building. */
static int build_of_pieces(struct nr_store *store, uint64_t length, uint32_t *ret_message)
{
	struct nr_heap *heap = &store->heap;
	const struct nr_counts counts = nr_side_counts(store->side);
	struct nr_block_shared *block;
	uint32_t message, last;
	uint64_t room, have;
	int r;

	nr_store_begin(store);
	r = nr_heap_allocate_some(heap, granules_for(NR_GRANULE, length), &message);
	if (r < 0)
		return nr_store_undo(store, r);
	block = nr_heap_block(heap, message);
	set_up(store, block, length);
	block->kind = NR_BLOCK_BUILDING;
	nr_journal_write(&store->journal, heap->shared->building, message);
	nr_store_commit(store, &counts);

	last = message;
	for (have = room_in_head(store, message); have < length; have += room) {
		r = add_piece(store, length - have, &last, &room);
		if (r < 0) {
			int s = nr_store_finish(store);

			return s < 0 ? s : r;
		}
	}

	nr_store_begin(store);
	nr_journal_write(&store->journal, heap->shared->building, 0);
	nr_journal_save(&store->journal, &block->kind);
	*ret_message = message;
	return 0;
}

int nr_store_build(struct nr_store *store, uint64_t length, uint32_t *ret_message)
{
	uint32_t message;
	int r;

	if (length > (uint64_t)NR_HEAP_GRANULES_MAX * NR_GRANULE / 2)
		return -ENOSPC;
	nr_store_begin(store);
	r = nr_heap_allocate(&store->heap, granules_for(NR_GRANULE, length), &message);
	if (r == 0) {
		set_up(store, nr_heap_block(&store->heap, message), length);
		*ret_message = message;
		return 0;
	}
	r = nr_store_undo(store, r);
	return r == -ENOSPC ? build_of_pieces(store, length, ret_message) : r;
}

int nr_store_free(struct nr_store *store, uint32_t message)
{
	struct nr_block_shared *block = nr_heap_block(&store->heap, message);

	if (!block)
		return -EBADMSG;
	/* What is left of it in free memory must not look like a message. */
	nr_journal_write(&store->journal, block->id, 0);
	if (nr_read_once(&block->chain) == 0)
		return nr_heap_free(&store->heap, message);
	nr_journal_write(&store->journal, block->kind, NR_BLOCK_DOOMED);
	nr_journal_write(&store->journal, store->heap.shared->doomed, message);
	return store->journal.full ? -EBADMSG : 0;
}

/* The next step of freeing a message in pieces: its second block, or its last one. */
static int free_one(struct nr_store *store, uint32_t message)
{
	struct nr_heap *heap = &store->heap;
	struct nr_block_shared *block =
		nr_store_message(store, message, NR_BLOCK_DOOMED, 0);
	const struct nr_block_shared *next;
	uint32_t piece;

	if (!block)
		return -EBADMSG;
	piece = nr_read_once(&block->chain);
	if (piece == 0) {
		nr_journal_write(&store->journal, heap->shared->doomed, 0);
		return nr_heap_free(heap, message);
	}
	next = nr_heap_block(heap, piece);
	if (!next || nr_read_once(&next->kind) != NR_BLOCK_PIECE)
		return -EBADMSG;
	nr_journal_write(&store->journal, block->chain, nr_read_once(&next->chain));
	return nr_heap_free(heap, piece);
}

static int doom_building(struct nr_store *store, uint32_t message)
{
	struct nr_heap_shared *shared = store->heap.shared;
	struct nr_block_shared *block =
		nr_store_message(store, message, NR_BLOCK_BUILDING, 0);

	if (!block)
		return -EBADMSG;
	nr_journal_write(&store->journal, block->kind, NR_BLOCK_DOOMED);
	nr_journal_write(&store->journal, shared->doomed, message);
	nr_journal_write(&store->journal, shared->building, 0);
	return 0;
}

int nr_store_finish(struct nr_store *store)
{
	const struct nr_heap_shared *shared = store->heap.shared;

	for (uint32_t steps = 0; steps <= store->heap.granules; steps++) {
		const struct nr_counts counts = nr_side_counts(store->side);
		uint32_t doomed = nr_read_once(&shared->doomed);
		uint32_t building = nr_read_once(&shared->building);
		int r;

		if (doomed == 0 && building == 0)
			return 0;
		nr_store_begin(store);
		r = doomed ? free_one(store, doomed) : doom_building(store, building);
		if (r < 0)
			return nr_store_undo(store, r);
		/* dies here: undone, and done again by the next owner of the lock */
		nr_store_commit(store, &counts);
	}
	return -EBADMSG;
}

struct nr_block_shared *nr_store_message(const struct nr_store *store, uint32_t message,
					 enum nr_block_kind kind, uint64_t id)
{
	struct nr_block_shared *block = nr_heap_block(&store->heap, message);

	if (!block || nr_read_once(&block->kind) != (uint32_t)kind)
		return NULL;
	return id == 0 || nr_read_once(&block->id) == id ? block : NULL;
}

unsigned char *nr_store_payload(const struct nr_store *store, uint32_t message,
				uint64_t length)
{
	struct nr_block_shared *block = nr_heap_block(&store->heap, message);

	return block && room_in_head(store, message) >= length
		       ? (unsigned char *)(block + 1)
		       : NULL;
}

/* Call it for the parts of a payload in turn, first with *part = message. */
static uint64_t next_part(const struct nr_store *store, uint32_t message, uint32_t *part,
			  unsigned char **ret_data)
{
	uint32_t reference = *part;
	struct nr_piece_shared *block = (void *)nr_heap_block(&store->heap, reference);

	*part = 0;
	if (!block)
		return 0;
	*part = nr_read_once(&block->chain);
	if (reference == message) {
		*ret_data = (unsigned char *)block + sizeof(struct nr_block_shared);
		return room_in_head(store, reference);
	}
	*ret_data = block->payload;
	return room_in_piece(store, reference);
}

/* A head of one granule has no room; a piece always has. */
static bool is_end(uint64_t room, uint32_t part)
{
	return room == 0 && part == 0;
}

int nr_store_write(const struct nr_store *store, uint32_t message, const void *data,
		   uint64_t length)
{
	const unsigned char *from = data;
	uint32_t part = message;
	unsigned char *to = NULL;

	for (uint32_t steps = 0; length > 0; steps++) {
		uint64_t room = next_part(store, message, &part, &to);
		uint64_t n = room < length ? room : length;

		if (is_end(room, part) || steps > store->heap.granules)
			return -EBADMSG;
		memcpy(to, from, n);
		from += n;
		length -= n;
	}
	return 0;
}

int nr_store_read(const struct nr_store *store, uint32_t message, void *buffer,
		  uint64_t length)
{
	unsigned char *to = buffer, *from = NULL;
	uint32_t part = message;

	for (uint32_t steps = 0; length > 0; steps++) {
		uint64_t room = next_part(store, message, &part, &from);
		uint64_t n = room < length ? room : length;

		if (is_end(room, part) || steps > store->heap.granules)
			return -EBADMSG;
		memcpy(to, from, n);
		to += n;
		length -= n;
	}
	return 0;
}

int nr_store_trim(struct nr_store *store, uint32_t message, uint64_t length)
{
	struct nr_journal *journal = &store->journal;
	uint64_t header = sizeof(struct nr_block_shared), room;
	uint32_t part = message, next = message;
	struct nr_block_shared *block, *rest;
	unsigned char *data;

	for (uint32_t steps = 0;; steps++) {
		part = next;
		room = next_part(store, message, &next, &data);
		if (length <= room || next == 0 || steps > store->heap.granules)
			break;
		length -= room;
		header = sizeof(struct nr_piece_shared);
	}
	if (length > room)
		return -EBADMSG;

	block = nr_heap_block(&store->heap, part);
	if (next != 0) {
		rest = nr_heap_block(&store->heap, next);
		if (!rest || nr_read_once(&rest->kind) != NR_BLOCK_PIECE)
			return -EBADMSG;
		nr_journal_write(journal, block->chain, 0);
		nr_journal_write(journal, rest->kind, NR_BLOCK_DOOMED);
		nr_journal_write(journal, store->heap.shared->doomed, next);
	}
	return nr_heap_trim(&store->heap, part, granules_for(header, length));
}
