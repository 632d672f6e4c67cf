/* SPDX-License-Identifier: MIT */

#include <sys/process.h>

#include <sched.h>

uint32_t nr_process_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (uint32_t)cpu;
}
