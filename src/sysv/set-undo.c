/* SPDX-License-Identifier: MIT */

#include <sysv/set-undo.h>

#include <errno.h>
#include <string.h>
#include <sys/origin.h>
#include <sysv/set-log.h>

enum { RESERVED_AT_ONCE = 4096 }; /* bytes, or one row */

static uint32_t state_of(const struct nr_row_shared *row)
{
	return nr_load_relaxed(&row->state);
}

static bool is_over(struct nr_set *set, const struct nr_row_shared *row)
{
	const struct nr_origin origin = {
		.pid = row->pid,
		.pid_space = row->pid_space,
		.start = row->start,
	};

	return !nr_space_seems_alive(set->space, nr_load_relaxed(&row->owner)) &&
	       !nr_origin_goes_on(&origin);
}

static bool is_of(const struct nr_row_shared *row, const struct nr_origin *origin)
{
	return origin->start != 0 && row->start == origin->start &&
	       row->pid == origin->pid && row->pid_space == origin->pid_space;
}

void nr_set_adopt_row(struct nr_set *set, uint32_t id)
{
	struct nr_origin origin = {0};

	for (uint32_t i = 0; i < nr_set_rows(set); i++) {
		struct nr_row_shared *row = nr_set_row_at(set, i);

		if (state_of(row) != NR_ROW_OWES || nr_load_relaxed(&row->owner) == id)
			continue;
		if (origin.pid == 0)
			nr_origin_own(&origin);
		if (is_of(row, &origin))
			nr_store_relaxed(&row->owner, id);
	}
}

/* In the order in which they would be taken, so that the first rows serve most. */
static int find_free(struct nr_set *set, uint32_t *ret_index)
{
	uint32_t rows = nr_set_rows(set);
	uint64_t at_once = RESERVED_AT_ONCE / set->places.row_size + 1;
	uint64_t reserved = nr_load_relaxed(&set->shared->reserved_rows);
	int r;

	for (uint32_t i = 0; i < rows; i++) {
		struct nr_row_shared *row = nr_set_row_at(set, i);

		if (state_of(row) == NR_ROW_FREE ||
		    (state_of(row) == NR_ROW_IDLE &&
		     !nr_space_alive(set->space, nr_load_relaxed(&row->owner)))) {
			*ret_index = i;
			return 0;
		}
	}
	if (rows == NR_SET_ROWS)
		return -ENOMEM;
	if (rows >= reserved) {
		if (at_once > NR_SET_ROWS - rows)
			at_once = NR_SET_ROWS - rows;
		r = nr_set_reserve(set, set->places.rows + rows * set->places.row_size,
				   at_once * set->places.row_size);
		if (r < 0)
			return r == -EIDRM ? r : -ENOMEM;
		nr_store_relaxed(&set->shared->reserved_rows, rows + (uint32_t)at_once);
	}
	*ret_index = rows;
	return 0;
}

static int make_row(struct nr_set *set, uint32_t id, uint32_t *ret_index)
{
	struct nr_row_shared *row;
	struct nr_origin origin;
	int r = find_free(set, ret_index);

	if (r < 0)
		return r;
	nr_origin_own(&origin);
	row = nr_set_row_at(set, *ret_index);
	nr_store_relaxed(&row->state, NR_ROW_FREE);
	nr_program_order();
	/* dies here: the row is free, whatever is in it */
	memset(row->sum, 0, sizeof(int16_t) * set->count);
	row->pid = nr_space_own_pid(set->space, id);
	row->pid_space = origin.pid_space;
	row->start = origin.start;
	nr_store_relaxed(&row->owner, id);
	nr_program_order();
	nr_store_relaxed(&row->state, NR_ROW_IDLE);
	if (*ret_index >= nr_set_rows(set))
		nr_store_release(&set->shared->rows, *ret_index + 1);
	return 0;
}

static bool is_ours(const struct nr_set *set, uint32_t index, uint32_t id)
{
	const struct nr_row_shared *row = nr_set_row_at(set, index);

	return nr_load_relaxed(&row->owner) == id &&
	       (state_of(row) == NR_ROW_IDLE || state_of(row) == NR_ROW_OWES);
}

int nr_set_find_row(struct nr_set *set, uint32_t id, uint32_t *ret_row)
{
	uint32_t rows = nr_set_rows(set);
	uint32_t index = nr_load_relaxed(&set->row) - 1;
	int r = 0;

	if (index >= rows || !is_ours(set, index, id))
		for (index = 0; index < rows && !is_ours(set, index, id);)
			index++;
	if (index == rows)
		r = make_row(set, id, &index);
	if (r < 0)
		return r;
	nr_store_relaxed(&set->row, index + 1);
	*ret_row = index + 1;
	return 0;
}

bool nr_set_owes_after_exec(struct nr_set *set)
{
	for (uint32_t i = 0; i < nr_set_rows(set); i++) {
		const struct nr_row_shared *row = nr_set_row_at(set, i);

		if (state_of(row) == NR_ROW_OWES &&
		    !nr_space_alive(set->space, nr_load_relaxed(&row->owner)))
			return true;
	}
	return false;
}

bool nr_set_settle(struct nr_set *set)
{
	bool any = false;

	for (uint32_t i = 0; i < nr_set_rows(set); i++) {
		struct nr_row_shared *row = nr_set_row_at(set, i);

		if (state_of(row) == NR_ROW_OWES && is_over(set, row))
			nr_store_relaxed(&row->state, NR_ROW_LEAVING);
		if (state_of(row) != NR_ROW_LEAVING)
			continue;
		nr_program_order();
		/* dies here: the next owner of the lock goes on with it */
		nr_set_commit_row(set, i);
		any = true;
	}
	return any;
}
