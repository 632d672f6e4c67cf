/* SPDX-License-Identifier: MIT */

/*
 * sysv/set-lock.c - the lock of a set, and what is to be done first by whoever takes it
 * over from a dead owner
 */

#include <sysv/set-handle.h>

#include <errno.h>
#include <space/object.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sysv/set-log.h>
#include <sysv/set-pass.h>
#include <sysv/set-undo.h>

bool nr_set_is_gone(struct nr_set *set)
{
	struct stat stat;
	int directory, r;

	if (nr_load_relaxed(&set->shared->removed) ||
	    (set->is_gone && set->is_gone(set->data)))
		return true;
	directory = nr_space_directory(set->space);
	if (directory < 0)
		return false;
	r = nr_file_stat_at(directory, set->name, &stat);
	/* Errors other than "not there" tell nothing. */
	return r == -ENOENT ||
	       (r == 0 && (stat.st_dev != set->device || stat.st_ino != set->inode));
}

int nr_set_enter_slowly(struct nr_set *set, uint32_t *ret_id)
{
	uint32_t id;
	int r;

	if (nr_load_relaxed(&set->shared->removed))
		return -EIDRM;
	r = nr_space_self(set->space, &id);
	if (r < 0)
		return r;
	/* A child of fork is another process. */
	if (id != nr_load_relaxed(&set->member)) {
		nr_members_join(set->space, &set->shared->members, id);
		r = nr_set_lock(set, id, NULL);
		if (r < 0)
			return r;
		nr_set_adopt_row(set, id);
		nr_set_unlock(set, NULL);
		nr_store_relaxed(&set->member, id);
	}
	*ret_id = id;
	return 0;
}

/* The holder of the lock has died: first of all finish what it had committed. */
static int repair(struct nr_set *set)
{
	struct nr_set_wakes wakes = {0};
	int r = nr_set_redo(set);

	if (r < 0)
		return r;
	nr_pass_restore(set);
	/* dies here: the passes are made by the next one, who also repairs */
	nr_set_settle(set);
	nr_pass(set, NULL, &wakes);
	nr_pass_wake(set, &wakes);
	/* It may have died before it woke those whose turn it was. */
	nr_pass_wake_all(set);
	return 0;
}

static int take(struct nr_set *set, uint32_t id, struct nr_deadline *deadline,
		uint32_t *ret_dead)
{
	struct nr_deadline never = nr_deadline_in(-1);
	int r;

	do
		r = nr_lock_take(set->space, &set->shared->lock, id,
				 deadline ? deadline : &never, ret_dead);
	while (r == -EINTR);
	return r;
}

int nr_set_lock_slowly(struct nr_set *set, uint32_t id, struct nr_deadline *deadline)
{
	uint32_t dead;
	int r = take(set, id, deadline, &dead);

	if (r != -EOWNERDEAD)
		return r;
	r = repair(set);
	if (r < 0)
		nr_lock_return(&set->shared->lock, dead);
	return r;
}

void nr_set_unlock(struct nr_set *set, struct nr_set_wakes *wakes)
{
	nr_lock_release(&set->shared->lock); /* [lock] */
	if (wakes)
		nr_pass_wake(set, wakes);
}

void nr_set_look(struct nr_set *set, struct nr_set_wakes *wakes)
{
	if (nr_set_rows(set) == 0 || !nr_set_settle(set))
		return;
	nr_store_relaxed(&set->shared->operated, nr_clock_wall_seconds());
	nr_pass(set, NULL, wakes);
}
