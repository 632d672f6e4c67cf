/* SPDX-License-Identifier: MIT */

#include <queue/waiter.h>

#include <errno.h>
#include <queue/death.h>
#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/process.h>

static bool message_ready(void *data)
{
	const struct naru_queue *queue = data;
	const struct nr_side_shared *side = &queue->shared->receivers;
	uint64_t epoch = nr_load_acquire(&side->epoch); /* [counts] */

	/* The ring has grown: where to look is not known before the next call maps it. */
	if (!nr_queue_has_ring(queue))
		return true;
	return nr_ring_ready(&queue->ring,
			     nr_load_relaxed(&side->counts[epoch & 1].position));
}

/*
 * To look at the receivers' counts takes their cache line from them. So a sender
 * that is faster than they are does not go on with the first byte that is free,
 * and look again for the second: for some microseconds it waits for a good deal,
 * and looks seldom.
 */
enum {
	ROOM_LOOKS = 16,    /* so often in vain for a good deal, then for any room */
	ROOM_PAUSES = 64,   /* between two looks */
	ROOM_FRACTION = 16, /* of the capacity is a good deal */
};

struct room {
	const struct nr_waiting *waiting;
	int looks;
};

static bool is_room(uint64_t limit, uint64_t used, uint64_t need, bool good_deal)
{
	uint64_t wanted = good_deal ? limit / ROOM_FRACTION : 0;

	return used <= limit && limit - used >= (need > wanted ? need : wanted);
}

static bool has_room(const struct nr_waiting *waiting, bool good_deal)
{
	const struct nr_queue_shared *shared = waiting->queue->shared;
	struct nr_counts sent, removed;

	return nr_side_read(&shared->senders, &sent) &&
	       nr_side_read(&shared->receivers, &removed) &&
	       is_room(nr_load_relaxed(&shared->limit_messages),
		       sent.messages - removed.messages, 1, good_deal) &&
	       is_room(nr_load_relaxed(&shared->limit_bytes), sent.bytes - removed.bytes,
		       waiting->need, good_deal);
}

static bool room_ready(void *data)
{
	struct room *room = data;

	for (int i = 0; i < ROOM_PAUSES; i++)
		nr_relax();
	return has_room(room->waiting, room->looks++ < ROOM_LOOKS);
}

static bool spin(struct nr_waiting *waiting)
{
	struct naru_queue *queue = waiting->queue;
	struct room room = {.waiting = waiting};

	if (waiting->sender)
		return nr_spin_for(&queue->spin_send, &queue->shared->last_receive.cpu,
				   room_ready, &room, ROOM_PAUSES);
	return nr_spin_for(&queue->spin_receive, &queue->shared->last_send.cpu,
			   message_ready, queue, 1);
}

static _Atomic uint64_t *bits_of(const struct nr_waiting *waiting)
{
	struct nr_queue_shared *shared = waiting->queue->shared;

	return waiting->sender ? shared->sleeping_senders : shared->sleeping_receivers;
}

/* True if it was not set. */
static bool set_bit(const struct nr_waiting *waiting)
{
	uint64_t bit = UINT64_C(1) << waiting->entry % 64;

	return !(nr_fetch_or(&bits_of(waiting)[waiting->entry / 64], bit) & bit);
}

/* Whoever has cleared the bit may have died before he woke us. */
static void set_bit_again(struct nr_waiting *waiting)
{
	if (waiting->entry >= 0 && set_bit(waiting))
		waiting->missed = !nr_waiter_fence(waiting->queue); /* [sleep] */
}

/* Say in the table what we are about to sleep for. */
static void arm(struct nr_waiting *waiting)
{
	struct nr_waiter_shared *waiter;

	waiting->woken = 0;
	waiting->napped = false;
	waiting->stage = NR_WAITING_ARMED;
	if (waiting->entry < 0)
		waiting->entry = nr_waiter_acquire(waiting->queue, waiting->id);
	if (waiting->entry < 0)
		return;
	waiter = &waiting->queue->waiters[waiting->entry];
	nr_store_relaxed(&waiter->thread, waiting->thread);
	nr_store_relaxed(&waiter->select,
			 waiting->sender ? NR_SELECT_TYPE : waiting->select.kind);
	nr_store_relaxed(&waiter->type, waiting->select.type);
	nr_store_relaxed(&waiter->need, waiting->need);
	nr_store_release(&waiter->state, NR_WAITER_SLEEPING);
	/* dies here: the entry is reclaimed when the table is full */
	set_bit(waiting);
	waiting->missed = !nr_waiter_fence(waiting->queue); /* [sleep] */
}

/*
 * Could a receiver find something now that it did not find before? Whatever is put
 * into the store, and whatever moves the head, raises the epoch.
 */
static bool is_news(const struct nr_waiting *waiting)
{
	const struct nr_side_shared *side = &waiting->queue->shared->receivers;

	return nr_load_acquire(&side->epoch) != *waiting->epoch || /* [counts] */
	       message_ready(waiting->queue);
}

/* All are watched now who may die: is there anything that one who is dead has left? */
static bool look_once_more(void *data)
{
	struct nr_waiting *waiting = data;

	set_bit_again(waiting);
	if (waiting->sender)
		return has_room(waiting, false);
	return nr_load_relaxed(&waiting->queue->shared->intent) || is_news(waiting);
}

/*
 * A handler has called fork(2), and we are the child: the entry is our parent's. Or it
 * was given up, nr_waiter_give_up().
 */
static bool is_another(const struct nr_waiting *waiting)
{
	const struct naru_queue *queue = waiting->queue;

	return nr_load_relaxed(&queue->space->self->id) != waiting->id ||
	       (waiting->entry >= 0 &&
		(nr_load_relaxed(&queue->waiters[waiting->entry].owner) != waiting->id ||
		 nr_load_relaxed(&queue->waiters[waiting->entry].thread) !=
			 waiting->thread));
}

/* A nap is over, and nobody has woken us. 1: look again. */
static int look_round(struct nr_waiting *waiting)
{
	struct naru_queue *queue = waiting->queue;
	int r = nr_queue_check_name(queue);

	if (r < 0)
		return r;
	nr_queue_reap(queue, waiting->id);
	if (waiting->entry < 0)
		return 1;
	set_bit_again(waiting);
	return waiting->sender || nr_load_relaxed(&queue->shared->intent) ||
	       is_news(waiting);
}

/*
 * Sleep until somebody changes the state. Most sleeps are short, and a plain nap is the
 * cheapest way into one; whoever has died meanwhile is found dead by the watch.
 */
static int sleep_once(struct nr_waiting *waiting, _Atomic uint32_t *state, uint64_t until)
{
	bool blind = waiting->entry < 0 || waiting->missed;
	uint64_t nap = UINT64_C(1000000) * (blind ? NR_NAP_BLIND_MS : NR_NAP_MS);
	uint64_t now;

	if (nr_interrupted())
		return -EINTR;
	if (!blind && waiting->napped)
		return nr_members_sleep(&waiting->watch, state, NR_WAITER_SLEEPING,
					until);
	now = nr_clock_monotonic();
	if (now >= until)
		return -ETIMEDOUT;
	waiting->napped = true;
	if (until - now <= nap)
		return nr_members_nap(&waiting->watch, state, NR_WAITER_SLEEPING, until);
	return nr_members_nap(&waiting->watch, state, NR_WAITER_SLEEPING, now + nap) ==
			       -EINTR
		       ? -EINTR
		       : -EAGAIN;
}

/* 0: woken, or there may be something. */
static int sleep_on(struct nr_waiting *waiting, struct nr_deadline *deadline)
{
	struct naru_queue *queue = waiting->queue;
	_Atomic uint32_t own = NR_WAITER_SLEEPING;
	_Atomic uint32_t *state = &own;
	uint64_t until = nr_deadline_until(deadline);

	if (waiting->entry >= 0)
		state = &queue->waiters[waiting->entry].state;
	for (;;) {
		uint32_t value;
		int r;

		if (nr_load_relaxed(&queue->shared->removed))
			return -EIDRM;
		if (!waiting->sender && is_news(waiting))
			return 0;
		r = sleep_once(waiting, state, until);
		if (is_another(waiting))
			return -EINTR;
		value = nr_load_acquire(state);
		if (value != NR_WAITER_SLEEPING) {
			waiting->woken = value;
			waiting->stage = NR_WAITING_AWAKE;
			return nr_load_relaxed(&queue->shared->removed) ? -EIDRM : 0;
		}
		if (r == -EOWNERDEAD) {
			nr_members_awake(&waiting->watch);
			r = nr_queue_mourn(queue, waiting->id, &waiting->watch, deadline);
			set_bit_again(waiting);
			return r;
		}
		if (r == 0 || r == -EAGAIN)
			r = look_round(waiting);
		if (r != 0)
			return r > 0 ? 0 : r;
	}
}

static int sleep_and_awake(struct nr_waiting *waiting, struct nr_deadline *deadline)
{
	int r = sleep_on(waiting, deadline);

	nr_members_awake(&waiting->watch);
	return r;
}

int nr_wait(struct nr_waiting *waiting, struct nr_deadline *deadline)
{
	if (deadline->timeout_ms == 0)
		return -EAGAIN;
	switch (waiting->stage) {
	case NR_WAITING_NOT:
		nr_deadline_until(deadline);
		waiting->entry = -1;
		waiting->thread = (uint32_t)nr_process_thread();
		waiting->stage = NR_WAITING_AWAKE;
		waiting->watch = (struct nr_watch){
			.space = waiting->queue->space,
			.members = &waiting->queue->shared->members,
			.news = look_once_more,
			.data = waiting,
		};
		if (spin(waiting))
			return 0;
		nr_queue_reap(waiting->queue, waiting->id);
		/* fall through */
	case NR_WAITING_AWAKE:
		arm(waiting);
		if (waiting->sender || is_news(waiting))
			return 0;
		/* fall through */
	default:
		return sleep_and_awake(waiting, deadline);
	}
}

/* Take the entry back. True if we were woken meanwhile. */
static bool disarm(struct nr_waiting *waiting)
{
	struct nr_waiter_shared *waiter = &waiting->queue->waiters[waiting->entry];
	uint32_t old = nr_exchange(&waiter->state, NR_WAITER_FREE);

	nr_fetch_and(&bits_of(waiting)[waiting->entry / 64],
		     ~(UINT64_C(1) << waiting->entry % 64));
	return old != NR_WAITER_SLEEPING;
}

void nr_wait_end(struct nr_waiting *waiting, int64_t type)
{
	struct naru_queue *queue = waiting->queue;
	bool pass_on = false;

	if (waiting->stage == NR_WAITING_NOT || waiting->entry < 0 || is_another(waiting))
		return;
	/*
	 * Woken for a message, or for room, that we did not use, it is somebody
	 * else's turn. If we found something else before we were woken, or by
	 * chance, it may be another one of the same type: tests/model/wait.pml.
	 */
	if (waiting->stage == NR_WAITING_ARMED)
		pass_on = disarm(waiting);
	else if (waiting->woken != 0)
		pass_on = type == 0 || waiting->woken != nr_woken_by(type);
	nr_waiter_release(queue, waiting->entry);
	if (pass_on && waiting->sender)
		nr_wake_senders(queue);
	else if (pass_on)
		nr_wake_receivers(queue);
}
