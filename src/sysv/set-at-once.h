/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_AT_ONCE_H
#define NARU_SYSV_SET_AT_ONCE_H

/*
 * sysv/set-at-once.h - the most common semop(2): one operation that can be done, while
 * nobody sleeps for the set, and nobody has used SEM_UNDO
 *
 * One store is all there is to it, so a death leaves nothing to do: no log is written.
 */

#include <sys/clock.h>
#include <sysv/set-handle.h>

/* Somebody has operated on the set: under the lock. */
static inline void nr_set_stamp(struct nr_set *set)
{
	struct nr_set_shared *shared = set->shared;
	int64_t now = nr_clock_wall_seconds();

	if (nr_load_relaxed(&shared->operated) != now)
		nr_store_relaxed(&shared->operated, now);
}

/* Under the lock. */
static inline bool nr_set_do_at_once(struct nr_set *set,
				     const struct nr_operation_shared *operation,
				     int32_t pid)
{
	_Atomic uint64_t *word = &set->semaphores[operation->number];
	int old = nr_set_word_value(nr_load_relaxed(word)), value = old + operation->add;

	if (nr_set_sleepers(set) | nr_set_rows(set) |
	    nr_load_relaxed(&set->shared->removed))
		return false;
	if ((operation->add == 0 && old != 0) || value < 0 || value > NR_SET_VALUE_MAX)
		return false;
	nr_set_stamp(set);
	nr_store_relaxed(word, nr_set_word((uint32_t)value, pid));
	return true;
}

/* Not with SEM_UNDO. False: nothing has been done, and nr_set_operate() is to do it. */
static inline bool nr_set_operate_at_once(struct nr_set *set,
					  const struct nr_operation_shared *operation)
{
	uint32_t id = nr_load_relaxed(&set->space->self->id), old = 0;
	bool done;

	if (__builtin_expect(
		    operation->number >= set->count ||
			    id != nr_load_relaxed(&set->member) ||
			    !nr_swap_if(&set->shared->lock, &old, id), /* [lock] */
		    0))
		return false;
	done = nr_set_do_at_once(set, operation, nr_space_own_pid(set->space, id));
	nr_lock_release(&set->shared->lock); /* [lock] */
	return done;
}

#endif /* NARU_SYSV_SET_AT_ONCE_H */
