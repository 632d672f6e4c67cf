/* SPDX-License-Identifier: MIT */

#include <queue/take.h>

#include <errno.h>
#include <queue/death.h>
#include <queue/poll.h>
#include <queue/sessions.h>
#include <queue/waiter.h>
#include <string.h>

int nr_take_found(struct naru_queue *queue, uint32_t id, const struct nr_found *found,
		  struct nr_counts *counts, struct nr_hold *ret_hold)
{
	struct nr_store *store = &queue->store;
	struct nr_block_shared *block;
	uint32_t message;
	int r;

	r = nr_find_take(store, found, counts, id, &message);
	if (r < 0)
		return r;
	block = nr_heap_block(&store->heap, message);
	*ret_hold = (struct nr_hold){
		.block = block,
		.message = message,
		.id = nr_read_once(&block->id),
		.payload = nr_store_payload(store, message, found->length),
	};
	/* dies here: undone; a store later, it goes back to its place */
	nr_store_commit(store, counts);
	return 0;
}

int nr_take_read(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		 void *buffer, uint64_t length, struct nr_deadline *deadline)
{
	int r;

	if (hold->payload) {
		if (length > 0)
			memcpy(buffer, hold->payload, length);
		return 0;
	}
	r = nr_receivers_lock(queue, id, deadline);
	if (r < 0)
		return r;
	r = nr_store_read(&queue->store, hold->message, buffer, length);
	nr_receivers_unlock(queue);
	return r;
}

int nr_take_write(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		  const void *data, uint64_t length)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	int r = nr_receivers_lock(queue, id, &deadline);

	if (r < 0)
		return r;
	r = nr_held_block(&queue->store, hold, NR_BLOCK_TAKEN, id)
		    ? nr_store_write(&queue->store, hold->message, data, length)
		    : -EINVAL;
	nr_receivers_unlock(queue);
	return r;
}

/* The receivers' lock is held. */
static int finish(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		  enum nr_block_kind kind, enum nr_held_end end, int64_t *ret_type)
{
	struct nr_counts counts = nr_side_counts(&queue->shared->receivers);
	const struct nr_block_shared *block =
		nr_held_block(&queue->store, hold, kind, id);
	int r = 0;

	if (!block)
		return -EINVAL;
	*ret_type = nr_read_once(&block->type);
	if (end == NR_HELD_GONE)
		r = nr_poll_before_removal(queue);
	else
		nr_poll_before_return(queue);
	return r < 0 ? r : nr_held_finish(&queue->store, hold->message, end, &counts);
}

int nr_hold_end(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		enum nr_block_kind kind, enum nr_held_end end)
{
	struct nr_deadline deadline = nr_deadline_in(0);
	int64_t type = 0;
	int r;

	r = nr_receivers_lock(queue, id, &deadline);
	if (r < 0)
		return nr_held_leave(hold, id, end) ? 0 : r;
	r = finish(queue, id, hold, kind, end, &type);
	nr_receivers_unlock(queue);
	if (r < 0)
		return r;
	if (end == NR_HELD_GONE) {
		nr_wake_senders(queue);
	} else {
		nr_wake_receiver(queue, type);
		nr_poll_refresh(queue, id, NARU_READABLE);
	}
	return 0;
}

/* The receivers' lock is held. */
static int finish_once(struct naru_queue *queue, uint32_t id, const struct nr_hold *hold,
		       struct naru_once *once)
{
	int64_t type;
	int r;

	if (nr_session_last(queue, NR_RELEASED, once) >= once->number)
		return -EINVAL;
	nr_session_begin(queue, NR_RELEASED, once, once->number);
	r = finish(queue, id, hold, NR_BLOCK_TAKEN, NR_HELD_GONE, &type);
	nr_session_end(queue, NR_RELEASED, once, r == 0);
	return r;
}

int nr_hold_release_once(struct naru_queue *queue, uint32_t id,
			 const struct nr_hold *hold, struct naru_once *once)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	int r = nr_receivers_lock(queue, id, &deadline);

	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	r = finish_once(queue, id, hold, once);
	nr_receivers_unlock(queue);
	if (r == 0)
		nr_wake_senders(queue);
	return r;
}
