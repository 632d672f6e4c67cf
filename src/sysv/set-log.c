/* SPDX-License-Identifier: MIT */

/*
 * sysv/set-log.c - the order of the stores is all there is to it
 *
 *	prepare	the entries
 *	commit	count, pid, row, sleeper; then change
 *	do	the semaphores, the sums, the sleeper's state; then change = nothing
 *
 * A death before change is stored leaves nothing to do; one after it, a log that says
 * what is to be done, all of which can be done twice.
 */

#include <sysv/set-log.h>

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>

enum { ZEROS_LOOKED_FOR = 64 }; /* a longer row is taken to owe something still */

/* The last entry before @count of that semaphore, and if @owed of its sum. */
static const struct nr_set_entry_shared *
last_entry(const struct nr_set *set, uint32_t count, uint32_t number, bool owed)
{
	while (count-- > 0)
		if (set->log[count].number == number && (!owed || set->log[count].owed))
			return &set->log[count];
	return NULL;
}

static int value_now(const struct nr_set *set, uint32_t number)
{
	return nr_set_word_value(nr_load_relaxed(&set->semaphores[number]));
}

/* Write entry @i. @again: the semaphore is in an earlier one, perhaps. */
static int prepare_one(struct nr_set *set, const struct nr_set_task *task, uint32_t i,
		       bool again)
{
	const struct nr_operation_shared operation = task->operation[i];
	const struct nr_set_entry_shared *before = NULL;
	struct nr_set_entry_shared entry = {.number = operation.number};
	int value, sum;

	if (again)
		before = last_entry(set, i, operation.number, false);
	value = before ? before->value : value_now(set, operation.number);
	if ((operation.add == 0 && value != 0) || value + operation.add < 0)
		return operation.flags & IPC_NOWAIT ? -EAGAIN : 1;
	value += operation.add;
	if (value > NR_SET_VALUE_MAX)
		return -ERANGE;
	entry.value = (uint16_t)value;
	if (operation.flags & SEM_UNDO && task->row) {
		before = again ? last_entry(set, i, operation.number, true) : NULL;
		sum = before ? before->sum
			     : nr_set_row_at(set, task->row - 1)->sum[operation.number];
		sum -= operation.add;
		if (sum < INT16_MIN || sum > INT16_MAX)
			return -ERANGE;
		entry.sum = (int16_t)sum;
		entry.owed = 1;
	}
	set->log[i] = entry;
	return 0;
}

int nr_set_prepare(struct nr_set *set, struct nr_set_task *task)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < task->count; i++) {
		uint64_t bit = UINT64_C(1) << task->operation[i].number % 64;
		int r = prepare_one(set, task, i, (seen & bit) != 0);

		if (r != 0) {
			task->blocking = i;
			return r;
		}
		seen |= bit;
	}
	return 0;
}

/* NULL: none, or that is no place for one. */
static struct nr_row_shared *row_of(const struct nr_set *set, uint32_t row)
{
	return row == 0 || row > nr_set_rows(set) ? NULL : nr_set_row_at(set, row - 1);
}

static int do_entries(struct nr_set *set, uint32_t count)
{
	const struct nr_set_log_shared *log = &set->shared->log;
	int32_t pid = nr_read_once(&log->pid);
	struct nr_row_shared *row = row_of(set, nr_read_once(&log->row));

	if (count > NR_SET_OPERATIONS)
		return -EBADMSG;
	for (uint32_t i = 0; i < count; i++) {
		const struct nr_set_entry_shared *entry = &set->log[i];
		uint32_t number = nr_read_once(&entry->number);

		if (number >= set->count)
			return -EBADMSG;
		nr_store_relaxed(
			&set->semaphores[number],
			nr_set_word(entry->value & (uint16_t)NR_SET_VALUE_MAX, pid));
		if (entry->owed && row)
			nr_write_once(&row->sum[number], entry->sum);
	}
	return 0;
}

static void forget_sum(struct nr_set *set, uint32_t number)
{
	for (uint32_t i = 0; i < nr_set_rows(set); i++)
		nr_write_once(&nr_set_row_at(set, i)->sum[number], 0);
}

static int do_value(struct nr_set *set)
{
	uint32_t number = nr_read_once(&set->log[0].number);
	int r = do_entries(set, 1);

	if (r == 0 && number >= set->count)
		r = -EBADMSG;
	if (r == 0)
		forget_sum(set, number);
	return r;
}

static void do_values(struct nr_set *set)
{
	int32_t pid = nr_read_once(&set->shared->log.pid);

	for (uint32_t i = 0; i < set->count; i++)
		nr_store_relaxed(
			&set->semaphores[i],
			nr_set_word(nr_set_staged(set)[i] & (uint16_t)NR_SET_VALUE_MAX,
				    pid));
	for (uint32_t i = 0; i < nr_set_rows(set); i++)
		memset(nr_set_row_at(set, i)->sum, 0, sizeof(int16_t) * set->count);
}

int nr_set_redo(struct nr_set *set)
{
	struct nr_set_log_shared *log = &set->shared->log;
	uint32_t sleeper = nr_read_once(&log->sleeper);
	int r = 0;

	switch (nr_load_relaxed(&log->change)) {
	case NR_SET_NOTHING:
		return 0;
	case NR_SET_OPERATE:
		r = do_entries(set, nr_read_once(&log->count));
		break;
	case NR_SET_VALUE:
		r = do_value(set);
		break;
	case NR_SET_VALUES:
		do_values(set);
		break;
	default:
		r = -EBADMSG;
	}
	if (r < 0)
		return r;
	nr_program_order();
	/* dies here: all is done once more, but a sleeper that knows may be gone */
	if (sleeper != 0 && sleeper <= nr_set_sleepers(set)) {
		uint32_t taken = NR_SLEEPER_TAKEN;

		nr_swap_if(&nr_set_sleeper(set, sleeper - 1)->state, &taken,
			   NR_SLEEPER_DONE);
	}
	nr_store_release(&log->change, NR_SET_NOTHING);
	return 0;
}

static void commit(struct nr_set *set, enum nr_set_change change,
		   const struct nr_set_log_shared *described)
{
	struct nr_set_log_shared *log = &set->shared->log;

	log->count = described->count;
	log->pid = described->pid;
	log->row = described->row;
	log->sleeper = described->sleeper;
	nr_store_release(&log->change, change);
	nr_program_order();
	/* dies here: done by the next owner of the lock */
	nr_set_redo(set);
}

static bool owes_nothing(const struct nr_set *set, const struct nr_row_shared *row)
{
	if (set->count > ZEROS_LOOKED_FOR)
		return false;
	for (uint32_t i = 0; i < set->count; i++)
		if (row->sum[i] != 0)
			return false;
	return true;
}

void nr_set_commit(struct nr_set *set, const struct nr_set_task *task)
{
	struct nr_row_shared *row = row_of(set, task->row);
	const struct nr_set_log_shared described = {
		.count = task->count,
		.pid = task->pid,
		.row = row ? task->row : 0,
		.sleeper = task->sleeper,
	};

	if (row)
		nr_store_relaxed(&row->state, NR_ROW_OWES);
	nr_program_order();
	/* dies here: it may owe nothing, which does no harm */
	commit(set, NR_SET_OPERATE, &described);
	if (row && owes_nothing(set, row))
		nr_store_relaxed(&row->state, NR_ROW_IDLE);
}

void nr_set_commit_value(struct nr_set *set, uint32_t number, uint16_t value, int32_t pid)
{
	set->log[0] = (struct nr_set_entry_shared){
		.number = (uint16_t)number,
		.value = value,
	};
	commit(set, NR_SET_VALUE, &(struct nr_set_log_shared){.count = 1, .pid = pid});
}

void nr_set_commit_values(struct nr_set *set, int32_t pid)
{
	commit(set, NR_SET_VALUES, &(struct nr_set_log_shared){.pid = pid});
}

/* Kept in range, as the kernel does. */
static uint16_t value_after(int value, int sum)
{
	value += sum;
	if (value < 0)
		return 0;
	return (uint16_t)(value > NR_SET_VALUE_MAX ? NR_SET_VALUE_MAX : value);
}

/* Write entries for what is owed from semaphore @from on. Returns where it stopped. */
static uint32_t prepare_row(struct nr_set *set, const struct nr_row_shared *row,
			    uint32_t from, uint32_t *ret_count)
{
	uint32_t count = 0, i;

	for (i = from; i < set->count && count < NR_SET_OPERATIONS; i++) {
		int sum = row->sum[i];

		if (sum != 0)
			set->log[count++] = (struct nr_set_entry_shared){
				.number = (uint16_t)i,
				.value = value_after(value_now(set, i), sum),
				.owed = 1,
			};
	}
	*ret_count = count;
	return i;
}

void nr_set_commit_row(struct nr_set *set, uint32_t index)
{
	struct nr_row_shared *row = nr_set_row_at(set, index);
	struct nr_set_log_shared described = {.row = index + 1, .pid = row->pid};

	for (uint32_t i = 0; i < set->count;) {
		i = prepare_row(set, row, i, &described.count);
		if (described.count > 0)
			commit(set, NR_SET_OPERATE, &described);
		/* dies here: the row is LEAVING still, and owes only the rest */
	}
	nr_store_release(&row->state, NR_ROW_FREE);
}
