/* SPDX-License-Identifier: MIT */

#include <segment/hold.h>

#include <sys/file.h>
#include <sys/map.h>
#include <sys/random.h>

/*
 * Counting takes two system calls an attachment. So many are counted at most, and so
 * deep; more there are only if somebody wants to keep us busy.
 */
enum { COUNT_MAX = 1 << 20, DEPTH_MAX = 1000 };

static int lock_and_map(int fd, bool inherited, void **ret_hold)
{
	void *hold;
	int r;

	/* That two take the same byte is no more likely than a broken machine. */
	r = nr_file_lock_shared(fd, NR_HOLD_FIRST + nr_random() % NR_HOLD_BYTES, 1);
	if (r < 0)
		return r;
	/* Which page is mapped does not matter, only through which description. */
	r = nr_map_file(fd, 0, nr_page_size(), false, NULL, &hold);
	if (r < 0)
		return r;
	if (!inherited)
		r = nr_map_dont_fork(hold, nr_page_size());
	if (r < 0)
		nr_unmap(hold, nr_page_size());
	else
		*ret_hold = hold;
	return r;
}

int nr_hold_take(struct nr_segment_file *file, bool inherited, void **ret_hold)
{
	int fd = nr_segment_open_own(file, true);
	int r;

	if (fd < 0)
		return fd;
	r = lock_and_map(fd, inherited, ret_hold);
	nr_file_close(fd);
	return r;
}

void nr_hold_adopt(void *hold)
{
	if (hold)
		(void)nr_map_dont_fork(hold, nr_page_size());
}

void nr_hold_drop(void *hold)
{
	nr_unmap(hold, nr_page_size());
}

/*
 * The kernel tells of any one lock in a range, in no certain order. So what is left of it
 * and what is right of it is looked through in turn.
 */
static int count(int fd, uint64_t first, uint64_t end, int depth, uint64_t *count_so_far)
{
	while (first < end && *count_so_far < COUNT_MAX) {
		const struct nr_file_range range = {first, end - first};
		struct nr_file_range found;
		int r = nr_file_find_lock(fd, &range, &found);

		if (r <= 0)
			return r;
		++*count_so_far;
		if (found.offset > first && depth < DEPTH_MAX) {
			r = count(fd, first, found.offset, depth + 1, count_so_far);
			if (r < 0)
				return r;
		}
		/* Not one of ours, if it is longer than a byte: it counts once. */
		if (found.length == 0 || found.length >= end - found.offset)
			break;
		first = found.offset + found.length;
	}
	return 0;
}

int nr_hold_count(int fd, uint64_t *ret_count)
{
	uint64_t number = 0;
	int r = count(fd, NR_HOLD_FIRST, NR_HOLD_FIRST + NR_HOLD_BYTES, 0, &number);

	if (r == 0)
		*ret_count = number;
	return r;
}
