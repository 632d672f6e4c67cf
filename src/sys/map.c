/* SPDX-License-Identifier: MIT */

/* sys/map.c - see sys/map.h */

#include <errno.h>
#include <sys/call.h>
#include <sys/map.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

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

/* Keep so many addresses that there is a piece of @length among them so aligned. */
static int find_place(size_t length, size_t alignment, void **ret_address)
{
	void *address = NULL;
	size_t gap;
	int r = map(NULL, length + alignment, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, &address);

	if (r < 0)
		return r;
	gap = -(uintptr_t)address & (alignment - 1);
	nr_unmap(gap ? address : NULL, gap);
	address = (char *)address + gap;
	nr_unmap((char *)address + length, alignment - gap);
	*ret_address = address;
	return 0;
}

int nr_map_reserve(void *at, size_t length)
{
	void *address;
	int r = map(at, length, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
		    0, &address);

	if (r < 0 || address == at)
		return r;
	/* A kernel before 4.17 takes the address for a hint. */
	nr_unmap(address, length);
	return -EEXIST;
}

int nr_map_file_as(int fd, uint64_t offset, size_t length, const struct nr_map_how *how,
		   void **ret_address)
{
	int protection = PROT_READ | (how->writable ? PROT_WRITE : 0) |
			 (how->executable ? PROT_EXEC : 0);
	int flags = MAP_SHARED;
	void *at = how->at;
	int r;

	if (at)
		flags |= MAP_FIXED;
	if (at || how->alignment <= nr_page_size())
		return map(at, length, protection, flags, fd, offset, ret_address);
	r = find_place(length, how->alignment, &at);
	if (r < 0)
		return r;
	r = map(at, length, protection, flags | MAP_FIXED, fd, offset, ret_address);
	if (r < 0)
		nr_unmap(at, length);
	return r;
}

int nr_map_grow(void *address, size_t length, size_t wanted)
{
	long r = nr_call(SYS_mremap, address, length, wanted, 0);

	return r < 0 && r >= -4095 ? (int)r : 0;
}

int nr_map_private(size_t length, void **ret_address)
{
	return map(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0, ret_address);
}

int nr_map_shared(size_t length, void **ret_address)
{
	return map(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
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

int nr_map_collapse(void *address, size_t length)
{
	return (int)nr_call(SYS_madvise, address, length, MADV_COLLAPSE);
}

size_t nr_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
