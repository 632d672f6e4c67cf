/* SPDX-License-Identifier: MIT */

/* sysv/set-values.c - what semctl(2) asks and sets */

#include <sysv/set-handle.h>

#include <errno.h>
#include <string.h>
#include <sys/clock.h>
#include <sysv/set-log.h>
#include <sysv/set-pass.h>

/* Begin: whatever the dead have left is done, and the lock is held. */
static int begin(struct nr_set *set, uint32_t *ret_id, struct nr_set_wakes *wakes)
{
	int r = nr_set_enter(set, ret_id);

	wakes->count = 0;
	if (r == 0)
		r = nr_set_lock(set, *ret_id, NULL);
	if (r < 0)
		return r;
	if (nr_load_relaxed(&set->shared->removed)) {
		nr_set_unlock(set, NULL);
		return -EIDRM;
	}
	nr_set_look(set, wakes);
	return 0;
}

static int read_word(struct nr_set *set, uint32_t number, uint64_t *ret_word)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r;

	if (number >= set->count)
		return -EINVAL;
	r = begin(set, &id, &wakes);
	if (r < 0)
		return r;
	*ret_word = nr_load_relaxed(&set->semaphores[number]);
	nr_set_unlock(set, &wakes);
	return 0;
}

int nr_set_value(struct nr_set *set, uint32_t number)
{
	uint64_t word = 0;
	int r = read_word(set, number, &word);

	return r < 0 ? r : nr_set_word_value(word);
}

int nr_set_pid(struct nr_set *set, uint32_t number)
{
	uint64_t word = 0;
	int r = read_word(set, number, &word);

	return r < 0 ? r : nr_set_word_pid(word);
}

/* The operation that a sleeper waits to be able to do; false: it is none. */
static bool read_blocking(const struct nr_set *set, uint32_t index,
			  struct nr_operation_shared *ret_operation)
{
	const struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, index);
	const struct nr_operation_shared *from = sleeper->operation;
	uint32_t count = nr_read_once(&sleeper->count);
	uint32_t blocking = nr_read_once(&sleeper->blocking);

	if (blocking >= count || count > NR_SET_OPERATIONS)
		return false;
	if (count > NR_SET_INLINE) {
		if (!nr_pass_has_array(set, index))
			return false;
		from = nr_pass_array(set, index);
	}
	*ret_operation = from[blocking];
	return true;
}

static bool is_counted(struct nr_set *set, uint32_t index, uint32_t number, bool for_zero)
{
	struct nr_sleeper_shared *sleeper = nr_set_sleeper(set, index);
	struct nr_operation_shared operation;

	return nr_sleeper_waits(nr_load_acquire(&sleeper->state)) &&
	       read_blocking(set, index, &operation) && operation.number == number &&
	       (operation.add == 0) == for_zero &&
	       nr_space_alive(set->space, nr_load_relaxed(&sleeper->owner));
}

int nr_set_count_sleepers(struct nr_set *set, uint32_t number, bool for_zero)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r, count = 0;

	if (number >= set->count)
		return -EINVAL;
	r = begin(set, &id, &wakes);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < nr_set_sleepers(set); i++)
		count += is_counted(set, i, number, for_zero);
	nr_set_unlock(set, &wakes);
	return count;
}

static void end_change(struct nr_set *set, struct nr_set_wakes *wakes)
{
	nr_store_relaxed(&set->shared->changed, nr_clock_wall_seconds());
	nr_pass(set, NULL, wakes);
	nr_set_unlock(set, wakes);
}

int nr_set_set_value(struct nr_set *set, uint32_t number, int value)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r;

	if (value < 0 || value > NR_SET_VALUE_MAX)
		return -ERANGE;
	if (number >= set->count)
		return -EINVAL;
	r = begin(set, &id, &wakes);
	if (r < 0)
		return r;
	nr_set_commit_value(set, number, (uint16_t)value,
			    nr_space_own_pid(set->space, id));
	end_change(set, &wakes);
	return 0;
}

int nr_set_values(struct nr_set *set, uint16_t *ret_values)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r = begin(set, &id, &wakes);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < set->count; i++)
		ret_values[i] =
			(uint16_t)nr_set_word_value(nr_load_relaxed(&set->semaphores[i]));
	nr_set_unlock(set, &wakes);
	return 0;
}

int nr_set_set_values(struct nr_set *set, const uint16_t *values)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r;

	for (uint32_t i = 0; i < set->count; i++)
		if (values[i] > NR_SET_VALUE_MAX)
			return -ERANGE;
	r = begin(set, &id, &wakes);
	if (r < 0)
		return r;
	memcpy(nr_set_staged(set), values, sizeof(*values) * set->count);
	nr_program_order();
	nr_set_commit_values(set, nr_space_own_pid(set->space, id));
	end_change(set, &wakes);
	return 0;
}

int nr_set_stat(struct nr_set *set, struct nr_set_times *ret_times)
{
	struct nr_set_wakes wakes;
	uint32_t id;
	int r = begin(set, &id, &wakes);

	if (r < 0)
		return r;
	ret_times->operated = nr_load_relaxed(&set->shared->operated);
	ret_times->changed = nr_load_relaxed(&set->shared->changed);
	nr_set_unlock(set, &wakes);
	return 0;
}
