/* SPDX-License-Identifier: MIT */

#include <sysv/set-sleep.h>

#include <errno.h>
#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/process.h>
#include <sysv/set-pass.h>
#include <sysv/set-undo.h>
#include <sysv/thread.h>

enum { TAKEN_NAPS = 100 }; /* for a handler that gives up what is just being done */

enum {
	NAP_MS = 8,	   /* most sleeps are shorter, and need not watch anybody */
	NAP_BLIND_MS = 5,  /* without an entry */
	NAP_EXEC_MS = 40,  /* while a process owes whose death nobody tells of */
	NAP_TAKEN_US = 50, /* while somebody is just doing it */
};

#define MS UINT64_C(1000000)

struct sleep {
	struct nr_set *set;
	struct nr_sleeper_shared *sleeper;
	uint32_t id;
	uint64_t thread;
	uint64_t until;
	bool napped;
	struct nr_watch watch;
};

static bool is_free(struct nr_set *set, struct nr_sleeper_shared *sleeper)
{
	switch (nr_load_acquire(&sleeper->state)) {
	case NR_SLEEPER_FREE:
	case NR_SLEEPER_LEFT:
		return true;
	default:
		return !nr_space_seems_alive(set->space,
					     nr_load_relaxed(&sleeper->owner));
	}
}

static int reserve_sleepers(struct nr_set *set, uint32_t reserved)
{
	int r = nr_set_reserve(
		set, set->places.sleepers + reserved * sizeof(struct nr_sleeper_shared),
		NR_SET_STEP * sizeof(struct nr_sleeper_shared));

	if (r == 0)
		nr_store_release(&set->shared->reserved_sleepers, reserved + NR_SET_STEP);
	return r;
}

static int find_entry(struct nr_set *set, uint32_t *ret_index)
{
	uint32_t sleepers = nr_set_sleepers(set), i;
	int r;

	for (i = 0; i < sleepers; i++)
		if (is_free(set, nr_set_sleeper(set, i)))
			break;
	if (i == NR_SET_SLEEPERS)
		return -ENOMEM;
	if (i >= nr_load_relaxed(&set->shared->reserved_sleepers)) {
		r = reserve_sleepers(set, i);
		if (r < 0)
			return r == -EIDRM ? r : -ENOMEM;
	}
	*ret_index = i;
	return 0;
}

/* Where the operations go. */
static int find_room(struct nr_set *set, uint32_t index, uint32_t count,
		     struct nr_operation_shared **ret_room)
{
	int r;

	*ret_room = nr_set_sleeper(set, index)->operation;
	if (count <= NR_SET_INLINE)
		return 0;
	*ret_room = nr_pass_array(set, index);
	if (nr_pass_has_array(set, index))
		return 0;
	r = nr_set_reserve(set, set->places.arrays + index * NR_SET_ARRAY_SIZE,
			   NR_SET_ARRAY_SIZE);
	if (r < 0)
		return r == -EIDRM ? r : -ENOMEM;
	nr_fetch_or(&set->shared->arrays[index / 64], UINT64_C(1) << index % 64);
	return 0;
}

static bool alters(const struct nr_set_task *task)
{
	for (uint32_t i = 0; i < task->count; i++)
		if (task->operation[i].add != 0)
			return true;
	return false;
}

int nr_set_enlist(struct nr_set *set, uint32_t id, const struct nr_set_task *task,
		  uint32_t *ret_index)
{
	struct nr_operation_shared *room;
	struct nr_sleeper_shared *sleeper;
	uint64_t order = nr_load_relaxed(&set->shared->order);
	int r = find_entry(set, ret_index);

	if (r == 0)
		r = find_room(set, *ret_index, task->count, &room);
	if (r < 0)
		return r;
	sleeper = nr_set_sleeper(set, *ret_index);
	nr_store_relaxed(&sleeper->state, NR_SLEEPER_FREE);
	nr_store_relaxed(&sleeper->owner, id);
	sleeper->order = order;
	sleeper->pid = task->pid;
	sleeper->row = task->row;
	sleeper->count = (uint16_t)task->count;
	sleeper->blocking = (uint16_t)task->blocking;
	sleeper->thread = (uint32_t)nr_process_thread();
	sleeper->alters = alters(task);
	for (uint32_t i = 0; i < task->count; i++)
		room[i] = task->operation[i];
	nr_store_relaxed(&set->shared->order, order + 1);
	nr_store_release(&sleeper->state, NR_SLEEPER_WAITING);
	/* dies here: its owner is dead */
	if (*ret_index >= nr_set_sleepers(set))
		nr_store_relaxed(&set->shared->sleepers, *ret_index + 1);
	return 0;
}

/*
 * Others have died, or may have: do what they left to be done. False: the lock could not
 * be had in a reasonable time.
 */
static bool mourn(struct sleep *sleep)
{
	struct nr_deadline deadline = nr_deadline_in(0);
	struct nr_set_wakes wakes = {0};

	if (nr_set_lock(sleep->set, sleep->id, &deadline) < 0)
		return false;
	nr_set_look(sleep->set, &wakes);
	nr_set_unlock(sleep->set, &wakes);
	return true;
}

/* Like nr_futex_wait(), or -EOWNERDEAD, or -EAGAIN: it was only a nap. */
static int sleep_once(struct sleep *sleep)
{
	bool exec = sleep->napped && nr_set_owes_after_exec(sleep->set);
	uint64_t now, nap = exec ? NAP_EXEC_MS * MS : NAP_MS * MS;
	int r;

	if (nr_interrupted())
		return -EINTR;
	if (sleep->napped && !exec)
		return nr_members_sleep(&sleep->watch, &sleep->sleeper->state,
					NR_SLEEPER_ASLEEP, sleep->until);
	now = nr_clock_monotonic();
	if (now >= sleep->until)
		return -ETIMEDOUT;
	sleep->napped = true;
	if (sleep->until - now <= nap)
		return nr_members_nap(&sleep->watch, &sleep->sleeper->state,
				      NR_SLEEPER_ASLEEP, sleep->until);
	r = nr_members_nap(&sleep->watch, &sleep->sleeper->state, NR_SLEEPER_ASLEEP,
			   now + nap);
	return r == -ETIMEDOUT ? -EAGAIN : r;
}

static bool is_of(const struct nr_sleeper_shared *sleeper, uint32_t id, uint64_t thread)
{
	return nr_load_relaxed(&sleeper->owner) == id &&
	       nr_read_once(&sleeper->thread) == (uint32_t)thread;
}

/*
 * A handler has called fork(2), and we are the child: the entry is our parent's. Or it
 * was given up.
 */
static bool is_another(const struct sleep *sleep)
{
	return nr_load_relaxed(&sleep->set->space->self->id) != sleep->id ||
	       !is_of(sleep->sleeper, sleep->id, sleep->thread);
}

/* Go away without having got anything. False: it has been done, or is just being. */
static bool leave(struct nr_sleeper_shared *sleeper)
{
	return nr_sleeper_waits(nr_sleeper_end(sleeper, NR_SLEEPER_LEFT));
}

/* One sleep is over, with @r. 0: go on; else why the whole must end. */
static int look_round(struct sleep *sleep, int r)
{
	switch (r) {
	case 0:
		return 0;
	case -EOWNERDEAD:
		if (mourn(sleep))
			nr_members_forget(&sleep->watch);
		break;
	case -EAGAIN:
		mourn(sleep);
		break;
	case -ETIMEDOUT:
		return -EAGAIN;
	default:
		return r;
	}
	return nr_set_is_gone(sleep->set) ? -EIDRM : 0;
}

/* It is done soon, or else it is for us to repair. */
static void await_taker(struct sleep *sleep)
{
	if (!mourn(sleep))
		nr_futex_wait(&sleep->sleeper->state, NR_SLEEPER_TAKEN,
			      nr_clock_monotonic() + NAP_TAKEN_US * UINT64_C(1000));
}

static bool is_over(void *data)
{
	const struct nr_sleeper_shared *sleeper = data;

	return nr_load_acquire(&sleeper->state) >= NR_SLEEPER_DONE;
}

/*
 * To wake a process costs a system call on either side. If who will do it for us runs on
 * another core, it may be soon; if on ours, it must be let run.
 */
static void look_for_a_moment(struct nr_set *set, struct nr_sleeper_shared *sleeper)
{
	uint32_t cpu = nr_load_relaxed(&set->waker_cpu);

	if (cpu != 0 && cpu == nr_process_cpu())
		nr_yield(&set->yield);
	else
		nr_spin_for(&set->spin, &set->waker_cpu, is_over, sleeper, 1);
}

/* It is over, if nobody gives it up just now. */
static bool collect(struct nr_sleeper_shared *sleeper, uint32_t state)
{
	return nr_swap_if(&sleeper->state, &state, NR_SLEEPER_FREE);
}

/* What became of an entry of a call that does not go on. */
static int give_up_one(struct nr_sleeper_shared *sleeper)
{
	uint32_t state;

	for (int i = 0; i < TAKEN_NAPS; i++) {
		if (nr_load_relaxed(&sleeper->state) != NR_SLEEPER_TAKEN)
			break;
		nr_futex_wait(&sleeper->state, NR_SLEEPER_TAKEN,
			      nr_clock_monotonic() + NAP_TAKEN_US * UINT64_C(1000));
	}
	state = nr_sleeper_end(sleeper, NR_SLEEPER_LEFT);
	if (state < NR_SLEEPER_DONE || !collect(sleeper, state))
		return -EINTR;
	return -(int)(state >> 8);
}

static int give_up(void *object, uint64_t thread)
{
	struct nr_set *set = object;
	uint32_t id = nr_load_relaxed(&set->space->self->id);
	int result = -EINTR;

	for (uint32_t i = 0; id != 0 && i < nr_set_sleepers(set); i++) {
		struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, i);

		if (nr_load_acquire(&sleeper->state) != NR_SLEEPER_FREE &&
		    is_of(sleeper, id, thread))
			result = give_up_one(sleeper);
	}
	return result;
}

static int sleep_on(struct sleep *sleep)
{
	for (;;) {
		uint32_t state = nr_load_acquire(&sleep->sleeper->state);
		int r = 0;

		if (is_another(sleep))
			return -EINTR;
		if (state >= NR_SLEEPER_DONE && collect(sleep->sleeper, state))
			return -(int)(state >> 8);
		/* From now on we must be woken. */
		if (state == NR_SLEEPER_WAITING)
			nr_swap_if(&sleep->sleeper->state, &state, NR_SLEEPER_ASLEEP);
		else if (state == NR_SLEEPER_ASLEEP)
			r = look_round(sleep, sleep_once(sleep));
		else if (state == NR_SLEEPER_TAKEN)
			await_taker(sleep);
		else
			return -EINTR; /* a handler of ours has given it up */
		if (is_another(sleep))
			return -EINTR;
		if (r < 0 && leave(sleep->sleeper))
			return r;
	}
}

int nr_set_sleep(struct nr_set *set, uint32_t id, uint32_t index, uint64_t until_ns)
{
	uint64_t wait = nr_thread_wait(give_up, set, false);
	struct sleep sleep = {
		.set = set,
		.sleeper = nr_set_sleeper(set, index),
		.id = id,
		.thread = nr_process_thread(),
		.until = until_ns,
		.watch = {.space = set->space, .members = &set->shared->members},
	};
	int r;

	look_for_a_moment(set, sleep.sleeper);
	r = sleep_on(&sleep);
	nr_members_awake(&sleep.watch);
	nr_store_relaxed(&set->waker_cpu, nr_load_relaxed(&sleep.sleeper->waker_cpu));
	return nr_thread_end(wait, r);
}

int nr_set_nap(struct nr_set *set, uint64_t until_ns)
{
	uint64_t wait = nr_thread_wait(give_up, set, false);
	uint64_t now = nr_clock_monotonic(), nap = now + NAP_BLIND_MS * MS;
	_Atomic uint32_t nobody = 0;
	const struct nr_futex_word word = {&nobody, 0};
	struct nr_naps naps = {.held = false};
	int r = -EAGAIN;

	if (now < until_ns)
		r = nr_nap(&naps, &word, 1, nap < until_ns ? nap : until_ns);
	nr_naps_end(&naps);
	if (r == -ETIMEDOUT)
		r = nr_set_is_gone(set) ? -EIDRM : 0;
	return nr_thread_end(wait, r == 0 && nr_interrupted() ? -EINTR : r);
}
