/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_EPOCH_H
#define NARU_SYSV_EPOCH_H

/*
 * sysv/epoch.h - what this process has learned of itself, and when that is void
 *
 * The kernel looks at permissions and pointers in each call, which costs it nothing.
 * We would need a system call for either, so what was found is kept until the process
 * does something that could change it: setuid(2) and its like end an epoch of
 * identity, munmap(2) and its like one of memory. These functions of libc are ours,
 * sysv/calls-identity.c and sysv/calls-memory.c. What cannot be seen so is system calls
 * that a program makes with an instruction of its own.
 */

#include <base/atomic.h>
#include <stdbool.h>
#include <stdint.h>

struct nr_epochs {
	_Atomic uint32_t identity; /* never 0 */
	_Atomic uint32_t memory;   /* never 0 */
	/* A single thread has changed its identity: nothing found by one is good for
	 * another, so nothing is kept.
	 */
	_Atomic bool threads_differ;
};

extern struct nr_epochs nr_epochs __attribute__((visibility("hidden")));

static inline uint32_t nr_epoch_of(const _Atomic uint32_t *epoch)
{
	return nr_load_acquire(epoch);
}

/* After the change. */
void nr_epoch_end(_Atomic uint32_t *epoch);

#endif /* NARU_SYSV_EPOCH_H */
