/* SPDX-License-Identifier: MIT */

#include <naru/queue.h>

#include <errno.h>
#include <queue/admit.h>
#include <queue/claim.h>
#include <queue/death.h>
#include <queue/poll.h>
#include <queue/sessions.h>
#include <queue/take.h>
#include <queue/waiter.h>

/* Looks at a full ring before what rests in it is moved away, and between two. */
enum { RING_LOOKS = 16, RING_PAUSES = 64 };

/*
 * What one call sends. @items: at least one, and @once, if it is not NULL, is of the
 * first of them; @count: in, how many; out, how many went.
 */
struct batch {
	const struct naru_item *items;
	size_t count;
	struct naru_once *once;
};

/* Write the items to the ring, as many as there is room for, as one. */
static size_t publish(struct naru_queue *queue, const struct batch *batch,
		      struct nr_room room, struct nr_counts *counts)
{
	const struct naru_item *items = batch->items;
	uint64_t first = counts->position, first_state = 0;
	size_t n;

	for (n = 0; n < batch->count; n++) {
		uint64_t length = items[n].length;
		uint64_t size = nr_ring_record_size(length), state;

		if (room.ring > 2 * NR_RING_AHEAD)
			nr_ring_fetch_to_write(&queue->ring, counts->position);
		if (length > nr_ring_inline_max(&queue->ring) || room.messages == 0 ||
		    room.bytes < length || room.ring < size || items[n].type <= 0)
			break;
		room.messages--;
		room.bytes -= length;
		room.ring -= size;
		state = nr_ring_write(&queue->ring, counts->position, items[n].type,
				      items[n].data, length);
		if (n == 0)
			first_state = state;
		else
			nr_ring_publish(&queue->ring, counts->position, state);
		counts->position += size;
		counts->bytes += length;
	}
	counts->messages += n;
	if (batch->once)
		nr_session_begin(queue, NR_SENT, batch->once,
				 batch->once->number + n - 1);
	nr_ring_publish(&queue->ring, first, first_state);
	/* dies here: found behind tail by the next owner of the lock */
	if (batch->once)
		nr_session_end(queue, NR_SENT, batch->once, true);
	return n;
}

/* The ring is full, but receivers are at it: do they make room soon? */
static bool is_soon_room(struct naru_queue *queue, const struct nr_counts *sent,
			 uint64_t record)
{
	uint64_t part = nr_ring_size(&queue->ring) / 16;
	uint64_t wanted = part > record ? part : record;
	uint64_t head;

	for (int look = 0; look < RING_LOOKS; look++) {
		if (nr_room_seen(queue, sent).ring >= wanted)
			return true;
		head = queue->shared->seen_head;
		for (int i = 0; i < RING_PAUSES; i++)
			nr_relax();
		nr_room_look(queue);
		if (queue->shared->seen_head == head)
			break;
	}
	return nr_room_seen(queue, sent).ring >= record;
}

static int park(struct naru_queue *queue, uint32_t id, const struct nr_counts *sent,
		uint64_t record, struct nr_deadline *deadline)
{
	struct nr_counts removed;
	int r;

	if (is_soon_room(queue, sent, record))
		return 0;
	r = nr_receivers_lock(queue, id, deadline);
	if (r < 0)
		return r;
	removed = nr_side_counts(&queue->shared->receivers);
	r = nr_admit_park(queue, &removed, sent, record);
	nr_receivers_unlock(queue);
	return r;
}

/* One try, of items that go in the ring. */
static int try_send(struct naru_queue *queue, uint32_t id, struct batch *batch,
		    struct nr_deadline *deadline)
{
	uint64_t length = batch->items[0].length;
	uint64_t record = nr_ring_record_size(length);
	struct nr_counts counts;
	struct nr_room room;
	int r;

	r = nr_senders_lock(queue, id, deadline);
	if (r < 0)
		return r;
	if (batch->once &&
	    nr_session_last(queue, NR_SENT, batch->once) >= batch->once->number) {
		nr_senders_unlock(queue);
		return -EALREADY;
	}
	counts = nr_side_counts(&queue->shared->senders);
	r = nr_admit(queue, &counts, length, record, &room);
	if (__builtin_expect(r == -ENOBUFS, 0)) {
		r = park(queue, id, &counts, record, deadline);
		room = nr_room_seen(queue, &counts);
	}
	if (r == 0)
		r = nr_poll_before_send(queue);
	if (r == 0) {
		batch->count = publish(queue, batch, room, &counts);
		nr_side_stamp(&queue->shared->last_send,
			      nr_space_own_pid(queue->space, id));
		nr_side_commit(&queue->shared->senders, &counts);
	}
	nr_senders_unlock(queue);
	return r;
}

/* One try, of a message that is too large for the ring. */
static int try_send_large(struct naru_queue *queue, uint32_t id,
			  const struct naru_item *item, struct naru_once *once,
			  struct nr_deadline *deadline)
{
	struct nr_hold claim;
	uint64_t last;
	int r;

	/* Before it waits for room that it does not need. */
	if (once) {
		r = nr_session_recall(queue, id, NR_SENT, once, deadline, &last);
		if (r < 0 || last >= once->number)
			return r < 0 ? r : -EALREADY;
	}
	r = nr_claim(queue, id, item->length, deadline, &claim);
	if (r < 0)
		return r;
	r = nr_claim_write(queue, id, &claim, item->data, item->length, deadline);
	if (r == 0)
		r = nr_commit(queue, id, &claim, item->type, item->length, once,
			      deadline);
	if (r < 0)
		nr_hold_end(queue, id, &claim, NR_BLOCK_CLAIMED, NR_HELD_GONE);
	return r;
}

static int try_either(struct naru_queue *queue, uint32_t id, struct batch *batch,
		      struct nr_deadline *deadline)
{
	if (__builtin_expect(batch->items[0].length <= nr_ring_inline_max(&queue->ring),
			     1))
		return try_send(queue, id, batch, deadline);
	batch->count = 1;
	return try_send_large(queue, id, batch->items, batch->once, deadline);
}

/*
 * The common case, in as few steps as can be: a small message, a lock that is free, room
 * by what was last seen, and nobody who polls. False: it is not, and nothing was done.
 */
static inline bool send_at_once(struct naru_queue *queue, uint32_t id, int64_t type,
				const void *data, uint64_t length)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_counts counts;
	struct nr_room room;
	uint64_t state;
	uint32_t free = 0;

	if (length > nr_ring_inline_max(&queue->ring) ||
	    !nr_swap_if(&shared->senders.lock, &free, id))
		return false;
	counts = nr_side_counts(&shared->senders);
	room = nr_room_seen(queue, &counts);
	if (room.messages == 0 || room.bytes < length ||
	    room.ring > nr_ring_size(&queue->ring) ||
	    room.ring < nr_ring_record_size(length) + 2 * NR_RING_AHEAD ||
	    !nr_queue_has_ring(queue) || nr_poll_any(shared->polling_readable)) {
		nr_senders_unlock(queue);
		return false;
	}
	nr_ring_fetch_to_write(&queue->ring, counts.position);
	state = nr_ring_write(&queue->ring, counts.position, type, data, length);
	nr_ring_publish(&queue->ring, counts.position, state);
	/* dies here: found behind tail by the next owner of the lock */
	nr_side_stamp(&shared->last_send, nr_space_own_pid(queue->space, id));
	counts.position += nr_ring_record_size(length);
	counts.messages++;
	counts.bytes += length;
	nr_side_commit(&shared->senders, &counts);
	nr_senders_unlock(queue);
	return true;
}

static void wake_receivers(struct naru_queue *queue, const struct batch *batch)
{
	if (!nr_waiter_any(queue, queue->shared->sleeping_receivers))
		return;
	for (size_t i = 0; i < batch->count; i++)
		nr_wake_receiver_slowly(queue, batch->items[i].type);
}

static int send_waiting(struct naru_queue *queue, uint32_t id, struct batch *batch,
			struct nr_deadline *deadline)
{
	struct nr_waiting waiting = {
		.queue = queue,
		.id = id,
		.sender = true,
		.need = batch->items[0].length,
	};
	const size_t all = batch->count;
	int r, w;

	do {
		w = nr_wait(&waiting, deadline);
		r = w;
		if (w == -EIDRM)
			break;
		/* Even when the time is over: a last look. */
		batch->count = all;
		r = try_either(queue, id, batch, deadline);
	} while (r == -EAGAIN && w == 0);
	nr_wait_end(&waiting, 0);
	return r == -EAGAIN ? w : r;
}

static ssize_t send_batch(struct naru_queue *queue, struct batch *batch, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	const size_t all = batch->count;
	uint32_t id;
	int r;

	if (batch->items[0].type <= 0)
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	r = try_either(queue, id, batch, &deadline);
	if (__builtin_expect(r == -EAGAIN, 0) && nr_queue_reap(queue, id)) {
		batch->count = all;
		r = try_either(queue, id, batch, &deadline);
	}
	if (__builtin_expect(r == -EAGAIN, 0)) {
		batch->count = all;
		nr_poll_refresh(queue, id, NARU_WRITABLE);
		if (timeout_ms != 0)
			r = send_waiting(queue, id, batch, &deadline);
	}
	if (r < 0)
		return r;
	wake_receivers(queue, batch);
	return (ssize_t)batch->count;
}

ssize_t naru_queue_send_batch(struct naru_queue *queue, const struct naru_item *items,
			      size_t count, int timeout_ms)
{
	struct batch batch = {.items = items, .count = count};

	if (nr_queue_is_away(queue))
		return nr_remote_calls.send(queue->remote, items, count, timeout_ms);
	return count == 0 ? 0 : send_batch(queue, &batch, timeout_ms);
}

/* How many of the items, from the first on, have been sent before. */
static ssize_t sent_before(struct naru_queue *queue, const struct batch *batch)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	uint64_t last;
	uint32_t id;
	int r;

	r = nr_queue_enter(queue, &id);
	if (r == 0)
		r = nr_session_recall(queue, id, NR_SENT, batch->once, &deadline, &last);
	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	if (last < batch->once->number)
		return 0;
	last -= batch->once->number;
	return (ssize_t)(last < batch->count ? last + 1 : batch->count);
}

ssize_t naru_queue_send_once(struct naru_queue *queue, struct naru_once *once,
			     const struct naru_item *items, size_t count, int timeout_ms)
{
	struct naru_once rest = *once;
	struct batch batch = {.items = items, .count = count, .once = &rest};
	ssize_t before = 0, r;

	if (nr_queue_is_away(queue))
		return -EOPNOTSUPP;
	if (count == 0)
		return 0;
	r = nr_once_check(once, count);
	if (r == 0)
		r = nr_sessions_map(queue);
	if (r == 0)
		r = send_batch(queue, &batch, timeout_ms);
	if (r == -EALREADY) {
		batch.count = count;
		before = sent_before(queue, &batch);
		if (before < 0)
			return before;
		batch.items += before;
		batch.count -= (size_t)before;
		rest.number += (uint64_t)before;
		r = batch.count > 0 ? send_batch(queue, &batch, timeout_ms) : 0;
	}
	once->private_ = rest.private_;
	if (r < 0)
		return before > 0 ? before : r;
	return before + r;
}

int naru_queue_send(struct naru_queue *queue, int64_t type, const void *data,
		    size_t length, int timeout_ms)
{
	const struct naru_item item = {
		.type = type,
		.data = (void *)(uintptr_t)data,
		.length = length,
	};
	uint32_t id;
	ssize_t r = 0;

	if (__builtin_expect(type <= 0, 0))
		return -EINVAL;
	if (!nr_queue_is_away(queue)) {
		r = nr_queue_enter(queue, &id);
		if (r == 0 &&
		    __builtin_expect(send_at_once(queue, id, type, data, length), 1)) {
			nr_wake_receiver(queue, type);
			return 0;
		}
	}
	if (r == 0)
		r = naru_queue_send_batch(queue, &item, 1, timeout_ms);
	return r < 0 ? (int)r : 0;
}
