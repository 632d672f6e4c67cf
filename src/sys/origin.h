/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_ORIGIN_H
#define NARU_SYS_ORIGIN_H

/* sys/origin.h - which process it is, over execve(2); by proc(5) */

#include <stdbool.h>
#include <stdint.h>

struct nr_origin {
	int32_t pid;	    /* in its own namespace */
	uint64_t pid_space; /* which that is; 0: unknown */
	uint64_t start;	    /* in clock ticks since the machine started; 0: unknown */
};

/* The calling process. Where there is no /proc, the pid is all that is known. */
void nr_origin_own(struct nr_origin *ret_origin);

/* Is it known that this process, or a new program in it, runs? Not, if it is a zombie. */
bool nr_origin_goes_on(const struct nr_origin *origin);

#endif /* NARU_SYS_ORIGIN_H */
