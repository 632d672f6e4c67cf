/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_MEMORY_H
#define NARU_SYSV_MEMORY_H

/*
 * sysv/memory.h - may the caller's memory be read, or written to? -EFAULT
 *
 * The kernel is asked once for each page, in an epoch (sysv/epoch.h): a few pages that
 * were found good are kept, of each thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sysv/epoch.h>

enum {
	NR_MEMORY_PAGE = 4096, /* or a part of one, where they are larger */
	NR_MEMORY_KEPT = 64,
	NR_MEMORY_WRITABLE = 1, /* in the low bits of a page's address */
	NR_MEMORY_READABLE = 2,
};

/* Of this thread. A signal handler that gets in between loses some of it, no more. */
struct nr_memory_kept {
	uint32_t epoch;
	uintptr_t page[NR_MEMORY_KEPT];
};
extern _Thread_local struct nr_memory_kept nr_memory_kept
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Is it within one page that was found to be readable? @length is not 0. */
static inline bool nr_memory_is_readable(const void *address, size_t length)
{
	uintptr_t first = (uintptr_t)address, in_page = first % NR_MEMORY_PAGE;
	uintptr_t kept = nr_memory_kept.page[first / NR_MEMORY_PAGE % NR_MEMORY_KEPT];

	return nr_memory_kept.epoch == nr_epoch_of(&nr_epochs.memory) &&
	       (kept | NR_MEMORY_WRITABLE) ==
		       (first - in_page + NR_MEMORY_WRITABLE + NR_MEMORY_READABLE) &&
	       in_page + length <= NR_MEMORY_PAGE;
}

int nr_memory_readable(const void *address, size_t length);
int nr_memory_writable(void *address, size_t length);

/* Copy to the caller's memory, if all of it can be written to. */
int nr_memory_give(void *to, const void *from, size_t length);

#endif /* NARU_SYSV_MEMORY_H */
