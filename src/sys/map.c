/* SPDX-License-Identifier: MIT */

/* sys/map.c - see sys/map.h */

#include <sys/call.h>
#include <sys/map.h>
#include <sys/mman.h>
#include <unistd.h>

static int map(void *at, size_t length, int protection, int flags, int fd, off_t offset,
	       void **ret_address)
{
	int saved = errno, r;
	void *address = mmap(at, length, protection, flags, fd, offset);

	if (address == MAP_FAILED) {
		r = -errno;
		errno = saved;
		return r;
	}
	*ret_address = address;
	return 0;
}

int nr_map_file(int fd, uint64_t offset, size_t length, bool writable, void *at,
		void **ret_address)
{
	return map(at, length, writable ? PROT_READ | PROT_WRITE : PROT_READ,
		   at ? MAP_SHARED | MAP_FIXED : MAP_SHARED, fd, (off_t)offset,
		   ret_address);
}

int nr_map_private(size_t length, void **ret_address)
{
	return map(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0, ret_address);
}

void nr_unmap(void *address, size_t length)
{
	if (address)
		(void)nr_call(munmap(address, length));
}

int nr_map_dont_fork(void *address, size_t length)
{
	return nr_call(madvise(address, length, MADV_DONTFORK));
}

int nr_map_wipe_on_fork(void *address, size_t length)
{
	return nr_call(madvise(address, length, MADV_WIPEONFORK));
}

size_t nr_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
