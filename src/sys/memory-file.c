/* SPDX-License-Identifier: MIT */

#include <sys/memory-file.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/call.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static int create(const char *name, unsigned flags)
{
	return (int)nr_call(SYS_memfd_create, name, flags);
}

int nr_memory_file_open(const char *name, bool cloexec)
{
	return create(name, cloexec ? MFD_CLOEXEC : 0);
}

int nr_memory_file_rewind(int fd)
{
	long r = nr_call(SYS_lseek, fd, 0, SEEK_SET);

	return r < 0 ? (int)r : 0;
}

int nr_memory_file(uint64_t size)
{
	int fd = create("naru", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return fd;
	fd = nr_file_above_standard(fd);
	if (fd < 0)
		return fd;
	r = nr_file_resize(fd, size);
	if (r == 0)
		r = (int)nr_call(SYS_fcntl, fd, F_ADD_SEALS, SEALS);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

/* Of huge pages there may be none left at the first touch, so it is not one of these. */
int nr_memory_file_check(int fd, uint64_t size)
{
	struct statfs system;
	struct stat stat;
	int seals = (int)nr_call(SYS_fcntl, fd, F_GET_SEALS), r;

	/* -EINVAL: no memfd; -EBADF: opened with O_PATH. */
	if (seals == -EINVAL || seals == -EBADF)
		return -EBADMSG;
	r = seals < 0 ? seals : nr_file_stat(fd, &stat);
	if (r == 0)
		r = (int)nr_call(SYS_fstatfs, fd, &system);
	if (r < 0)
		return r;
	return (seals & SEALS) == SEALS && !(seals & F_SEAL_WRITE) &&
			       (uint64_t)stat.st_size == size &&
			       system.f_type == TMPFS_MAGIC
		       ? 0
		       : -EBADMSG;
}

int nr_memory_populate(void *address, size_t length)
{
	int r = (int)nr_call(SYS_madvise, address, length, MADV_POPULATE_WRITE);

	if (r == -EINVAL)
		return 0; /* an old kernel: the first touch does it */
	return r == -EFAULT || r == -EHWPOISON ? -ENOMEM : r;
}
