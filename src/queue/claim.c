/* SPDX-License-Identifier: MIT */

#include <queue/claim.h>

#include <errno.h>
#include <queue/admit.h>
#include <queue/poll.h>
#include <queue/sessions.h>
#include <string.h>

#define BLOCK_RECORD (nr_ring_record_size(sizeof(struct nr_record_block_shared)))

/* Both locks are held, and there is room: a change of its own. */
static int claim_block(struct naru_queue *queue, uint32_t id, uint64_t length,
		       struct nr_hold *ret_claim)
{
	struct nr_store *store = &queue->store;
	struct nr_heap_shared *shared = store->heap.shared;
	struct nr_counts removed = nr_side_counts(store->side);
	uint32_t message;
	int r;

	r = nr_store_build(store, length, &message);
	if (r < 0)
		return r == -ENOSPC ? -EBADMSG : r;
	r = nr_held_add(store, message, NR_BLOCK_CLAIMED, id);
	if (r < 0)
		return nr_store_undo(store, r);
	nr_journal_write(&store->journal, shared->claimed_messages,
			 nr_read_once(&shared->claimed_messages) + 1);
	nr_journal_write(&store->journal, shared->claimed_bytes,
			 nr_read_once(&shared->claimed_bytes) + length);
	*ret_claim = (struct nr_hold){
		.block = nr_heap_block(&store->heap, message),
		.message = message,
		.id = nr_heap_block(&store->heap, message)->id,
		.payload = nr_store_payload(store, message, length),
	};
	removed.messages -= 1;
	removed.bytes -= length;
	/* dies here: undone; or, a store later, found by who looks for the dead's */
	nr_store_commit(store, &removed);
	nr_room_look(queue);
	return 0;
}

int nr_claim(struct naru_queue *queue, uint32_t id, uint64_t length,
	     struct nr_deadline *deadline, struct nr_hold *ret_claim)
{
	struct nr_counts sent;
	struct nr_room room;
	int r;

	r = nr_senders_lock(queue, id, deadline);
	if (r < 0)
		return r;
	sent = nr_side_counts(&queue->shared->senders);
	r = nr_admit(queue, &sent, length, 0, &room);
	if (r == 0) {
		r = nr_receivers_lock(queue, id, deadline);
		if (r == 0) {
			r = claim_block(queue, id, length, ret_claim);
			nr_receivers_unlock(queue);
		}
	}
	nr_senders_unlock(queue);
	return r;
}

int nr_claim_write(struct naru_queue *queue, uint32_t id, const struct nr_hold *claim,
		   const void *data, uint64_t length, struct nr_deadline *deadline)
{
	int r;

	if (claim->payload) {
		if (length > 0)
			memcpy(claim->payload, data, length);
		return 0;
	}
	r = nr_receivers_lock(queue, id, deadline);
	if (r < 0)
		return r;
	r = nr_held_block(&queue->store, claim, NR_BLOCK_CLAIMED, id)
		    ? nr_store_write(&queue->store, claim->message, data, length)
		    : -EINVAL;
	nr_receivers_unlock(queue);
	return r;
}

/* In a change: from CLAIMED to QUEUED. */
static int queue_block(struct nr_store *store, const struct nr_hold *claim,
		       struct nr_block_shared *block, int64_t type, uint64_t length,
		       uint64_t position, struct nr_counts *removed)
{
	struct nr_heap_shared *shared = store->heap.shared;
	uint64_t claimed = nr_read_once(&block->length);
	int r;

	r = nr_held_remove(store, claim->message);
	if (r < 0)
		return r;
	nr_journal_write(&store->journal, shared->claimed_messages,
			 nr_read_once(&shared->claimed_messages) - 1);
	nr_journal_write(&store->journal, shared->claimed_bytes,
			 nr_read_once(&shared->claimed_bytes) - claimed);
	nr_journal_write(&store->journal, block->kind, NR_BLOCK_QUEUED);
	nr_journal_write(&store->journal, block->type, type);
	nr_journal_write(&store->journal, block->length, length);
	nr_journal_write(&store->journal, block->position, position);
	removed->messages += 1;
	removed->bytes += claimed;
	return length < claimed ? nr_store_trim(store, claim->message, length) : 0;
}

static void set_intent(struct nr_queue_shared *shared, const struct nr_hold *claim,
		       uint64_t position)
{
	nr_program_order();
	shared->intent_id = claim->id;
	shared->intent_position = position;
	nr_program_order();
	nr_store_relaxed(&shared->intent, claim->message);
	nr_program_order();
}

/* Both locks are held. */
static int commit(struct naru_queue *queue, uint32_t id, const struct nr_hold *claim,
		  int64_t type, uint64_t length, struct naru_once *once)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_store *store = &queue->store;
	struct nr_counts sent = nr_side_counts(&shared->senders);
	struct nr_counts removed = nr_side_counts(&shared->receivers);
	struct nr_block_shared *block =
		nr_held_block(&queue->store, claim, NR_BLOCK_CLAIMED, id);
	uint64_t state;
	int r;

	if (!block || length > nr_read_once(&block->length))
		return -EINVAL;
	if (once && nr_session_last(queue, NR_SENT, once) >= once->number)
		return -EALREADY;
	r = nr_admit_park(queue, &removed, &sent, BLOCK_RECORD);
	if (r == 0)
		r = nr_poll_before_send(queue);
	/* What was claimed and is not needed is room. */
	if (r == 0 && length < nr_read_once(&block->length))
		r = nr_poll_before_removal(queue);
	if (r < 0)
		return r;

	if (once)
		nr_session_begin(queue, NR_SENT, once, once->number);
	set_intent(shared, claim, sent.position);
	nr_store_begin(store);
	r = queue_block(store, claim, block, type, length, sent.position, &removed);
	if (r < 0) {
		nr_store_relaxed(&shared->intent, 0);
		if (once)
			nr_session_end(queue, NR_SENT, once, false);
		return nr_store_undo(store, r);
	}
	/* dies here: still claimed, by a dead one */
	nr_store_commit(store, &removed);
	/* dies here: the next owner of the senders' lock publishes it, by the intent */
	state = nr_ring_write_block(&queue->ring, sent.position, type, length,
				    claim->message, claim->id);
	nr_ring_publish(&queue->ring, sent.position, state);
	if (once)
		nr_session_end(queue, NR_SENT, once, true);
	sent.position += BLOCK_RECORD;
	sent.messages += 1;
	sent.bytes += length;
	nr_side_commit(&shared->senders, &sent);
	nr_program_order();
	nr_store_relaxed(&shared->intent, 0);
	nr_side_stamp(&shared->last_send, nr_space_own_pid(queue->space, id));
	return nr_store_finish(store);
}

int nr_commit(struct naru_queue *queue, uint32_t id, const struct nr_hold *claim,
	      int64_t type, uint64_t length, struct naru_once *once,
	      struct nr_deadline *deadline)
{
	int r = nr_senders_lock(queue, id, deadline);

	if (r < 0)
		return r;
	r = nr_receivers_lock(queue, id, deadline);
	if (r == 0) {
		r = commit(queue, id, claim, type, length, once);
		nr_receivers_unlock(queue);
	}
	nr_senders_unlock(queue);
	return r;
}
