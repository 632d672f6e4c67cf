/* SPDX-License-Identifier: MIT */

/* sys/file.c - see sys/file.h */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/call.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

/* tmpfs undoes an allocation that a signal breaks off: small steps get through. */
#define ALLOCATE_STEP (UINT64_C(16) << 20)

/* These go to the kernel and come from it as libc has declared them. */
static_assert(offsetof(struct flock, l_start) == 8, "layout");
static_assert(offsetof(struct flock, l_len) == 16, "layout");
static_assert(sizeof(struct rlimit) == 16, "layout");
static_assert(offsetof(struct dirent64, d_reclen) == 16, "layout");
static_assert(offsetof(struct dirent64, d_name) == 19, "layout");

struct proc_name {
	char text[32];
};

static struct proc_name proc_name(int fd)
{
	struct proc_name name;

	snprintf(name.text, sizeof(name.text), "/proc/self/fd/%d", fd);
	return name;
}

/*
 * In a program that has closed its standard output, what it prints must not end up in a
 * file of ours.
 */
int nr_file_above_standard(int fd)
{
	int higher;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	higher = (int)nr_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	nr_file_close(fd);
	return higher;
}

int nr_file_open(int directory, const char *name, int flags, mode_t mode)
{
	return nr_file_above_standard(
		(int)nr_call(SYS_openat, directory, name, flags | O_CLOEXEC, mode));
}

void nr_file_close(int fd)
{
	/* Not begun again: after EINTR the descriptor is closed all the same. */
	(void)nr_call_once(SYS_close, fd);
}

int nr_file_reopen(int fd, int flags)
{
	return nr_file_open(AT_FDCWD, proc_name(fd).text, flags, 0);
}

/* As fallocate(2), where the file system does not have it. */
static int write_zeros(int fd, uint64_t offset, uint64_t length)
{
	static const char zeros[4096];

	while (length) {
		size_t step = length < sizeof(zeros) ? length : sizeof(zeros);
		long n = nr_call(SYS_pwrite64, fd, zeros, step, offset);

		if (n < 0)
			return (int)n;
		offset += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

static int allocate(int fd, uint64_t offset, uint64_t length)
{
	int r = (int)nr_call(SYS_fallocate, fd, 0, offset, length);

	return r == -EOPNOTSUPP ? write_zeros(fd, offset, length) : r;
}

static int check_limit(uint64_t offset, uint64_t length)
{
	struct rlimit limit;

	/* Beyond this limit the kernel would send SIGXFSZ, which kills. */
	if (offset + length < offset || offset + length > INT64_MAX ||
	    (nr_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 &&
	     limit.rlim_cur != RLIM_INFINITY && offset + length > limit.rlim_cur))
		return -EFBIG;
	return 0;
}

int nr_file_has_room(int fd, uint64_t offset, uint64_t length)
{
	uint64_t size, free;
	int r = check_limit(offset, length);

	if (r == 0 && nr_file_system(fd, &size, &free) == 0 && size != 0 && length > free)
		return -ENOSPC;
	return r;
}

/* A tmpfs as large as the memory would take all of it before it says so. */
static int check_room(int fd, uint64_t offset, uint64_t length)
{
	return length > ALLOCATE_STEP ? nr_file_has_room(fd, offset, length)
				      : check_limit(offset, length);
}

int nr_file_allocate(int fd, uint64_t offset, uint64_t length)
{
	int r = check_room(fd, offset, length);

	while (r == 0 && length) {
		uint64_t step = length < ALLOCATE_STEP ? length : ALLOCATE_STEP;

		r = allocate(fd, offset, step);
		offset += step;
		length -= step;
	}
	return r;
}

int nr_file_reserve(int fd, uint64_t offset, uint64_t length)
{
	int r = check_room(fd, offset, length);

	while (r == 0 && length) {
		uint64_t step = length < ALLOCATE_STEP ? length : ALLOCATE_STEP;

		r = (int)nr_call(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, offset, step);
		offset += step;
		length -= step;
	}
	return r;
}

int nr_file_resize(int fd, uint64_t size)
{
	return (int)nr_call(SYS_ftruncate, fd, size);
}

int nr_file_mode(int fd, mode_t mode)
{
	int r = (int)nr_call(SYS_fchmod, fd, mode);

	if (r == -EBADF)
		r = (int)nr_call(SYS_fchmodat, AT_FDCWD, proc_name(fd).text, mode);
	return r;
}

int nr_file_owner(int fd, uid_t owner, gid_t group)
{
	int r = (int)nr_call(SYS_fchown, fd, owner, group);
	struct stat stat;

	if (r != -EINVAL || nr_file_stat(fd, &stat) < 0)
		return r;
	/* In a user namespace that does not know our ids, they are ours even so. */
	return (owner == (uid_t)-1 || stat.st_uid == owner) &&
			       (group == (gid_t)-1 || stat.st_gid == group)
		       ? 0
		       : r;
}

int nr_file_unlink(int directory, const char *name)
{
	return (int)nr_call(SYS_unlinkat, directory, name, 0);
}

int nr_file_rename(int directory, const char *old, const char *name)
{
	return (int)nr_call(SYS_renameat2, directory, old, directory, name, 0);
}

int nr_file_mode_at(int directory, const char *name, mode_t mode)
{
	return (int)nr_call(SYS_fchmodat, directory, name, mode);
}

int nr_file_lock_whole(int fd)
{
	return (int)nr_call(SYS_flock, fd, LOCK_EX | LOCK_NB);
}

/* @try: who may not give it away leaves it with the owner that it has. */
static int set_access(int directory, const char *name, mode_t mode, uid_t owner,
		      gid_t group, bool try)
{
	int fd = nr_file_open(directory, name, O_PATH | O_NOFOLLOW, 0), r;
	struct stat stat;

	if (fd < 0)
		return fd;
	r = nr_file_stat(fd, &stat);
	if (r == 0 && (stat.st_mode & S_IFMT) != (mode & S_IFMT))
		r = -EBADMSG;
	if (r == 0 && (owner != (uid_t)-1 || group != (gid_t)-1)) {
		r = (int)nr_call(SYS_fchownat, fd, "", owner, group, AT_EMPTY_PATH);
		r = try ? 0 : r;
	}
	if (r == 0)
		r = nr_file_mode(fd, mode & 07777);
	nr_file_close(fd);
	return r;
}

int nr_file_access(int directory, const char *name, mode_t mode, uid_t owner, gid_t group)
{
	return set_access(directory, name, mode, owner, group, false);
}

int nr_file_access_try(int directory, const char *name, mode_t mode, uid_t owner,
		       gid_t group)
{
	return set_access(directory, name, mode, owner, group, true);
}

int nr_file_fifo(int directory, const char *name, mode_t mode, uid_t owner, gid_t group)
{
	int r = (int)nr_call(SYS_mknodat, directory, name, S_IFIFO | mode, 0);

	return r < 0 ? r
		     : nr_file_access_try(directory, name, S_IFIFO | mode, owner, group);
}

int nr_file_make_directory(const char *path, mode_t mode)
{
	return (int)nr_call(SYS_mkdirat, AT_FDCWD, path, mode);
}

int nr_file_link(int fd, int directory, const char *name)
{
	int r = (int)nr_call(SYS_linkat, fd, "", directory, name, AT_EMPTY_PATH);

	/* Before Linux 6.10 that takes a capability, or else the way by /proc. */
	if (r == -ENOENT)
		r = (int)nr_call(SYS_linkat, AT_FDCWD, proc_name(fd).text, directory,
				 name, AT_SYMLINK_FOLLOW);
	return r;
}

int nr_file_link_name(int directory, const char *old, const char *name)
{
	return (int)nr_call(SYS_linkat, directory, old, directory, name, 0);
}

int nr_file_path(int fd, char *ret_path, size_t size)
{
	long n = nr_call(SYS_readlinkat, AT_FDCWD, proc_name(fd).text, ret_path, size);

	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -ENAMETOOLONG;
	ret_path[n] = '\0';
	return 0;
}

ssize_t nr_file_read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = nr_call(SYS_pread64, fd, (char *)buffer + done, size - done,
				    offset + done);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t nr_file_read(int fd, void *buffer, size_t size)
{
	return nr_call(SYS_read, fd, buffer, size);
}

ssize_t nr_file_write(int fd, const void *data, size_t size)
{
	return nr_call(SYS_write, fd, data, size);
}

static int lock(int fd, int command, short type, uint64_t offset, uint64_t length)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)offset,
		.l_len = (off_t)length,
	};
	int r = (int)nr_call(SYS_fcntl, fd, command, &range);

	if (r == 0 && command == F_OFD_GETLK)
		return range.l_type != F_UNLCK;
	return r == -EACCES ? -EAGAIN : r; /* fcntl(2): may be either */
}

int nr_file_lock(int fd, uint64_t offset, uint64_t length)
{
	return lock(fd, F_OFD_SETLK, F_WRLCK, offset, length);
}

int nr_file_lock_shared(int fd, uint64_t offset, uint64_t length)
{
	return lock(fd, F_OFD_SETLK, F_RDLCK, offset, length);
}

int nr_file_find_lock(int fd, const struct nr_file_range *range,
		      struct nr_file_range *ret_found)
{
	struct flock found = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)range->offset,
		.l_len = (off_t)range->length,
	};
	int r = (int)nr_call(SYS_fcntl, fd, F_OFD_GETLK, &found);

	if (r < 0 || found.l_type == F_UNLCK)
		return r;
	*ret_found =
		(struct nr_file_range){(uint64_t)found.l_start, (uint64_t)found.l_len};
	return 1;
}

int nr_file_unlock(int fd, uint64_t offset, uint64_t length)
{
	return lock(fd, F_OFD_SETLK, F_UNLCK, offset, length);
}

int nr_file_locked(int fd, uint64_t offset)
{
	return lock(fd, F_OFD_GETLK, F_WRLCK, offset, 1);
}

static int walk(int fd, int (*visit)(void *data, const char *name), void *data)
{
	_Alignas(struct dirent64) char entries[4096];

	for (;;) {
		long n = nr_call(SYS_getdents64, fd, entries, sizeof(entries));

		if (n <= 0)
			return (int)n;
		for (long at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(entries + at);
			int r = visit(data, entry->d_name);

			if (r)
				return r;
			at += entry->d_reclen;
		}
	}
}

int nr_file_list(int directory, int (*visit)(void *data, const char *name), void *data)
{
	int fd = nr_file_open(directory, ".", O_RDONLY | O_DIRECTORY, 0), r;

	if (fd < 0)
		return fd;
	r = walk(fd, visit, data);
	nr_file_close(fd);
	return r;
}
