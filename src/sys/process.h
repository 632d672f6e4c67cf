/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_PROCESS_H
#define NARU_SYS_PROCESS_H

/* sys/process.h - this process and this thread */

#include <stdint.h>

/* The CPU that this thread runs on, most likely still; costs next to nothing. */
uint32_t nr_process_cpu(void);

#endif /* NARU_SYS_PROCESS_H */
