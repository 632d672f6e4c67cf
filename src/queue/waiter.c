/* SPDX-License-Identifier: MIT */

#include <queue/waiter.h>

#include <errno.h>
#include <sys/futex.h>

static void clear_bit(_Atomic uint64_t *bits, uint32_t entry)
{
	nr_fetch_and(&bits[entry / 64], ~(UINT64_C(1) << entry % 64));
}

/*
 * The bit goes first: were it cleared after the state is changed, that could be the
 * bit of the sleeper's next sleep.
 */
bool nr_waiter_wake(struct naru_queue *queue, _Atomic uint64_t *bits, uint32_t entry,
		    uint32_t state)
{
	struct nr_waiter_shared *waiter = &queue->waiters[entry];
	uint32_t old = NR_WAITER_SLEEPING;

	clear_bit(bits, entry);
	/* dies here: a sleeper without a bit; it sets it again when it hears of that */
	if (!nr_swap_if(&waiter->state, &old, state))
		return false;
	nr_futex_wake(&waiter->state, 1);
	return true;
}

/* Call @visit for each set bit; a nonzero return ends the walk and is returned. */
static int for_each_bit(struct naru_queue *queue, _Atomic uint64_t *bits,
			int (*visit)(struct naru_queue *queue, uint32_t entry,
				     void *data),
			void *data)
{
	for (uint32_t word = 0; word < NR_WAITER_WORDS; word++) {
		uint64_t left = nr_load_fenced(&bits[word]); /* [sleep] */

		while (left) {
			uint32_t entry = word * 64 + (uint32_t)__builtin_ctzll(left);
			int r = visit(queue, entry, data);

			if (r != 0)
				return r;
			left &= left - 1;
		}
	}
	return 0;
}

static bool admits(const struct nr_waiter_shared *waiter, int64_t type)
{
	struct nr_select select = {
		.kind = (enum nr_select_kind)nr_load_relaxed(&waiter->select),
		.type = nr_load_relaxed(&waiter->type),
	};

	return nr_select_admits(&select, type);
}

/* Who died asleep must not be woken in the place of others. */
static bool is_alive(const struct naru_queue *queue,
		     const struct nr_waiter_shared *waiter)
{
	return nr_space_seems_alive(queue->space,
				    nr_load_relaxed(&waiter->owner) & NR_PEER_ID_MASK);
}

static int visit_receiver(struct naru_queue *queue, uint32_t entry, void *data)
{
	const struct nr_waiter_shared *waiter = &queue->waiters[entry];
	int64_t type = *(int64_t *)data;

	/* The bit stays: it may be the next owner's by now. */
	if (!admits(waiter, type) || !is_alive(queue, waiter))
		return 0;
	if (!nr_waiter_wake(queue, queue->shared->sleeping_receivers, entry,
			    nr_woken_by(type)))
		return 0;
	/*
	 * The entry may have changed hands before it was woken. If who was woken
	 * dies, the others hear of it.
	 */
	return admits(waiter, type);
}

void nr_wake_receiver_slowly(struct naru_queue *queue, int64_t type)
{
	for_each_bit(queue, queue->shared->sleeping_receivers, visit_receiver, &type);
}

enum { CALM = 4096 }; /* fences for nothing before they are given up */

static bool change(struct naru_queue *queue, uint32_t from, enum nr_fenced to)
{
	uint32_t next = ((from >> 2) + 1) << 2 | (uint32_t)to;

	return nr_swap_if(&queue->shared->fenced, &from, next);
}

bool nr_waiter_fence(struct naru_queue *queue)
{
	uint32_t fenced;

	atomic_thread_fence(memory_order_seq_cst);
	fenced = nr_load_relaxed(&queue->shared->fenced);
	nr_store_relaxed(&queue->calm, 0);
	if ((fenced & 3) == NR_FENCED_ON)
		return true;
	if ((fenced & 3) == NR_FENCED_OFF) {
		change(queue, fenced, NR_FENCED_CHANGING);
		fenced = nr_load_relaxed(&queue->shared->fenced);
	}
	if (!nr_barrier_heavy())
		return false;
	/* dies here: the next sleeper does it all again */
	if ((fenced & 3) == NR_FENCED_CHANGING)
		change(queue, fenced, NR_FENCED_ON);
	return true;
}

void nr_waiter_calm(struct naru_queue *queue)
{
	uint32_t fenced, calm;

	atomic_thread_fence(memory_order_seq_cst); /* [sleep] */
	if (nr_waiter_bits(queue->shared->sleeping_receivers) ||
	    nr_waiter_bits(queue->shared->sleeping_senders)) {
		nr_store_relaxed(&queue->calm, 0);
		return;
	}
	calm = nr_load_relaxed(&queue->calm) + 1;
	nr_store_relaxed(&queue->calm, calm);
	if (calm % CALM != 0)
		return;
	fenced = nr_load_relaxed(&queue->shared->fenced);
	if ((fenced & 3) == NR_FENCED_ON && change(queue, fenced, NR_FENCED_CHANGING)) {
		fenced = ((fenced >> 2) + 1) << 2 | NR_FENCED_CHANGING;
		/* dies here: the next sleeper goes on from CHANGING */
		if (nr_barrier_heavy())
			change(queue, fenced, NR_FENCED_OFF);
	}
}

struct room {
	uint64_t bytes;
	uint64_t messages;
};

static int visit_sender(struct naru_queue *queue, uint32_t entry, void *data)
{
	struct nr_waiter_shared *waiter = &queue->waiters[entry];
	uint64_t need = nr_load_relaxed(&waiter->need);
	struct room *room = data;

	if (room->messages == 0)
		return 1;
	if (need > room->bytes || !is_alive(queue, waiter))
		return 0;
	if (nr_waiter_wake(queue, queue->shared->sleeping_senders, entry,
			   NR_WAITER_WOKEN)) {
		room->bytes -= need;
		room->messages--;
	}
	return 0;
}

/* What is left of @limit; nothing if the counts are not of one moment. */
static uint64_t left_of(uint64_t limit, uint64_t sent, uint64_t removed)
{
	uint64_t used = sent - removed;

	if ((int64_t)used < 0)
		return limit;
	return used < limit ? limit - used : 0;
}

void nr_wake_senders_slowly(struct naru_queue *queue)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_counts sent, removed;
	struct room room;

	nr_side_read(&shared->senders, &sent);
	nr_side_read(&shared->receivers, &removed);
	room = (struct room){
		.bytes = left_of(nr_load_relaxed(&shared->limit_bytes), sent.bytes,
				 removed.bytes),
		.messages = left_of(nr_load_relaxed(&shared->limit_messages),
				    sent.messages, removed.messages),
	};

	for_each_bit(queue, shared->sleeping_senders, visit_sender, &room);
}

static int visit_any(struct naru_queue *queue, uint32_t entry, void *data)
{
	nr_waiter_wake(queue, data, entry, NR_WAITER_WOKEN);
	return 0;
}

void nr_wake_receivers(struct naru_queue *queue)
{
	struct nr_queue_shared *shared = queue->shared;

	for_each_bit(queue, shared->sleeping_receivers, visit_any,
		     shared->sleeping_receivers);
}

void nr_wake_all(struct naru_queue *queue)
{
	struct nr_queue_shared *shared = queue->shared;

	nr_wake_receivers(queue);
	for_each_bit(queue, shared->sleeping_senders, visit_any,
		     shared->sleeping_senders);
}

static bool acquire(struct nr_waiter_shared *waiter, uint32_t old, uint32_t id)
{
	if (!nr_swap_if(&waiter->owner, &old, id))
		return false;
	nr_store_relaxed(&waiter->thread, 0);
	nr_store_relaxed(&waiter->state, NR_WAITER_FREE);
	return true;
}

int nr_waiter_acquire(struct naru_queue *queue, uint32_t id)
{
	/* Threads begin at different places, so that they seldom meet. */
	uint32_t start = (id ^ (uint32_t)((uintptr_t)&start >> 12)) * 0x9e3779b1u >> 8;

	for (uint32_t i = 0; i < NR_WAITERS; i++) {
		uint32_t entry = (start + i) % NR_WAITERS;

		if (nr_load_relaxed(&queue->waiters[entry].owner) == 0 &&
		    acquire(&queue->waiters[entry], 0, id))
			return (int)entry;
	}
	for (uint32_t i = 0; i < NR_WAITERS; i++) {
		uint32_t entry = (start + i) % NR_WAITERS;
		uint32_t owner = nr_load_relaxed(&queue->waiters[entry].owner);

		if (!nr_space_alive(queue->space, owner & NR_PEER_ID_MASK) &&
		    acquire(&queue->waiters[entry], owner, id)) {
			clear_bit(queue->shared->sleeping_receivers, entry);
			clear_bit(queue->shared->sleeping_senders, entry);
			clear_bit(queue->shared->polling_readable, entry);
			clear_bit(queue->shared->polling_writable, entry);
			return (int)entry;
		}
	}
	return -EUSERS;
}

void nr_waiter_release(struct naru_queue *queue, int entry)
{
	nr_store_relaxed(&queue->waiters[entry].state, NR_WAITER_FREE);
	nr_store_relaxed(&queue->waiters[entry].thread, 0);
	nr_store_release(&queue->waiters[entry].owner, 0);
}

/* True if it had been woken. */
static bool give_up(struct naru_queue *queue, uint32_t entry)
{
	uint32_t old = nr_exchange(&queue->waiters[entry].state, NR_WAITER_FREE);

	clear_bit(queue->shared->sleeping_receivers, entry);
	clear_bit(queue->shared->sleeping_senders, entry);
	nr_waiter_release(queue, (int)entry);
	return old != NR_WAITER_SLEEPING;
}

void nr_waiter_give_up(struct naru_queue *queue, uint64_t thread)
{
	uint32_t id = nr_load_relaxed(&queue->space->self->id);
	bool woken = false;

	for (uint32_t i = 0; id != 0 && i < NR_WAITERS; i++)
		if (nr_load_relaxed(&queue->waiters[i].owner) == id &&
		    nr_load_relaxed(&queue->waiters[i].thread) == (uint32_t)thread)
			woken |= give_up(queue, i);
	/* What it was woken for is somebody else's turn. */
	if (woken)
		nr_wake_all(queue);
}

static int visit_count(struct naru_queue *queue, uint32_t entry, void *data)
{
	if (is_alive(queue, &queue->waiters[entry]))
		++*(uint32_t *)data;
	return 0;
}

uint32_t nr_waiter_count(struct naru_queue *queue, const _Atomic uint64_t *bits)
{
	uint32_t count = 0;

	for_each_bit(queue, (_Atomic uint64_t *)(uintptr_t)bits, visit_count, &count);
	return count;
}
