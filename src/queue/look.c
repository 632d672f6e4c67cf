/* SPDX-License-Identifier: MIT */

#include <naru/queue.h>

#include <errno.h>
#include <queue/death.h>
#include <queue/receive.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint64_t position;
	uint32_t message;
};

struct places {
	struct place *place;
	uint64_t count;
	uint64_t room;
};

static int compare(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return (left->position > right->position) - (left->position < right->position);
}

static int collect(void *data, uint32_t message, const struct nr_block_shared *block)
{
	struct places *places = data;

	if (places->count == places->room)
		return -EBADMSG;
	places->place[places->count++] = (struct place){
		.position = nr_read_once(&block->position),
		.message = message,
	};
	return 0;
}

/* The @nth oldest of the store, which has more than that. */
static int nth_stored(const struct nr_store *store, uint64_t nth, uint64_t stored,
		      uint32_t *ret_message)
{
	static const struct nr_select any = {.kind = NR_SELECT_ANY};
	struct places places = {.room = stored};
	int r;

	if (nth == 0)
		return nr_index_find(&store->heap, &any, ret_message);
	if (stored > store->heap.granules)
		return -EBADMSG;
	places.place = malloc(stored * sizeof(*places.place));
	if (!places.place)
		return -ENOMEM;
	r = nr_index_walk(&store->heap, collect, &places);
	if (r == 0 && places.count <= nth)
		r = -EBADMSG;
	if (r == 0) {
		qsort(places.place, places.count, sizeof(*places.place), compare);
		*ret_message = places.place[nth].message;
	}
	free(places.place);
	return r;
}

/* The @nth record of the ring. */
static int nth_in_ring(const struct nr_ring *ring, uint64_t head, uint64_t nth,
		       struct nr_record *ret_record)
{
	uint64_t position = head;

	for (;;) {
		int r = nr_ring_peek(ring, position, ret_record);

		if (r <= 0)
			return r < 0 ? r : -ENOMSG;
		position = ret_record->next;
		if (position - head > nr_ring_size(ring))
			return -EBADMSG;
		if (nth-- == 0)
			return 0;
	}
}

/* What naru_queue_look() copies, and where to. */
struct look {
	bool truncate;
	void *buffer;
	size_t size;
	int64_t type;
};

static ssize_t fits(const struct look *look, uint64_t length)
{
	if (length <= look->size)
		return (ssize_t)length;
	return look->truncate ? (ssize_t)look->size : -EMSGSIZE;
}

/* @message: there is a block. */
static ssize_t look_at(const struct nr_store *store, uint32_t message, struct look *look)
{
	const struct nr_block_shared *block = nr_heap_block(&store->heap, message);
	ssize_t length;
	int r;

	look->type = nr_read_once(&block->type);
	length = fits(look, nr_read_once(&block->length));
	if (length < 0)
		return length;
	r = nr_store_read(store, message, look->buffer, (uint64_t)length);
	return r < 0 ? r : length;
}

static ssize_t look_at_record(const struct nr_store *store,
			      const struct nr_record *record, struct look *look)
{
	ssize_t length;

	if (!record->payload)
		return nr_store_message(store, record->reference, NR_BLOCK_QUEUED,
					record->id)
			       ? look_at(store, record->reference, look)
			       : -EBADMSG;
	look->type = record->type;
	length = fits(look, record->length);
	if (length > 0)
		memcpy(look->buffer, record->payload, (size_t)length);
	return length;
}

static ssize_t look_for(struct naru_queue *queue, uint64_t nth,
			const struct nr_counts *counts, struct look *look)
{
	struct nr_store *store = &queue->store;
	uint64_t stored = nr_read_once(&store->heap.shared->stored);
	struct nr_record record;
	uint32_t message;
	int r;

	if (nth < stored) {
		r = nth_stored(store, nth, stored, &message);
		return r < 0 ? r : look_at(store, message, look);
	}
	r = nth_in_ring(&queue->ring, counts->position, nth - stored, &record);
	return r < 0 ? r : look_at_record(store, &record, look);
}

static ssize_t try_look(struct naru_queue *queue, uint32_t id, uint64_t nth,
			struct look *look)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	struct nr_counts counts;
	uint64_t back;
	ssize_t n;
	int r;

	r = nr_receivers_lock(queue, id, &deadline);
	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	counts = nr_side_counts(&queue->shared->receivers);
	r = nr_queue_reap_locked(queue, &counts, &back);
	n = r < 0 ? r : look_for(queue, nth, &counts, look);
	nr_receivers_unlock(queue);
	if (r > 0)
		nr_queue_tell_reaped(queue, id, back);
	return n;
}

ssize_t naru_queue_look(struct naru_queue *queue, uint64_t nth, int flags, void *buffer,
			size_t size, int64_t *ret_type)
{
	struct look look = {
		.truncate = flags & NARU_TRUNCATE,
		.buffer = buffer,
		.size = size,
	};
	uint32_t id;
	ssize_t n;
	int r;

	if (flags & ~NARU_TRUNCATE)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.look(queue->remote, nth, flags, buffer, size,
					    ret_type);
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	n = try_look(queue, id, nth, &look);
	if (n == -ENOMSG && nr_repair_intent_now(queue, id))
		n = try_look(queue, id, nth, &look);
	if (n >= 0 && ret_type)
		*ret_type = look.type;
	return n;
}
