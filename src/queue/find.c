/* SPDX-License-Identifier: MIT */

#include <queue/find.h>

#include <errno.h>
#include <queue/held.h>

int nr_select_of(int64_t select, bool except, struct nr_select *ret_select)
{
	enum nr_select_kind kind = NR_SELECT_TYPE;

	if (except && select <= 0)
		return -EINVAL;
	if (select == 0)
		kind = NR_SELECT_ANY;
	else if (select < 0)
		kind = NR_SELECT_LOWEST;
	else if (except)
		kind = NR_SELECT_EXCEPT;
	/* As in the kernel, the lowest number means the highest type. */
	*ret_select = (struct nr_select){
		.kind = kind,
		.type = select >= 0	      ? select
			: select == INT64_MIN ? INT64_MAX
					      : -select,
	};
	return 0;
}

/* Begin a change with the record's message in it, not yet of any kind. */
static int begin_with(struct nr_store *store, const struct nr_record *record,
		      uint64_t position, uint32_t *ret_message)
{
	struct nr_block_shared *block;
	int r;

	if (!record->payload) {
		block = nr_store_message(store, record->reference, NR_BLOCK_QUEUED,
					 record->id);
		if (!block || nr_read_once(&block->length) != record->length)
			return -EBADMSG;
		nr_store_begin(store);
		*ret_message = record->reference;
		return 0;
	}

	r = nr_store_build(store, record->length, ret_message);
	if (r < 0)
		return r == -ENOSPC ? -EBADMSG : r;
	block = nr_heap_block(&store->heap, *ret_message);
	block->type = record->type;
	block->position = position;
	r = nr_store_write(store, *ret_message, record->payload, record->length);
	return r < 0 ? nr_store_undo(store, r) : 0;
}

static int park(struct nr_store *store, struct nr_counts *counts,
		const struct nr_record *record)
{
	uint32_t message;
	int r;

	r = begin_with(store, record, counts->position, &message);
	if (r < 0)
		return r;
	r = nr_index_insert(&store->heap, message);
	if (r < 0)
		return nr_store_undo(store, r == -ENOSPC ? -EBADMSG : r);
	counts->position = record->next;
	/* dies here: undone; the message is in the ring as before */
	nr_store_commit(store, counts);
	return 1;
}

int nr_park(struct nr_store *store, const struct nr_ring *ring, struct nr_counts *counts)
{
	struct nr_record record;
	int r;

	r = nr_ring_peek(ring, counts->position, &record);
	return r <= 0 ? r : park(store, counts, &record);
}

static int found_stored(const struct nr_store *store, uint32_t message,
			struct nr_found *ret_found)
{
	const struct nr_block_shared *block =
		nr_store_message(store, message, NR_BLOCK_STORED, 0);

	if (!block)
		return -EBADMSG;
	*ret_found = (struct nr_found){
		.type = nr_read_once(&block->type),
		.length = nr_read_once(&block->length),
		.message = message,
		.stored = true,
	};
	return ret_found->type > 0 && nr_find_possible(store, ret_found->length)
		       ? 0
		       : -EBADMSG;
}

int nr_find_slowly(struct nr_store *store, const struct nr_ring *ring,
		   struct nr_counts *counts, const struct nr_select *select,
		   struct nr_found *ret_found)
{
	bool parked = false;
	uint32_t message = 0;
	int stored = -ENOMSG, r;

	if (nr_read_once(&store->heap.shared->stored) > 0) {
		stored = nr_index_find(&store->heap, select, &message);
		if (stored < 0 && stored != -ENOMSG)
			return stored;
		if (stored == 0) {
			r = found_stored(store, message, ret_found);
			if (r < 0 || nr_find_certain(select, ret_found->type))
				return r;
		}
	}

	for (uint64_t steps = 0; steps <= nr_ring_size(ring) / NR_RING_ALIGN; steps++) {
		struct nr_record record;

		r = nr_ring_peek(ring, counts->position, &record);
		if (r < 0)
			return r;
		if (r == 0) {
			if (select->kind != NR_SELECT_LOWEST || !parked)
				return stored == 0 ? 0 : -EAGAIN;
			r = nr_index_find(&store->heap, select, &message);
			if (r < 0)
				return r == -ENOMSG ? -EAGAIN : r;
			return found_stored(store, message, ret_found);
		}
		if (nr_select_admits(select, record.type) &&
		    nr_find_certain(select, record.type))
			return nr_find_in_ring(store, &record, ret_found);
		r = park(store, counts, &record);
		if (r < 0)
			return r;
		parked = true;
	}
	/* Senders fill it as fast as we empty it: what is stored by now must do. */
	r = nr_index_find(&store->heap, select, &message);
	if (r < 0)
		return r == -ENOMSG ? -EAGAIN : r;
	return found_stored(store, message, ret_found);
}

int nr_find_take(struct nr_store *store, const struct nr_found *found,
		 struct nr_counts *counts, uint32_t owner, uint32_t *ret_message)
{
	struct nr_heap_shared *shared = store->heap.shared;
	uint32_t message = found->message;
	int r;

	if (found->stored) {
		nr_store_begin(store);
		r = nr_index_remove(&store->heap, message);
		if (r < 0)
			return nr_store_undo(store, r);
	} else {
		r = begin_with(store, &found->record, counts->position, &message);
		if (r < 0)
			return r;
		counts->position = found->record.next;
	}
	r = nr_held_add(store, message, NR_BLOCK_TAKEN, owner);
	if (r < 0)
		return nr_store_undo(store, r);
	nr_journal_write(&store->journal, shared->taken_messages,
			 nr_read_once(&shared->taken_messages) + 1);
	nr_journal_write(&store->journal, shared->taken_bytes,
			 nr_read_once(&shared->taken_bytes) + found->length);
	*ret_message = message;
	return 0;
}
