/* SPDX-License-Identifier: MIT */

#include <sysv/set-pass.h>

#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/process.h>
#include <sysv/set-log.h>

/* Whose operations are looked at. */
struct choice {
	enum { ALTERING, ONE_ZERO, ZEROS } kind;
	uint32_t number; /* ONE_ZERO: the semaphore, or ANY */
};

#define ANY UINT32_MAX

/* A sleeper, and a copy of what it sleeps for. */
struct look {
	struct nr_set_task task;
	struct nr_operation_shared operation[NR_SET_OPERATIONS];
	uint32_t index;
	int result; /* of nr_set_prepare() */
};

static bool is_chosen(const struct nr_sleeper_shared *sleeper,
		      const struct choice *choice)
{
	bool one = nr_read_once(&sleeper->count) == 1;

	if (choice->kind == ALTERING)
		return sleeper->alters;
	if (sleeper->alters || one != (choice->kind == ONE_ZERO))
		return false;
	return !one || choice->number == ANY ||
	       sleeper->operation[0].number == choice->number;
}

/* False: it makes no sense. */
static bool load(const struct nr_set *set, uint32_t index, struct look *look)
{
	const struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, index);
	const struct nr_operation_shared *from = sleeper->operation;
	uint32_t count = nr_read_once(&sleeper->count);
	uint32_t row = nr_read_once(&sleeper->row);

	look->index = ANY;
	if (count > NR_SET_INLINE) {
		if (count > NR_SET_OPERATIONS || !nr_pass_has_array(set, index))
			return false;
		from = nr_pass_array(set, index);
	}
	for (uint32_t i = 0; i < count; i++) {
		look->operation[i] =
			*(const volatile struct nr_operation_shared *)&from[i];
		if (look->operation[i].number >= set->count)
			return false;
	}
	look->index = index;
	look->task = (struct nr_set_task){
		.operation = look->operation,
		.count = count,
		.pid = sleeper->pid,
		.row = row <= nr_set_rows(set) ? row : 0,
		.sleeper = index + 1,
	};
	return true;
}

/* Can it go on? What was prepared last is its. */
static bool try(struct nr_set *set, uint32_t index, struct look *look)
{
	if (!load(set, index, look))
		return false;
	look->result = nr_set_prepare(set, &look->task);
	if (look->result > 0)
		nr_set_sleeper(set, index)->blocking = (uint16_t)look->task.blocking;
	return look->result <= 0;
}

/* Of those chosen that can go on, who has slept longest? It is prepared. */
static bool find_next(struct nr_set *set, const struct choice *choice, struct look *look)
{
	uint32_t sleepers = nr_set_sleepers(set), used = 0, best = ANY;
	uint64_t best_order = UINT64_MAX;

	for (uint32_t i = 0; i < sleepers; i++) {
		struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, i);
		uint32_t state = nr_load_acquire(&sleeper->state);

		if (state == NR_SLEEPER_LEFT)
			nr_store_relaxed(&sleeper->state, NR_SLEEPER_FREE);
		else if (state != NR_SLEEPER_FREE)
			used = i + 1;
		if (!nr_sleeper_waits(state) || sleeper->order >= best_order ||
		    !is_chosen(sleeper, choice) || !try(set, i, look))
			continue;
		best = i;
		best_order = sleeper->order;
	}
	if (used < sleepers)
		nr_store_relaxed(&set->shared->sleepers, used);
	if (best == ANY)
		return false;
	return look->index == best && look->result <= 0 ? true : try(set, best, look);
}

/* @state: the one it had. */
static void add_wake(struct nr_set *set, uint32_t index, uint32_t state,
		     struct nr_set_wakes *wakes)
{
	if (state != NR_SLEEPER_ASLEEP)
		return;
	if (wakes->count == NR_SET_WAKES)
		nr_pass_wake(set, wakes);
	wakes->sleeper[wakes->count++] = index;
}

/* False: it has left, or its process is dead. */
static bool hand_over(struct nr_set *set, const struct look *look,
		      struct nr_set_wakes *wakes)
{
	struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, look->index);
	uint32_t state;

	if (!nr_space_seems_alive(set->space, nr_load_relaxed(&sleeper->owner))) {
		nr_store_relaxed(&sleeper->state, NR_SLEEPER_FREE);
		return false;
	}
	if (look->result < 0) {
		state = nr_sleeper_end(sleeper,
				       NR_SLEEPER_DONE | (uint32_t)-look->result << 8);
		add_wake(set, look->index, state, wakes);
		return false;
	}
	state = nr_sleeper_end(sleeper, NR_SLEEPER_TAKEN);
	if (!nr_sleeper_waits(state))
		return false;
	nr_store_relaxed(&sleeper->waker_cpu, nr_process_cpu());
	/* dies here: nr_pass_restore() */
	nr_set_commit(set, &look->task);
	/* dies here: the sleeper hears of the death, and finds that it is done */
	add_wake(set, look->index, state, wakes);
	return true;
}

static bool pass_one(struct nr_set *set, struct choice choice, struct nr_set_wakes *wakes)
{
	struct look look;
	bool any = false;

	while (find_next(set, &choice, &look))
		any |= hand_over(set, &look, wakes);
	return any;
}

static bool is_zero(const struct nr_set *set, uint32_t number)
{
	return nr_set_word_value(nr_load_relaxed(&set->semaphores[number])) == 0;
}

static bool any_zero(const struct nr_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (is_zero(set, i))
			return true;
	return false;
}

static bool pass_zeros(struct nr_set *set, const struct nr_set_task *task,
		       struct nr_set_wakes *wakes)
{
	bool any = false, zero = false;

	for (uint32_t i = 0; task && i < task->count; i++) {
		uint32_t number = task->operation[i].number;

		if (!is_zero(set, number))
			continue;
		zero = true;
		any |= pass_one(set, (struct choice){ONE_ZERO, number}, wakes);
	}
	if (!task && any_zero(set)) {
		zero = true;
		any |= pass_one(set, (struct choice){ONE_ZERO, ANY}, wakes);
	}
	if (zero)
		any |= pass_one(set, (struct choice){ZEROS, ANY}, wakes);
	return any;
}

bool nr_pass(struct nr_set *set, const struct nr_set_task *task,
	     struct nr_set_wakes *wakes)
{
	const struct choice altering = {ALTERING, ANY};
	struct look look;
	bool any;

	if (nr_set_sleepers(set) == 0)
		return false;
	any = pass_zeros(set, task, wakes);
	while (find_next(set, &altering, &look)) {
		if (!hand_over(set, &look, wakes))
			continue;
		any = true;
		pass_zeros(set, &look.task, wakes);
	}
	if (any)
		nr_store_relaxed(&set->shared->operated, nr_clock_wall_seconds());
	return any;
}

void nr_pass_end(struct nr_set *set, int error, struct nr_set_wakes *wakes)
{
	for (uint32_t i = 0; i < nr_set_sleepers(set); i++)
		add_wake(set, i,
			 nr_sleeper_end(nr_set_sleeper(set, i),
					NR_SLEEPER_DONE | (uint32_t)error << 8),
			 wakes);
}

void nr_pass_restore(struct nr_set *set)
{
	for (uint32_t i = 0; i < nr_set_sleepers(set); i++) {
		uint32_t state = NR_SLEEPER_TAKEN;

		nr_swap_if(&nr_set_sleeper(set, i)->state, &state, NR_SLEEPER_WAITING);
	}
}

void nr_pass_wake(struct nr_set *set, struct nr_set_wakes *wakes)
{
	for (uint32_t i = 0; i < wakes->count; i++)
		nr_futex_wake(&nr_set_sleeper(set, wakes->sleeper[i])->state, 1);
	wakes->count = 0;
}

void nr_pass_wake_all(struct nr_set *set)
{
	for (uint32_t i = 0; i < nr_set_sleepers(set); i++)
		nr_futex_wake(&nr_set_sleeper(set, i)->state, 1);
}
