/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_HANDLE_H
#define NARU_QUEUE_HANDLE_H

/*
 * queue/handle.h - an open queue
 *
 * Geometry is checked once, when the file is mapped, and kept here; what shared
 * memory says about it afterwards is not believed.
 */

#include <layout/queue.h>
#include <naru/queue.h>
#include <queue/held.h>
#include <queue/remote.h>
#include <queue/ring.h>
#include <queue/side.h>
#include <queue/store.h>
#include <space/lock.h>
#include <space/members.h>
#include <space/spin.h>

enum {
	NR_QUEUE_GROWN = 64,
	NR_HOLD_LOCK_MS = 1000, /* calls without a timeout wait so long for a lock */
};

struct nr_queue_map {
	void *address;
	size_t length;
};

/* Guarded by the lock that guards the FIFO: queue/poll.h. */
struct nr_fifo {
	struct nr_kept kept;
	int entry;   /* of the waiter that says we poll, -1 if we do not */
	uint32_t id; /* whose that entry is */
	uint32_t refreshed;
};

struct naru_queue {
	struct nr_client *remote; /* queue/remote.h; NULL: all that follows is of use */
	struct nr_queue_shared *shared;
	struct nr_waiter_shared *waiters;
	struct nr_ring ring;
	struct nr_store store; /* heap, index and journal; under the receivers' lock */
	struct naru_space *space;
	_Atomic uint32_t member; /* the id of ours that is known to the others */

	uint64_t tail_seen; /* records up to there are published; receivers' lock */
	_Atomic uint32_t tail_age; /* messages since it was looked for in vain */

	struct nr_spin spin_receive;
	struct nr_spin spin_send;
	_Atomic int64_t reaped; /* nanoseconds since the epoch */
	_Atomic uint32_t calm;	/* calls in a row that saw nobody asleep */

	uint64_t device; /* which file it is; its name may go to another */
	uint64_t inode;
	uint64_t ring_offset; /* in the file */
	uint64_t heap_offset;
	struct nr_queue_map head; /* header, waiters, journal, ring, ring again, heap */
	struct nr_queue_map heap; /* where it is now, with room to grow behind it */
	struct nr_queue_map grown[NR_QUEUE_GROWN]; /* heaps that outgrew head */
	int grown_count;
	struct nr_fifo fifo[2]; /* of NARU_READABLE, NARU_WRITABLE */
	_Atomic(struct nr_sessions_shared *) sessions; /* NULL: not mapped */
	char name[NARU_NAME_MAX + 1];
};

/* Does a server have it? Asked in each call, before all else. */
static inline bool nr_queue_is_away(const struct naru_queue *queue)
{
	return __builtin_expect(queue->remote != NULL, 0);
}

/* Is any bit of a set of waiters set? */
static inline bool nr_waiter_bits(const _Atomic uint64_t *bits)
{
	static_assert(NR_WAITER_WORDS == 4, "all of them");
	return (nr_load_relaxed(&bits[0]) | nr_load_relaxed(&bits[1]) |
		nr_load_relaxed(&bits[2]) | nr_load_relaxed(&bits[3])) != 0;
}

/*
 * Begin a call: is the queue still there, and who are we? -EIDRM, -EUSERS...
 */
int nr_queue_enter_slowly(struct naru_queue *queue, uint32_t *ret_id);

static inline int nr_queue_enter(struct naru_queue *queue, uint32_t *ret_id)
{
	uint32_t id = nr_load_relaxed(&queue->space->self->id);

	if (__builtin_expect((nr_load_relaxed(&queue->shared->removed) |
			      nr_load_relaxed(&queue->shared->removing) |
			      (id ^ nr_load_relaxed(&queue->member))) != 0,
			     0))
		return nr_queue_enter_slowly(queue, ret_id);
	*ret_id = id;
	return 0;
}

/* Our death is to be heard of, from now on. Before anything is done to the queue. */
static inline void nr_queue_join(struct naru_queue *queue, uint32_t id)
{
	nr_members_join(queue->space, &queue->shared->members, id);
	nr_store_relaxed(&queue->member, id);
}

/* The largest that the ring may become. */
static inline uint64_t nr_queue_ring_most(const struct naru_queue *queue)
{
	return (queue->heap_offset - queue->ring_offset) / 2;
}

/* Is all of the ring mapped? Asked under either lock; else what it says may be late. */
static inline bool nr_queue_has_ring(const struct naru_queue *queue)
{
	return nr_load_relaxed(&queue->shared->ring_size) == nr_ring_size(&queue->ring);
}

/*
 * Take a side's lock; what a dead owner left half done is repaired first. Who
 * needs both takes the senders' first. @deadline as of nr_lock_take().
 */
int nr_senders_lock_slowly(struct naru_queue *queue, uint32_t id,
			   struct nr_deadline *deadline, bool locked);
int nr_receivers_lock_slowly(struct naru_queue *queue, uint32_t id,
			     struct nr_deadline *deadline, bool locked);

static inline int nr_senders_lock(struct naru_queue *queue, uint32_t id,
				  struct nr_deadline *deadline)
{
	uint32_t old = 0;

	if (__builtin_expect(nr_swap_if(&queue->shared->senders.lock, &old, id), 1) &&
	    __builtin_expect(nr_queue_has_ring(queue), 1))
		return 0;
	return nr_senders_lock_slowly(queue, id, deadline, old == 0);
}

static inline int nr_receivers_lock(struct naru_queue *queue, uint32_t id,
				    struct nr_deadline *deadline)
{
	uint32_t old = 0;

	if (__builtin_expect(nr_swap_if(&queue->shared->receivers.lock, &old, id), 1) &&
	    __builtin_expect(nr_read_once(&queue->shared->heap.granules) <=
					     queue->store.heap.granules &&
				     nr_queue_has_ring(queue),
			     1))
		return 0;
	return nr_receivers_lock_slowly(queue, id, deadline, old == 0);
}

/*
 * A receive has found nothing: was a commit going on, by somebody who may have died
 * in it? 1: not any more, look again. 0: no. Else why the lock could not be had. No
 * lock is held.
 */
int nr_repair_intent(struct naru_queue *queue, uint32_t id, struct nr_deadline *deadline);

/* The same, but nobody waits long for the senders' lock. True: look again. */
static inline bool nr_repair_intent_now(struct naru_queue *queue, uint32_t id)
{
	struct nr_deadline deadline = nr_deadline_in(0);

	return __builtin_expect(nr_load_relaxed(&queue->shared->intent) != 0, 0) &&
	       nr_repair_intent(queue, id, &deadline) > 0;
}

/* Who wants the lowest type wants it also if it is just being committed. */
static inline void nr_repair_intent_lowest(struct naru_queue *queue, uint32_t id,
					   const struct nr_select *select)
{
	if (select->kind == NR_SELECT_LOWEST)
		(void)nr_repair_intent_now(queue, id);
}

static inline void nr_senders_unlock(struct naru_queue *queue)
{
	nr_lock_release(&queue->shared->senders.lock);
}

static inline void nr_receivers_unlock(struct naru_queue *queue)
{
	nr_lock_release(&queue->shared->receivers.lock);
}

#endif /* NARU_QUEUE_HANDLE_H */
