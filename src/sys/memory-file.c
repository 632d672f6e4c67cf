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

int nr_memory_file(uint64_t size)
{
	int fd = (int)nr_call(SYS_memfd_create, "naru", MFD_CLOEXEC | MFD_ALLOW_SEALING);
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
	int seals = (int)nr_call(SYS_fcntl, fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS || seals & F_SEAL_WRITE ||
	    nr_file_stat(fd, &stat) < 0 || (uint64_t)stat.st_size != size ||
	    nr_call(SYS_fstatfs, fd, &system) < 0 || system.f_type != TMPFS_MAGIC)
		return -EBADMSG;
	return 0;
}

int nr_memory_populate(void *address, size_t length)
{
	int r = (int)nr_call(SYS_madvise, address, length, MADV_POPULATE_WRITE);

	if (r == -EINVAL)
		return 0; /* an old kernel: the first touch does it */
	return r == -EFAULT || r == -EHWPOISON ? -ENOMEM : r;
}
