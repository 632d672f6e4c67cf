/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_BARRIER_H
#define NARU_SYS_BARRIER_H

/*
 * sys/barrier.h - a pair of fences of which only the rare side pays; membarrier(2)
 *
 * Two processes each store one word and then load the other's. That one of them
 * sees the other's store takes a full fence on both sides; or, with
 * MEMBARRIER_CMD_GLOBAL_EXPEDITED, none on the side that does it a million times a
 * second (nr_barrier_light) and a system call on the other (nr_barrier_heavy),
 * which makes every CPU that runs a registered process pass a fence.
 */

#include <stdatomic.h>
#include <stdbool.h>

/* This process is registered: others' heavy barriers reach it. */
extern bool nr_barrier_registered __attribute__((visibility("hidden")));

/* Once a process, before its first light barrier; children of fork inherit it. */
void nr_barrier_register(void);

static inline void nr_barrier_light(void)
{
	if (__builtin_expect(__atomic_load_n(&nr_barrier_registered, __ATOMIC_RELAXED),
			     1))
		atomic_signal_fence(memory_order_seq_cst);
	else
		atomic_thread_fence(memory_order_seq_cst);
}

/*
 * False: the kernel does not do it (a strict seccomp filter, say), and the pair
 * may have missed each other. The caller must look again on its own.
 */
bool nr_barrier_heavy(void);

#endif /* NARU_SYS_BARRIER_H */
