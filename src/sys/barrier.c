/* SPDX-License-Identifier: MIT */

#include <sys/barrier.h>

#include <linux/membarrier.h>
#include <sys/call.h>

bool nr_barrier_registered;

static bool membarrier(int command)
{
	return nr_call_once(SYS_membarrier, command) == 0;
}

void nr_barrier_register(void)
{
	/* Doing it twice, in two threads, does the same as once. */
	if (!__atomic_load_n(&nr_barrier_registered, __ATOMIC_RELAXED) &&
	    membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))
		__atomic_store_n(&nr_barrier_registered, true, __ATOMIC_RELAXED);
}

bool nr_barrier_heavy(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	return membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}
