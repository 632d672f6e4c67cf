/* SPDX-License-Identifier: MIT */

/* sysv/set-operate.c - semop(2) */

#include <sysv/set-at-once.h>

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
	nr_set_stamp(set);
	return 0;
}

/* 0, an error, or 1: asleep in the entry @ret_index, or in none, which is -1. */
static int begin(struct nr_set *set, struct call *call, int64_t *ret_index)
{
	struct nr_set_wakes wakes;
	uint32_t index;
	int r = nr_set_lock(set, call->id, &call->deadline);

	wakes.count = 0; /* to clear all of it would take longer than the rest */
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

static int operate(struct nr_set *set, struct call *call, const struct nr_set_time *time)
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

int nr_set_operate(struct nr_set *set, const struct nr_operation_shared *operations,
		   uint32_t count, const struct nr_set_time *time)
{
	struct call call = {.task = {.operation = operations, .count = count}};
	int r = nr_set_enter(set, &call.id);

	if (r < 0)
		return r;
	call.task.pid = nr_space_own_pid(set->space, call.id);
	r = examine(set, &call);
	return r < 0 ? r : operate(set, &call, time);
}
