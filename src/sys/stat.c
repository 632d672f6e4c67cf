/* SPDX-License-Identifier: MIT */

/* sys/stat.c - what a file and a file system are; see sys/file.h */

#include <errno.h>
#include <fcntl.h>
#include <sys/call.h>
#include <sys/file.h>
#include <sys/vfs.h>

static_assert(sizeof(struct statfs) == 120, "layout");
static_assert(offsetof(struct statfs, f_bavail) == 32, "layout");
static_assert(offsetof(struct statfs, f_frsize) == 72, "layout");

#if defined(__x86_64__) || defined(__aarch64__)
/* Here libc's struct stat is the kernel's. */
#ifdef __x86_64__
static_assert(sizeof(struct stat) == 144, "layout");
static_assert(offsetof(struct stat, st_mode) == 24, "layout");
static_assert(offsetof(struct stat, st_uid) == 28, "layout");
#else
static_assert(sizeof(struct stat) == 128, "layout");
static_assert(offsetof(struct stat, st_mode) == 16, "layout");
static_assert(offsetof(struct stat, st_uid) == 24, "layout");
#endif
static_assert(offsetof(struct stat, st_ino) == 8, "layout");
static_assert(offsetof(struct stat, st_size) == 48, "layout");
static_assert(offsetof(struct stat, st_blocks) == 64, "layout");
static_assert(offsetof(struct stat, st_mtim) == 88, "layout");

int nr_file_stat(int fd, struct stat *ret_stat)
{
	return (int)nr_call(SYS_fstat, fd, ret_stat);
}

int nr_file_stat_at(int directory, const char *name, struct stat *ret_stat)
{
	return (int)nr_call(SYS_newfstatat, directory, name, ret_stat,
			    AT_SYMLINK_NOFOLLOW);
}
#else
/* Elsewhere it may differ, and libc translates. */
static int result(int r, int errno_before)
{
	if (r < 0)
		r = -errno;
	errno = errno_before;
	return r;
}

int nr_file_stat(int fd, struct stat *ret_stat)
{
	int before = errno;

	return result(fstat(fd, ret_stat), before);
}

int nr_file_stat_at(int directory, const char *name, struct stat *ret_stat)
{
	int before = errno;

	return result(fstatat(directory, name, ret_stat, AT_SYMLINK_NOFOLLOW), before);
}
#endif

int nr_file_system(int fd, uint64_t *ret_size, uint64_t *ret_free)
{
	struct statfs system;
	int r = (int)nr_call(SYS_fstatfs, fd, &system);

	if (r < 0)
		return r;
	*ret_size = (uint64_t)system.f_blocks * (uint64_t)system.f_frsize;
	*ret_free = (uint64_t)system.f_bavail * (uint64_t)system.f_frsize;
	return 0;
}
