/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-memory.c - munmap(2) and its like: pages are looked at anew
 *
 * These are the system calls themselves: allocators make them before anything else is
 * set up. Each ends an epoch: sysv/epoch.h.
 */

#include <sysv/calls.h>

#include <stdarg.h>
#include <sys/call.h>
#include <sys/mman.h>
#include <sysv/epoch.h>

static long ended(long result)
{
	nr_epoch_end(&nr_epochs.memory);
	if (result >= 0 || result < -4095)
		return result;
	return nr_answer(result);
}

/* Where nothing was before, nothing was looked at. */
static void *map(void *address, size_t length, int protection, int flags, int fd,
		 off_t offset)
{
	long result =
		nr_call_once(SYS_mmap, address, length, protection, flags, fd, offset);

	if (flags & MAP_FIXED)
		return (void *)ended(result);
	return (void *)(result < 0 && result >= -4095 ? nr_answer(result) : result);
}

/* By their real names: headers may have redirected the one to the other. */
NARU_API void *nr_call_mmap(void *address, size_t length, int protection, int flags,
			    int fd, off_t offset) __asm__("mmap");
NARU_API void *nr_call_mmap64(void *address, size_t length, int protection, int flags,
			      int fd, off_t offset) __asm__("mmap64");

void *nr_call_mmap(void *address, size_t length, int protection, int flags, int fd,
		   off_t offset)
{
	return map(address, length, protection, flags, fd, offset);
}

void *nr_call_mmap64(void *address, size_t length, int protection, int flags, int fd,
		     off_t offset)
{
	return map(address, length, protection, flags, fd, offset);
}

NARU_API int munmap(void *address, size_t length)
{
	return (int)ended(nr_call_once(SYS_munmap, address, length));
}

NARU_API int mprotect(void *address, size_t length, int protection)
{
	return (int)ended(nr_call_once(SYS_mprotect, address, length, protection));
}

NARU_API void *mremap(void *address, size_t length, size_t wanted, int flags, ...)
{
	void *to = NULL;
	va_list list;

	va_start(list, flags);
	if (flags & MREMAP_FIXED)
		to = va_arg(list, void *);
	va_end(list);
	return (void *)ended(
		nr_call_once(SYS_mremap, address, length, wanted, flags, to));
}
