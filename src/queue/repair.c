/* SPDX-License-Identifier: MIT */

/*
 * queue/repair.c - the first thing that the next owner of a dead one's lock does
 *
 * Each step leaves the shared state such that the same repair, begun anew by yet
 * another process, comes to the same end.
 */

#include <queue/handle.h>

#include <errno.h>
#include <queue/map.h>
#include <queue/poll.h>
#include <queue/sessions.h>
#include <queue/waiter.h>

/* Count what was published behind tail, and not yet counted. */
static int count_published(const struct naru_queue *queue, struct nr_counts *counts)
{
	for (uint64_t steps = 0; steps <= nr_ring_size(&queue->ring) / NR_RING_ALIGN;
	     steps++) {
		struct nr_record record;
		int r = nr_ring_peek(&queue->ring, counts->position, &record);

		if (r <= 0)
			return r;
		counts->position = record.next;
		counts->messages++;
		counts->bytes += record.length;
	}
	return -EBADMSG;
}

/*
 * A commit has made its message QUEUED, which is final, but has not published the
 * record: do that. Both locks are held.
 */
static int publish_intent(struct naru_queue *queue, const struct nr_counts *removed,
			  struct nr_counts *counts)
{
	struct nr_queue_shared *shared = queue->shared;
	uint64_t intent = nr_load_relaxed(&shared->intent);
	uint64_t id = nr_read_once(&shared->intent_id);
	const struct nr_block_shared *block;
	uint64_t state, length, size;
	int64_t type;

	if (intent == 0 || nr_read_once(&shared->intent_position) != counts->position)
		return 0;
	block = nr_store_message(&queue->store, (uint32_t)intent, NR_BLOCK_QUEUED, id);
	if (!block || id == 0 || nr_read_once(&block->position) != counts->position)
		return 0;
	length = nr_read_once(&block->length);
	type = nr_read_once(&block->type);
	size = nr_ring_record_size(sizeof(struct nr_record_block_shared));
	if (type <= 0 || length > NR_RECORD_LENGTH ||
	    !nr_ring_valid(&queue->ring, removed->position, counts->position) ||
	    nr_ring_room(&queue->ring, removed->position, counts->position) < size)
		return -EBADMSG;
	state = nr_ring_write_block(&queue->ring, counts->position, type, length,
				    (uint32_t)intent, id);
	nr_ring_publish(&queue->ring, counts->position, state);
	/* dies here: found behind tail by count_published() */
	counts->position += size;
	counts->messages++;
	counts->bytes += length;
	return 0;
}

static int repair_senders(struct naru_queue *queue, uint32_t id,
			  struct nr_deadline *deadline)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_counts counts, removed;
	int r;

	r = nr_receivers_lock(queue, id, deadline);
	if (r < 0)
		return r;
	counts = nr_side_counts(&shared->senders);
	removed = nr_side_counts(&shared->receivers);
	r = count_published(queue, &counts);
	if (r == 0)
		r = publish_intent(queue, &removed, &counts);
	if (r == 0) {
		nr_session_repair(queue, NR_SENT, counts.position);
		shared->seen_head = removed.position;
		shared->seen_messages = removed.messages;
		shared->seen_bytes = removed.bytes;
		/* dies here: all of it is found again */
		nr_side_commit(&shared->senders, &counts);
		nr_program_order();
		nr_store_relaxed(&shared->intent, 0);
		nr_poll_repair(queue, NARU_READABLE);
	}
	nr_receivers_unlock(queue);
	return r;
}

int nr_senders_lock_slowly(struct naru_queue *queue, uint32_t id,
			   struct nr_deadline *deadline, bool locked)
{
	_Atomic uint32_t *lock = &queue->shared->senders.lock;
	uint32_t dead = 0;
	int r = 0, s;

	if (!locked)
		r = nr_lock_take_slowly(queue->space, lock, id, deadline, &dead);
	if (r < 0 && r != -EOWNERDEAD)
		return r;
	s = nr_queue_map_grown(queue, false);
	if (s == 0 && r == -EOWNERDEAD)
		s = repair_senders(queue, id, deadline);
	if (s < 0 && r == -EOWNERDEAD)
		nr_lock_return(lock, dead);
	else if (s < 0)
		nr_lock_release(lock);
	else if (r == -EOWNERDEAD)
		/* It may have died before it woke those for whom it had published. */
		nr_wake_all(queue);
	return s;
}

int nr_repair_intent(struct naru_queue *queue, uint32_t id, struct nr_deadline *deadline)
{
	int r;

	if (__builtin_expect(nr_load_relaxed(&queue->shared->intent) == 0, 1))
		return 0;
	/* Whoever is about to commit has done so when we have had the lock. */
	r = nr_senders_lock(queue, id, deadline);
	if (r < 0)
		return r;
	nr_senders_unlock(queue);
	return 1;
}

static int repair_receivers(struct naru_queue *queue)
{
	int r;

	nr_session_repair(queue, NR_RELEASED, 0);
	r = nr_store_repair(&queue->store);
	if (r < 0)
		return r;
	nr_poll_repair(queue, NARU_WRITABLE);
	nr_poll_before_return(queue);
	nr_wake_all(queue);
	return 0;
}

int nr_receivers_lock_slowly(struct naru_queue *queue, uint32_t id,
			     struct nr_deadline *deadline, bool locked)
{
	_Atomic uint32_t *lock = &queue->shared->receivers.lock;
	uint32_t dead = 0;
	int r = 0, s;

	if (!locked)
		r = nr_lock_take_slowly(queue->space, lock, id, deadline, &dead);
	if (r < 0 && r != -EOWNERDEAD)
		return r;
	s = nr_queue_map_grown(queue, true);
	if (s == 0 && r == -EOWNERDEAD)
		s = repair_receivers(queue);
	if (s < 0 && r == -EOWNERDEAD)
		nr_lock_return(lock, dead);
	else if (s < 0)
		nr_lock_release(lock);
	return s;
}
