/* SPDX-License-Identifier: MIT */

/* sysv/set-operate.c - semop(2) */

#include <sysv/set-handle.h>

#include <errno.h>
#include <sys/clock.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sysv/set-log.h>
#include <sysv/set-pass.h>
#include <sysv/set-sleep.h>
#include <sysv/set-undo.h>

/* Calls that must not wait do so for a lock: nobody holds it for long, who can run. */
enum { LOCK_MS = 1000 };

struct call {
	struct nr_set_task task;
	uint32_t id;
	bool alters, owes, waits;
	struct nr_deadline deadline;
};

static void stamp(struct nr_set *set)
{
	struct nr_set_shared *shared = set->shared;
	int64_t now = nr_clock_wall_seconds();

	if (nr_load_relaxed(&shared->operated) != now)
		nr_store_relaxed(&shared->operated, now);
}

/* What there is to know of the operations before the set is looked at. */
static int examine(const struct nr_set *set, struct call *call)
{
	for (uint32_t i = 0; i < call->task.count; i++) {
		const struct nr_operation_shared *operation = &call->task.operation[i];

		if (operation->number >= set->count)
			return -EFBIG;
		call->alters |= operation->add != 0;
		call->owes |= (operation->flags & SEM_UNDO) != 0;
		call->waits |= (operation->flags & IPC_NOWAIT) == 0;
	}
	return 0;
}

static void set_deadline(struct call *call, const struct nr_set_time *time)
{
	uint64_t now;

	if (!call->waits) {
		call->deadline = nr_deadline_in(LOCK_MS);
	} else if (!time || !time->limited) {
		call->deadline = nr_deadline_in(-1);
	} else {
		now = nr_clock_monotonic();
		call->deadline = (struct nr_deadline){
			.timeout_ms = LOCK_MS,
			.until = time->ns < NR_DEADLINE_NEVER - 1 - now
					 ? now + time->ns
					 : NR_DEADLINE_NEVER - 1,
		};
	}
}

/* Under the lock: do it now. As nr_set_prepare(). */
static int try_now(struct nr_set *set, struct call *call, struct nr_set_wakes *wakes)
{
	int r = 0;

	nr_set_look(set, wakes);
	if (call->owes)
		r = nr_set_find_row(set, call->id, &call->task.row);
	if (r == 0)
		r = nr_set_prepare(set, &call->task);
	if (r != 0)
		return r;
	nr_set_commit(set, &call->task);
	if (call->alters)
		nr_pass(set, &call->task, wakes);
	stamp(set);
	return 0;
}

/* 0, an error, or 1: asleep in the entry @ret_index, or in none, which is -1. */
static int begin(struct nr_set *set, struct call *call, int64_t *ret_index)
{
	struct nr_set_wakes wakes = {.count = 0};
	uint32_t index;
	int r = nr_set_lock(set, call->id, &call->deadline);

	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	*ret_index = -1;
	if (nr_load_relaxed(&set->shared->removed))
		r = -EIDRM;
	else
		r = try_now(set, call, &wakes);
	if (r > 0) {
		r = nr_set_enlist(set, call->id, &call->task, &index);
		if (r == 0)
			*ret_index = index;
		r = r == 0 || r == -ENOMEM ? 1 : r;
	}
	nr_set_unlock(set, &wakes);
	return r;
}

static int operate_slowly(struct nr_set *set, struct call *call,
			  const struct nr_set_time *time)
{
	int r;

	set_deadline(call, time);
	for (;;) {
		uint64_t until;
		int64_t index;

		r = begin(set, call, &index);
		if (r <= 0)
			return r;
		until = nr_deadline_until(&call->deadline);
		if (index >= 0)
			return nr_set_sleep(set, call->id, (uint32_t)index, until);
		r = nr_set_nap(set, until);
		if (r < 0)
			return r;
	}
}

/*
 * The most common call: one operation that nobody sleeps for, where nobody owes
 * anything. One store is all there is to it. 1: it is not that.
 */
static inline int operate_at_once(struct nr_set *set,
				  const struct nr_operation_shared *operation,
				  int32_t pid)
{
	_Atomic uint64_t *word = &set->semaphores[operation->number];
	int value = nr_set_word_value(nr_load_relaxed(word));

	if (nr_set_sleepers(set) | nr_set_rows(set) |
	    nr_load_relaxed(&set->shared->removed))
		return 1;
	if ((operation->add == 0 && value != 0) || value + operation->add < 0 ||
	    value + operation->add > NR_SET_VALUE_MAX)
		return 1;
	stamp(set);
	nr_store_relaxed(word, nr_set_word((uint32_t)(value + operation->add), pid));
	return 0;
}

static int operate_any(struct nr_set *set, uint32_t id,
		       const struct nr_operation_shared *operations, uint32_t count,
		       const struct nr_set_time *time)
{
	struct call call = {
		.task = {.operation = operations,
			 .count = count,
			 .pid = nr_space_own_pid(set->space, id)},
		.id = id,
	};
	int r = examine(set, &call);

	return r < 0 ? r : operate_slowly(set, &call, time);
}

int nr_set_operate(struct nr_set *set, const struct nr_operation_shared *operations,
		   uint32_t count, const struct nr_set_time *time)
{
	uint32_t id;
	int r = nr_set_enter(set, &id);

	if (__builtin_expect(r < 0, 0))
		return r;
	if (count == 1 && !(operations->flags & SEM_UNDO) &&
	    operations->number < set->count) {
		uint32_t old = 0;

		if (nr_swap_if(&set->shared->lock, &old, id)) { /* [lock] */
			r = operate_at_once(set, operations,
					    nr_space_own_pid(set->space, id));
			nr_lock_release(&set->shared->lock); /* [lock] */
			if (__builtin_expect(r == 0, 1))
				return 0;
		}
	}
	return operate_any(set, id, operations, count, time);
}
