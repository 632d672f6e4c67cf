/* SPDX-License-Identifier: MIT */

#include <naru/queue.h>

#include <errno.h>
#include <queue/admit.h>
#include <queue/claim.h>
#include <queue/death.h>
#include <queue/poll.h>
#include <queue/take.h>
#include <queue/waiter.h>

/* Looks at a full ring before what rests in it is moved away, and between two. */
enum { RING_LOOKS = 16, RING_PAUSES = 64 };

/* Write the items to the ring, as many as there is room for, as one. */
static size_t publish(struct naru_queue *queue, const struct naru_item *items,
		      size_t count, struct nr_room room, struct nr_counts *counts)
{
	uint64_t first = counts->position, first_state = 0;
	size_t n;

	for (n = 0; n < count; n++) {
		uint64_t length = items[n].length;
		uint64_t size = nr_ring_record_size(length), state;

		if (room.ring > 2 * NR_RING_AHEAD)
			nr_ring_fetch_to_write(&queue->ring, counts->position);
		if (length > queue->ring.inline_max || room.messages == 0 ||
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
	nr_ring_publish(&queue->ring, first, first_state);
	/* dies here: found behind tail by the next owner of the lock */
	return n;
}

/* The ring is full, but receivers are at it: do they make room soon? */
static bool is_soon_room(struct naru_queue *queue, const struct nr_counts *sent,
			 uint64_t record)
{
	uint64_t wanted = queue->ring.size / 16 > record ? queue->ring.size / 16 : record;
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

/* One try, of items that go in the ring. @count: in, how many; out, how many went. */
static int try_send(struct naru_queue *queue, uint32_t id, const struct naru_item *items,
		    size_t *count, struct nr_deadline *deadline)
{
	uint64_t record = nr_ring_record_size(items[0].length);
	struct nr_counts counts;
	struct nr_room room;
	int r;

	r = nr_senders_lock(queue, id, deadline);
	if (r < 0)
		return r;
	counts = nr_side_counts(&queue->shared->senders);
	r = nr_admit(queue, &counts, items[0].length, record, &room);
	if (__builtin_expect(r == -ENOBUFS, 0)) {
		r = park(queue, id, &counts, record, deadline);
		room = nr_room_seen(queue, &counts);
	}
	if (r == 0)
		r = nr_poll_before_send(queue);
	if (r == 0) {
		*count = publish(queue, items, *count, room, &counts);
		nr_side_stamp(&queue->shared->last_send,
			      nr_space_own_pid(queue->space, id));
		nr_side_commit(&queue->shared->senders, &counts);
	}
	nr_senders_unlock(queue);
	return r;
}

/* One try, of a message that is too large for the ring. */
static int try_send_large(struct naru_queue *queue, uint32_t id,
			  const struct naru_item *item, struct nr_deadline *deadline)
{
	struct nr_hold claim;
	int r;

	r = nr_claim(queue, id, item->length, deadline, &claim);
	if (r < 0)
		return r;
	r = nr_claim_write(queue, id, &claim, item->data, item->length, deadline);
	if (r == 0)
		r = nr_commit(queue, id, &claim, item->type, item->length, deadline);
	if (r < 0)
		nr_hold_end(queue, id, &claim, NR_BLOCK_CLAIMED, NR_HELD_GONE);
	return r;
}

static int try_either(struct naru_queue *queue, uint32_t id,
		      const struct naru_item *items, size_t *count,
		      struct nr_deadline *deadline)
{
	if (__builtin_expect(items[0].length <= queue->ring.inline_max, 1))
		return try_send(queue, id, items, count, deadline);
	*count = 1;
	return try_send_large(queue, id, items, deadline);
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

	if (length > queue->ring.inline_max ||
	    !nr_swap_if(&shared->senders.lock, &free, id))
		return false;
	counts = nr_side_counts(&shared->senders);
	room = nr_room_seen(queue, &counts);
	if (room.messages == 0 || room.bytes < length || room.ring > queue->ring.size ||
	    room.ring < nr_ring_record_size(length) + 2 * NR_RING_AHEAD ||
	    nr_poll_any(shared->polling_readable)) {
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

static void wake_receivers(struct naru_queue *queue, const struct naru_item *items,
			   size_t count)
{
	if (!nr_waiter_any(queue, queue->shared->sleeping_receivers))
		return;
	for (size_t i = 0; i < count; i++)
		nr_wake_receiver_slowly(queue, items[i].type);
}

static int send_waiting(struct naru_queue *queue, uint32_t id,
			const struct naru_item *items, size_t *count,
			struct nr_deadline *deadline)
{
	struct nr_waiting waiting = {
		.queue = queue,
		.id = id,
		.sender = true,
		.need = items[0].length,
	};
	const size_t all = *count;
	int r, w;

	do {
		w = nr_wait(&waiting, deadline);
		r = w;
		if (w == -EIDRM)
			break;
		/* Even when the time is over: a last look. */
		*count = all;
		r = try_either(queue, id, items, count, deadline);
	} while (r == -EAGAIN && w == 0);
	nr_wait_end(&waiting, 0);
	return r == -EAGAIN ? w : r;
}

ssize_t naru_queue_send_batch(struct naru_queue *queue, const struct naru_item *items,
			      size_t count, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	const size_t all = count;
	uint32_t id;
	int r;

	if (count == 0)
		return 0;
	if (items[0].type <= 0)
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	r = try_either(queue, id, items, &count, &deadline);
	if (__builtin_expect(r == -EAGAIN, 0) && nr_queue_reap(queue, id)) {
		count = all;
		r = try_either(queue, id, items, &count, &deadline);
	}
	if (__builtin_expect(r == -EAGAIN, 0)) {
		count = all;
		nr_poll_refresh(queue, id, NARU_WRITABLE);
		if (timeout_ms != 0)
			r = send_waiting(queue, id, items, &count, &deadline);
	}
	if (r < 0)
		return r;
	wake_receivers(queue, items, count);
	return (ssize_t)count;
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
	ssize_t r;

	if (__builtin_expect(type <= 0, 0))
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r == 0 && __builtin_expect(send_at_once(queue, id, type, data, length), 1)) {
		nr_wake_receiver(queue, type);
		return 0;
	}
	if (r == 0)
		r = naru_queue_send_batch(queue, &item, 1, timeout_ms);
	return r < 0 ? (int)r : 0;
}
