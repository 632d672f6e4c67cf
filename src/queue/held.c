/* SPDX-License-Identifier: MIT */

#include <queue/held.h>

#include <base/atomic.h>
#include <errno.h>

static bool is_held(uint32_t kind)
{
	return kind == NR_BLOCK_CLAIMED || kind == NR_BLOCK_TAKEN;
}

static struct nr_block_shared *held_block(const struct nr_store *store, uint32_t message)
{
	struct nr_block_shared *block = nr_heap_block(&store->heap, message);

	return block && is_held(nr_read_once(&block->kind)) ? block : NULL;
}

int nr_held_add(struct nr_store *store, uint32_t message, enum nr_block_kind kind,
		uint32_t owner)
{
	struct nr_heap_shared *shared = store->heap.shared;
	struct nr_block_shared *block = nr_heap_block(&store->heap, message);
	uint32_t first = nr_read_once(&shared->held);

	nr_journal_write(&store->journal, block->kind, (uint32_t)kind);
	nr_journal_save(&store->journal, &block->owner);
	nr_store_relaxed(&block->owner, owner);
	nr_journal_write(&store->journal, block->next, first);
	nr_journal_write(&store->journal, block->previous, 0);
	if (first) {
		struct nr_block_shared *next = held_block(store, first);

		if (!next)
			return -EBADMSG;
		nr_journal_write(&store->journal, next->previous, message);
	}
	nr_journal_write(&store->journal, shared->held, message);
	return 0;
}

int nr_held_remove(struct nr_store *store, uint32_t message)
{
	struct nr_heap_shared *shared = store->heap.shared;
	const struct nr_block_shared *block = held_block(store, message);
	uint32_t next, previous;

	if (!block)
		return -EBADMSG;
	next = nr_read_once(&block->next);
	previous = nr_read_once(&block->previous);
	if (next) {
		struct nr_block_shared *other = held_block(store, next);

		if (!other || nr_read_once(&other->previous) != message)
			return -EBADMSG;
		nr_journal_write(&store->journal, other->previous, previous);
	}
	if (previous) {
		struct nr_block_shared *other = held_block(store, previous);

		if (!other || nr_read_once(&other->next) != message)
			return -EBADMSG;
		nr_journal_write(&store->journal, other->next, next);
	} else {
		if (nr_read_once(&shared->held) != message)
			return -EBADMSG;
		nr_journal_write(&store->journal, shared->held, next);
	}
	return 0;
}

int nr_held_finish(struct nr_store *store, uint32_t message, enum nr_held_end end,
		   struct nr_counts *counts)
{
	struct nr_heap_shared *shared = store->heap.shared;
	struct nr_block_shared *block = held_block(store, message);
	bool claimed;
	uint64_t length;
	int r;

	if (!block)
		return -EBADMSG;
	claimed = nr_read_once(&block->kind) == NR_BLOCK_CLAIMED;
	length = nr_read_once(&block->length);

	nr_store_begin(store);
	r = nr_held_remove(store, message);
	if (r < 0)
		return nr_store_undo(store, r);
	if (claimed) {
		nr_journal_write(&store->journal, shared->claimed_messages,
				 nr_read_once(&shared->claimed_messages) - 1);
		nr_journal_write(&store->journal, shared->claimed_bytes,
				 nr_read_once(&shared->claimed_bytes) - length);
	} else {
		nr_journal_write(&store->journal, shared->taken_messages,
				 nr_read_once(&shared->taken_messages) - 1);
		nr_journal_write(&store->journal, shared->taken_bytes,
				 nr_read_once(&shared->taken_bytes) - length);
	}

	if (end == NR_HELD_BACK && !claimed) {
		r = nr_index_insert(&store->heap, message);
		if (r == -ENOSPC)
			r = -EBADMSG;
	} else {
		counts->messages += 1;
		counts->bytes += length;
		r = nr_store_free(store, message);
	}
	if (r < 0)
		return nr_store_undo(store, r);
	/* dies here: undone; it is held by a dead one, and the next reaper finds it */
	nr_store_commit(store, counts);
	return nr_store_finish(store);
}

struct nr_block_shared *nr_held_block(const struct nr_store *store,
				      const struct nr_hold *hold, enum nr_block_kind kind,
				      uint32_t owner)
{
	struct nr_block_shared *block;

	if (hold->id == 0)
		return NULL;
	block = nr_store_message(store, hold->message, kind, hold->id);
	return block && nr_load_relaxed(&block->owner) == owner ? block : NULL;
}

bool nr_held_leave(const struct nr_hold *hold, uint32_t owner, enum nr_held_end end)
{
	/* Not by the reference: the heap's mapping may change while we look. */
	struct nr_block_shared *block = hold->block;

	if (!block || hold->id == 0 || !is_held(nr_read_once(&block->kind)) ||
	    nr_read_once(&block->id) != hold->id)
		return false;
	return nr_swap_if(&block->owner, &owner, /* [leave] */
			  end == NR_HELD_BACK ? 0 : NR_OWNER_DONE);
}

int nr_held_reap(struct nr_store *store, struct nr_counts *counts,
		 bool (*alive)(void *data, uint32_t owner), void *data,
		 uint64_t *ret_back)
{
	uint32_t message = nr_read_once(&store->heap.shared->held);
	uint32_t asked = 0;
	bool answer = false, any = false;
	uint64_t back = 0;

	for (uint32_t steps = 0; message; steps++) {
		struct nr_block_shared *block = held_block(store, message);
		uint32_t owner, next;
		enum nr_held_end end;
		int r;

		if (!block || steps > store->heap.granules)
			return -EBADMSG;
		owner = nr_load_acquire(&block->owner); /* [leave] */
		next = nr_read_once(&block->next);
		end = owner == NR_OWNER_DONE ? NR_HELD_GONE : NR_HELD_BACK;
		if (owner != 0 && owner != NR_OWNER_DONE) {
			if (owner != asked) {
				answer = alive(data, owner);
				asked = owner;
			}
			if (answer) {
				message = next;
				continue;
			}
		}
		if (nr_read_once(&block->kind) == NR_BLOCK_TAKEN && end == NR_HELD_BACK)
			back++;
		r = nr_held_finish(store, message, end, counts);
		if (r < 0)
			return r;
		any = true;
		message = next;
	}
	*ret_back = back;
	return any ? 1 : 0;
}
