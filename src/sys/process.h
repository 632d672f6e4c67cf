/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_PROCESS_H
#define NARU_SYS_PROCESS_H

/* sys/process.h - this process and this thread */

#include <features.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int32_t nr_process_id(void);
/*
 * Of this thread, in this process; never 0. The kernel's numbers of threads come again,
 * and so do libc's; these do not.
 */
uint64_t nr_process_thread(void);
/* Let others run on this CPU: sched_yield(2). */
void nr_process_yield(void);
/* The working directory's absolute path. -ERANGE, -ENOENT. */
int nr_process_directory(char *ret_path, size_t size);

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))
#if __GLIBC_PREREQ(2, 35)
#define NR_PROCESS_RSEQ
#endif
#endif

#ifdef NR_PROCESS_RSEQ
#include <sys/rseq.h>

/* The CPU that this thread runs on, most likely still. Plus 1; 0: not known. */
static inline uint32_t nr_process_cpu(void)
{
	const char *thread = __builtin_thread_pointer();
	const volatile struct rseq *rseq = (const void *)(thread + __rseq_offset);

	return __rseq_size ? rseq->cpu_id + 1 : 0;
}
#else
uint32_t nr_process_cpu(void);
#endif

#endif /* NARU_SYS_PROCESS_H */
