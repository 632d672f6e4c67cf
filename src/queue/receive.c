/* SPDX-License-Identifier: MIT */

#include <queue/receive.h>

#include <errno.h>
#include <queue/death.h>
#include <queue/poll.h>
#include <queue/waiter.h>

/* A message from the heap that is longer than this is copied outside of the lock. */
enum { COPY_LOCKED_MAX = 16384 };

/* Messages between two looks at the senders' side, whose cache line that takes. */
enum { TAIL_EVERY = 32 };

/* Remove a stored message, and copy it. A change of its own. */
static int remove_stored(struct nr_store *store, const struct nr_found *found,
			 struct nr_counts *counts, void *buffer, uint64_t length)
{
	int r;

	nr_store_begin(store);
	r = nr_store_read(store, found->message, buffer, length);
	if (r == 0)
		r = nr_index_remove(&store->heap, found->message);
	if (r == 0)
		r = nr_store_free(store, found->message);
	if (r < 0)
		return nr_store_undo(store, r);
	counts->messages++;
	counts->bytes += found->length;
	/* dies here: undone; nobody has it yet */
	nr_store_commit(store, counts);
	return nr_store_finish(store);
}

static bool is_small(const struct nr_found *found)
{
	return found->stored ? found->length <= COPY_LOCKED_MAX
			     : found->record.payload != NULL;
}

static uint32_t next_age(struct naru_queue *queue)
{
	uint32_t age = nr_load_relaxed(&queue->tail_age) + 1;

	nr_store_relaxed(&queue->tail_age, age);
	return age;
}

/* Fetch what is published some messages ahead; it is asked for now and then. */
static void fetch_ahead(struct naru_queue *queue, uint64_t head)
{
	const struct nr_side_shared *senders = &queue->shared->senders;

	if (head + NR_RING_AHEAD + 128 <= queue->tail_seen)
		nr_ring_fetch(&queue->ring, head);
	else if (next_age(queue) % TAIL_EVERY == 0)
		queue->tail_seen = nr_side_counts(senders).position;
}

/* Remove a small message, and copy it to the item. */
static int remove_small(struct naru_queue *queue, const struct nr_found *found,
			struct nr_counts *counts, struct naru_item *item)
{
	uint64_t length = found->length < item->length ? found->length : item->length;

	if (found->stored) {
		int r = remove_stored(&queue->store, found, counts, item->data, length);

		if (r < 0)
			return r;
	} else {
		fetch_ahead(queue, counts->position);
		nr_copy(item->data, found->record.payload, length);
		counts->position = found->record.next;
		counts->messages++;
		counts->bytes += found->length;
		/* dies here: it is in the ring as before */
		nr_side_commit(queue->store.side, counts);
	}
	item->type = found->type;
	item->length = length;
	return 0;
}

/*
 * Fill in items while there are messages. A large one comes alone: it is taken,
 * and *ret_hold tells which. Returns how many items were filled in.
 */
static ssize_t fill(struct naru_queue *queue, const struct nr_receive *receive,
		    struct nr_counts *counts, struct nr_found *found,
		    struct nr_hold *ret_hold)
{
	size_t done;

	for (done = 0; done < receive->count; done++) {
		struct naru_item *item = &receive->items[done];
		int r = nr_find(&queue->store, &queue->ring, counts, &receive->select,
				found);

		if (r == 0 && found->length > item->length && !receive->truncate)
			r = -EMSGSIZE;
		if (r == 0 && !is_small(found)) {
			if (done > 0)
				break;
			r = nr_take_found(queue, receive->id, found, counts, ret_hold);
			return r < 0 ? r : 1;
		}
		if (r == 0)
			r = remove_small(queue, found, counts, item);
		if (r < 0)
			return done > 0 ? (ssize_t)done : r;
	}
	return (ssize_t)done;
}

/* Copy a large message that was taken; with the release it is received. */
static int copy_large(struct naru_queue *queue, const struct nr_receive *receive,
		      const struct nr_found *found, const struct nr_hold *hold,
		      struct nr_deadline *deadline)
{
	struct naru_item *item = &receive->items[0];
	uint64_t length = found->length < item->length ? found->length : item->length;
	int r;

	r = nr_take_read(queue, receive->id, hold, item->data, length, deadline);
	if (r < 0) {
		nr_hold_end(queue, receive->id, hold, NR_BLOCK_TAKEN, NR_HELD_BACK);
		return r;
	}
	item->type = found->type;
	item->length = length;
	return nr_hold_end(queue, receive->id, hold, NR_BLOCK_TAKEN, NR_HELD_GONE);
}

int nr_receive_lock(struct naru_queue *queue, uint32_t id, struct nr_deadline *deadline,
		    struct nr_counts *ret_counts, uint64_t *ret_back)
{
	int r = nr_receivers_lock(queue, id, deadline);

	*ret_back = 0;
	if (r < 0)
		return r;
	*ret_counts = nr_side_counts(&queue->shared->receivers);
	r = nr_queue_reap_locked(queue, ret_counts, ret_back);
	if (r >= 0) {
		int s = nr_poll_before_removal(queue);

		r = s < 0 ? s : r;
	}
	if (r < 0) {
		nr_receivers_unlock(queue);
		nr_queue_tell_reaped(queue, id, *ret_back);
	}
	return r;
}

/* One try; how many items it filled in. */
static ssize_t try_receive(struct nr_receive *receive, struct nr_deadline *deadline)
{
	struct naru_queue *queue = receive->queue;
	struct nr_counts counts;
	struct nr_found found;
	struct nr_hold hold = {0};
	uint64_t back;
	ssize_t n;
	int r;

	r = nr_receive_lock(queue, receive->id, deadline, &counts, &back);
	if (r < 0)
		return r;
	n = fill(queue, receive, &counts, &found, &hold);
	receive->epoch = nr_load_relaxed(&queue->shared->receivers.epoch);
	if (n > 0)
		nr_side_stamp(&queue->shared->last_receive,
			      nr_space_own_pid(queue->space, receive->id));
	nr_receivers_unlock(queue);
	if (__builtin_expect(r > 0, 0))
		nr_queue_tell_reaped(queue, receive->id, back);
	if (n <= 0)
		return n;
	if (hold.id) {
		r = copy_large(queue, receive, &found, &hold, deadline);
		return r < 0 ? r : n;
	}
	nr_store_relaxed(&queue->spin_receive.burst,
			 nr_load_relaxed(&queue->spin_receive.burst) + (uint32_t)n);
	nr_wake_senders(queue);
	return n;
}

/* What naru_queue_receive() and naru_queue_take() do when there is nothing. */
ssize_t nr_receive_waiting(struct naru_queue *queue, uint32_t id,
			   const struct nr_select *select, struct nr_deadline *deadline,
			   ssize_t (*attempt)(void *data, struct nr_deadline *deadline),
			   void *data, const int64_t *type, const uint64_t *epoch)
{
	struct nr_waiting waiting = {
		.queue = queue,
		.id = id,
		.select = *select,
		.epoch = epoch,
	};
	ssize_t n;
	int w;

	do {
		w = nr_wait(&waiting, deadline);
		/* A burst of a stream begins: how long is it? */
		if (nr_spin_streams(&queue->spin_receive))
			nr_store_relaxed(&queue->tail_age, TAIL_EVERY - 1);
		n = w;
		if (w == -EIDRM)
			break;
		/* Even when the time is over: a last look. */
		n = attempt(data, deadline);
	} while (n == -EAGAIN && w == 0);
	nr_wait_end(&waiting, n > 0 ? *type : 0);
	return n == -EAGAIN ? w : n;
}

static ssize_t attempt(void *data, struct nr_deadline *deadline)
{
	struct nr_receive *receive = data;
	ssize_t n;

	nr_repair_intent_lowest(receive->queue, receive->id, &receive->select);
	n = try_receive(receive, deadline);
	if (n == -EAGAIN && nr_repair_intent_now(receive->queue, receive->id))
		n = try_receive(receive, deadline);
	return n;
}

ssize_t naru_queue_receive_batch(struct naru_queue *queue, int64_t select, int flags,
				 struct naru_item *items, size_t count, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct nr_receive receive = {
		.queue = queue,
		.truncate = flags & NARU_TRUNCATE,
		.items = items,
		.count = count,
	};
	ssize_t n;
	int r;

	if (flags & ~(NARU_EXCEPT | NARU_TRUNCATE))
		return -EINVAL;
	r = nr_select_of(select, flags & NARU_EXCEPT, &receive.select);
	if (r < 0)
		return r;
	if (count == 0)
		return 0;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.receive(queue->remote, select, flags, items, count,
					       timeout_ms);
	r = nr_queue_enter(queue, &receive.id);
	if (r < 0)
		return r;
	n = attempt(&receive, &deadline);
	if (__builtin_expect(n != -EAGAIN, 1))
		return n;
	nr_poll_refresh(queue, receive.id, NARU_READABLE);
	if (timeout_ms == 0)
		return n;
	return nr_receive_waiting(queue, receive.id, &receive.select, &deadline, attempt,
				  &receive, &items[0].type, &receive.epoch);
}

/*
 * The common case, in as few steps as can be: any message is wanted, or one of a type;
 * nothing rests or is held, and the oldest in the ring is such a one, small, and fits;
 * the lock is free, and nobody polls. False: it is not, and nothing was done.
 */
static inline bool receive_at_once(struct naru_queue *queue, uint32_t id, int64_t select,
				   struct naru_item *item)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_counts counts;
	struct nr_record record;
	uint32_t free = 0;

	if (!nr_swap_if(&shared->receivers.lock, &free, id))
		return false;
	counts = nr_side_counts(&shared->receivers);
	if ((nr_read_once(&shared->heap.stored) | nr_read_once(&shared->heap.held)) !=
		    0 ||
	    !nr_queue_has_ring(queue) || nr_poll_any(shared->polling_writable) ||
	    nr_ring_peek(&queue->ring, counts.position, &record) <= 0 ||
	    !record.payload || record.length > item->length ||
	    (select != 0 && record.type != select)) {
		nr_receivers_unlock(queue);
		return false;
	}
	fetch_ahead(queue, counts.position);
	nr_copy(item->data, record.payload, record.length);
	counts.position = record.next;
	counts.messages++;
	counts.bytes += record.length;
	nr_side_stamp(&shared->last_receive, nr_space_own_pid(queue->space, id));
	/* dies here: it is in the ring as before */
	nr_side_commit(&shared->receivers, &counts);
	nr_receivers_unlock(queue);
	nr_store_relaxed(&queue->spin_receive.burst,
			 nr_load_relaxed(&queue->spin_receive.burst) + 1);
	item->type = record.type;
	item->length = record.length;
	return true;
}

ssize_t naru_queue_receive(struct naru_queue *queue, int64_t select, int flags,
			   void *buffer, size_t size, int timeout_ms, int64_t *ret_type)
{
	struct naru_item item = {.data = buffer, .length = size};
	uint32_t id;
	ssize_t n = 0;

	if (!nr_queue_is_away(queue) && select >= 0 && (flags & ~NARU_TRUNCATE) == 0) {
		n = nr_queue_enter(queue, &id);
		if (n < 0)
			return n;
		if (receive_at_once(queue, id, select, &item)) {
			nr_wake_senders(queue);
			n = 1;
		}
	}
	if (n == 0)
		n = naru_queue_receive_batch(queue, select, flags, &item, 1, timeout_ms);
	if (n < 0)
		return n;
	if (ret_type)
		*ret_type = item.type;
	return (ssize_t)item.length;
}
