/* SPDX-License-Identifier: MIT */

#include <sched.h>
#include <stdatomic.h>
#include <sys/call.h>
#include <sys/process.h>

int32_t nr_process_id(void)
{
	return (int32_t)nr_call_once(SYS_getpid);
}

uint64_t nr_process_thread(void)
{
	static _Atomic uint64_t last;
	static _Thread_local uint64_t number __attribute__((tls_model("initial-exec")));

	if (number == 0)
		number = 1 + atomic_fetch_add(&last, 1);
	return number;
}

void nr_process_yield(void)
{
	nr_call_once(SYS_sched_yield);
}

int nr_process_directory(char *ret_path, size_t size)
{
	long r = nr_call(SYS_getcwd, ret_path, size);

	if (r < 0)
		return (int)r;
	/* Outside of our root directory it is told as "(unreachable)/...". */
	return ret_path[0] == '/' ? 0 : -ENOENT;
}

#ifndef NR_PROCESS_RSEQ
uint32_t nr_process_cpu(void)
{
	int cpu = sched_getcpu(); /* most often without a system call */

	return cpu < 0 ? 0 : (uint32_t)cpu + 1;
}
#endif
