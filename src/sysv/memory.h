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

int nr_memory_readable(const void *address, size_t length);
int nr_memory_writable(void *address, size_t length);

/* Copy to the caller's memory, if all of it can be written to. */
int nr_memory_give(void *to, const void *from, size_t length);

#endif /* NARU_SYSV_MEMORY_H */
