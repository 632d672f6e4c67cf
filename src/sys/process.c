/* SPDX-License-Identifier: MIT */

#include <sched.h>
#include <sys/process.h>
#include <unistd.h>

int32_t nr_process_id(void)
{
	return getpid();
}

#ifndef NR_PROCESS_RSEQ
uint32_t nr_process_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (uint32_t)cpu + 1;
}
#endif
