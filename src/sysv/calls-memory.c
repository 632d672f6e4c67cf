/* SPDX-License-Identifier: MIT */

/*
 * sysv/calls-memory.c - munmap(2) and its like: pages are looked at anew, and what was
 * attached there is so no more
 *
 * These are the system calls themselves: allocators make them before anything else is
 * set up. Each ends an epoch: sysv/epoch.h.
 */

#include <sysv/calls.h>

#include <segment/segment.h>
#include <stdarg.h>
#include <sys/call.h>
#include <sys/mman.h>
#include <sysv/epoch.h>
#include <sysv/shm.h>

struct kernel_call {
	long number;
	long argument[6];
};

static long make(void *data)
{
	const struct kernel_call *call = data;

	return nr_call_raw(call->number, call->argument[0], call->argument[1],
			   call->argument[2], call->argument[3], call->argument[4],
			   call->argument[5]);
}

static void tell(void *data, const struct nr_attached *attached)
{
	(void)data;
	nr_shm_detached(attached);
}

static long remap(struct kernel_call *call, const struct nr_unmapping *unmapping)
{
	long flags = call->argument[3];
	const struct nr_remap what = {
		.address = (void *)call->argument[0],
		.length = (size_t)call->argument[1],
		.wanted = (size_t)call->argument[2],
		.target = flags & MREMAP_FIXED ? (void *)call->argument[4] : NULL,
		.stays = flags & MREMAP_DONTUNMAP,
	};

	return nr_segment_remap(&what, unmapping);
}

long nr_memory_call(long number, long a, long b, long c, long d, long e, long f)
{
	struct kernel_call call = {number, {a, b, c, d, e, f}};
	const struct nr_unmapping unmapping = {make, tell, &call};
	long result;

	/* Where nothing was before, nothing was looked at. */
	if (number == SYS_mmap && !(d & MAP_FIXED))
		return make(&call);
	if (number == SYS_munmap || number == SYS_mmap)
		result = nr_segment_unmap((void *)a, (size_t)b, &unmapping);
	else if (number == SYS_mremap)
		result = remap(&call, &unmapping);
	else
		result = make(&call);
	nr_epoch_end(&nr_epochs.memory);
	return result;
}

static long answer(long result)
{
	return result >= 0 || result < -4095 ? result : nr_answer(result);
}

/* By their real names: headers may have redirected the one to the other. */
NARU_API void *nr_call_mmap(void *address, size_t length, int protection, int flags,
			    int fd, off_t offset) __asm__("mmap");
NARU_API void *nr_call_mmap64(void *address, size_t length, int protection, int flags,
			      int fd, off_t offset) __asm__("mmap64");

void *nr_call_mmap(void *address, size_t length, int protection, int flags, int fd,
		   off_t offset)
{
	return (void *)answer(nr_memory_call(SYS_mmap, (long)address, (long)length,
					     protection, flags, fd, offset));
}

void *nr_call_mmap64(void *address, size_t length, int protection, int flags, int fd,
		     off_t offset)
{
	return nr_call_mmap(address, length, protection, flags, fd, offset);
}

NARU_API int munmap(void *address, size_t length)
{
	return (int)answer(
		nr_memory_call(SYS_munmap, (long)address, (long)length, 0, 0, 0, 0));
}

NARU_API int mprotect(void *address, size_t length, int protection)
{
	return (int)answer(nr_memory_call(SYS_mprotect, (long)address, (long)length,
					  protection, 0, 0, 0));
}

NARU_API void *mremap(void *address, size_t length, size_t wanted, int flags, ...)
{
	void *to = NULL;
	va_list list;

	va_start(list, flags);
	if (flags & MREMAP_FIXED)
		to = va_arg(list, void *);
	va_end(list);
	return (void *)answer(nr_memory_call(SYS_mremap, (long)address, (long)length,
					     (long)wanted, flags, (long)to, 0));
}
