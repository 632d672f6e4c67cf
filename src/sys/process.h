/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_PROCESS_H
#define NARU_SYS_PROCESS_H

/* sys/process.h - this process and this thread */

/*
 * How many CPUs this thread may run on. Remembered per thread for some
 * milliseconds' worth of calls, as it costs a system call.
 */
int nr_process_cpus(void);

#endif /* NARU_SYS_PROCESS_H */
