/* SPDX-License-Identifier: MIT */

/* sys/map.c - see sys/map.h */

#include <errno.h>
#include <sys/call.h>
#include <sys/map.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(feature) 0 /* gcc's way is a macro */
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
/* ThreadSanitizer must learn that the memory is new, and no longer another's. */
static long map_pages(void *at, size_t length, int protection, int flags, int fd,
		      uint64_t offset)
{
	int saved = errno;
	void *address = mmap(at, length, protection, flags, fd, (off_t)offset);
	long r = address == MAP_FAILED ? -errno : (long)address;

	errno = saved;
	return r;
}

static void unmap_pages(void *address, size_t length)
{
	int saved = errno;

	munmap(address, length);
	errno = saved;
}
#else
static long map_pages(void *at, size_t length, int protection, int flags, int fd,
		      uint64_t offset)
{
	return nr_call(SYS_mmap, at, length, protection, flags, fd, offset);
}

static void unmap_pages(void *address, size_t length)
{
	(void)nr_call(SYS_munmap, address, length);
}
#endif

static int map(void *at, size_t length, int protection, int flags, int fd,
	       uint64_t offset, void **ret_address)
{
	long r = map_pages(at, length, protection, flags, fd, offset);

	if (r < 0 && r >= -4095)
		return (int)r;
	*ret_address = (void *)r;
	return 0;
}

int nr_map_file(int fd, uint64_t offset, size_t length, bool writable, void *at,
		void **ret_address)
{
	return map(at, length, writable ? PROT_READ | PROT_WRITE : PROT_READ,
		   at ? MAP_SHARED | MAP_FIXED : MAP_SHARED, fd, offset, ret_address);
}

int nr_map_private(size_t length, void **ret_address)
{
	return map(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0, ret_address);
}

void nr_unmap(void *address, size_t length)
{
	if (address)
		unmap_pages(address, length);
}

int nr_map_dont_fork(void *address, size_t length)
{
	return (int)nr_call(SYS_madvise, address, length, MADV_DONTFORK);
}

int nr_map_wipe_on_fork(void *address, size_t length)
{
	return (int)nr_call(SYS_madvise, address, length, MADV_WIPEONFORK);
}

size_t nr_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
