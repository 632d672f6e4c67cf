/* SPDX-License-Identifier: MIT */

/* sys/file.c - see sys/file.h */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/call.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* tmpfs undoes an allocation that a signal breaks off: small steps get through. */
#define ALLOCATE_STEP (UINT64_C(16) << 20)

struct proc_name {
	char text[32];
};

static struct proc_name proc_name(int fd)
{
	struct proc_name name;

	snprintf(name.text, sizeof(name.text), "/proc/self/fd/%d", fd);
	return name;
}

int nr_file_open(int directory, const char *name, int flags, mode_t mode)
{
	int fd = nr_call(openat(directory, name, flags | O_CLOEXEC, mode));
	int higher;

	/*
	 * In a program that has closed its standard output, what it prints must
	 * not end up in a file of ours.
	 */
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	higher = nr_call(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
	nr_file_close(fd);
	return higher;
}

void nr_file_close(int fd)
{
	int saved = errno;

	/* Not begun again: after EINTR the descriptor is closed all the same. */
	close(fd);
	errno = saved;
}

int nr_file_reopen(int fd, int flags)
{
	return nr_file_open(AT_FDCWD, proc_name(fd).text, flags, 0);
}

int nr_file_stat(int fd, struct stat *ret_stat)
{
	return nr_call(fstat(fd, ret_stat));
}

int nr_file_stat_at(int directory, const char *name, struct stat *ret_stat)
{
	return nr_call(fstatat(directory, name, ret_stat, AT_SYMLINK_NOFOLLOW));
}

int nr_file_has_room(int fd, uint64_t offset, uint64_t length)
{
	struct rlimit limit;
	uint64_t size, free;

	/* Beyond this limit the kernel would send SIGXFSZ, which kills. */
	if (offset + length < offset || offset + length > INT64_MAX ||
	    (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	     offset + length > limit.rlim_cur))
		return -EFBIG;
	/* A tmpfs as large as the memory would take all of it before it says so. */
	if (nr_file_system(fd, &size, &free) == 0 && size != 0 && length > free)
		return -ENOSPC;
	return 0;
}

int nr_file_allocate(int fd, uint64_t offset, uint64_t length)
{
	int r = nr_file_has_room(fd, offset, length);

	if (r < 0)
		return r;
	while (length) {
		uint64_t step = length < ALLOCATE_STEP ? length : ALLOCATE_STEP;

		do
			r = posix_fallocate(fd, (off_t)offset, (off_t)step);
		while (r == EINTR);
		if (r)
			return -r;
		offset += step;
		length -= step;
	}
	return 0;
}

int nr_file_reserve(int fd, uint64_t offset, uint64_t length)
{
	int r = nr_file_has_room(fd, offset, length);

	while (r == 0 && length) {
		uint64_t step = length < ALLOCATE_STEP ? length : ALLOCATE_STEP;

		r = nr_call(
			fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)step));
		offset += step;
		length -= step;
	}
	return r;
}

int nr_file_resize(int fd, uint64_t size)
{
	return nr_call(ftruncate(fd, (off_t)size));
}

int nr_file_mode(int fd, mode_t mode)
{
	int r = nr_call(fchmod(fd, mode));

	return r == -EBADF ? nr_call(chmod(proc_name(fd).text, mode)) : r;
}

int nr_file_owner(int fd, uid_t owner, gid_t group)
{
	return nr_call(fchown(fd, owner, group));
}

int nr_file_unlink(int directory, const char *name)
{
	return nr_call(unlinkat(directory, name, 0));
}

int nr_file_fifo(int directory, const char *name, mode_t mode, uid_t owner, gid_t group)
{
	int r = nr_call(mkfifoat(directory, name, mode));

	return r < 0 ? r : nr_file_fifo_access(directory, name, mode, owner, group);
}

int nr_file_fifo_access(int directory, const char *name, mode_t mode, uid_t owner,
			gid_t group)
{
	/* Who may not give it away leaves it with the group that it has. */
	(void)nr_call(fchownat(directory, name, owner, group, AT_SYMLINK_NOFOLLOW));
	return nr_call(fchmodat(directory, name, mode, 0));
}

int nr_file_access(int directory, const char *name, mode_t mode, uid_t owner, gid_t group)
{
	int r = 0;

	if (owner != (uid_t)-1 || group != (gid_t)-1)
		r = nr_call(fchownat(directory, name, owner, group, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? r : nr_call(fchmodat(directory, name, mode, 0));
}

int nr_file_make_directory(const char *path, mode_t mode)
{
	return nr_call(mkdir(path, mode));
}

bool nr_file_can_link(int fd)
{
	struct stat direct, by_name;

	return nr_file_stat(fd, &direct) == 0 &&
	       nr_call(stat(proc_name(fd).text, &by_name)) == 0 &&
	       direct.st_dev == by_name.st_dev && direct.st_ino == by_name.st_ino;
}

int nr_file_link(int fd, int directory, const char *name)
{
	return nr_call(
		linkat(AT_FDCWD, proc_name(fd).text, directory, name, AT_SYMLINK_FOLLOW));
}

int nr_file_link_name(int directory, const char *old, const char *name)
{
	return nr_call(linkat(directory, old, directory, name, 0));
}

ssize_t nr_file_read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = nr_call(pread(fd, (char *)buffer + done, size - done,
					  (off_t)(offset + done)));

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
	return nr_call(read(fd, buffer, size));
}

ssize_t nr_file_write(int fd, const void *data, size_t size)
{
	return nr_call(write(fd, data, size));
}

static int lock(int fd, int command, short type, uint64_t offset, uint64_t length)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)offset,
		.l_len = (off_t)length,
	};
	int r = nr_call(fcntl(fd, command, &range));

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
	int r = nr_call(fcntl(fd, F_OFD_GETLK, &found));

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

int nr_file_system(int fd, uint64_t *ret_size, uint64_t *ret_free)
{
	struct statvfs system;
	int r = nr_call(fstatvfs(fd, &system));

	if (r < 0)
		return r;
	*ret_size = (uint64_t)system.f_blocks * system.f_frsize;
	*ret_free = (uint64_t)system.f_bavail * system.f_frsize;
	return 0;
}

static int walk(DIR *entries, int (*visit)(void *data, const char *name), void *data)
{
	struct dirent *entry;
	int r;

	for (;;) {
		errno = 0;
		entry = readdir(entries);
		if (!entry)
			return -errno;
		r = visit(data, entry->d_name);
		if (r)
			return r;
	}
}

int nr_file_list(int directory, int (*visit)(void *data, const char *name), void *data)
{
	int fd = nr_file_open(directory, ".", O_RDONLY | O_DIRECTORY, 0);
	int saved = errno, r;
	DIR *entries;

	if (fd < 0)
		return fd;
	entries = fdopendir(fd);
	if (entries) {
		r = walk(entries, visit, data);
		closedir(entries);
	} else {
		r = -errno;
		nr_file_close(fd);
	}
	errno = saved;
	return r;
}
