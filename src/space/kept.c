/* SPDX-License-Identifier: MIT */

/* space/kept.c - see space/kept.h */

#include <base/atomic.h>
#include <errno.h>
#include <space/kept.h>
#include <sys/file.h>

void nr_kept_set(struct nr_kept *kept, int fd, const struct stat *stat)
{
	kept->device = stat->st_dev;
	kept->inode = stat->st_ino;
	nr_store_relaxed(&kept->fd, fd);
}

bool nr_kept_is(const struct nr_kept *kept, const struct stat *stat)
{
	return kept->device == stat->st_dev && kept->inode == stat->st_ino;
}

static bool ours(const struct nr_kept *kept, int fd)
{
	struct stat stat;

	return fd >= 0 && nr_file_stat(fd, &stat) == 0 && nr_kept_is(kept, &stat);
}

int nr_kept_get(struct nr_kept *kept)
{
	int fd = nr_load_relaxed(&kept->fd);

	return ours(kept, fd) ? fd : -EBADF;
}

int nr_kept_renew(struct nr_kept *kept, int fd)
{
	int old = nr_load_relaxed(&kept->fd);

	if (!ours(kept, fd)) {
		nr_file_close(fd);
		return -ESTALE;
	}
	if (old != fd && ours(kept, old)) {
		nr_file_close(fd);
		return old;
	}
	if (!nr_swap_if(&kept->fd, &old, fd)) {
		nr_file_close(fd);
		return old;
	}
	return fd;
}

void nr_kept_close(struct nr_kept *kept)
{
	int fd = nr_kept_get(kept);

	if (fd >= 0)
		nr_file_close(fd);
}
