/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_CORES_H
#define NARU_BENCH_CORES_H

/* bench/cores.h - the two cores everything runs on, and how far apart they are */

#include <stdbool.h>

struct bench_cores {
	int core[2];
	bool two; /* false: core[0] is all there is */
};

/* The first two that this process may use and that do not share their caches. */
int bench_cores_choose(struct bench_cores *ret_cores);

/* Keep the calling process on one core. */
int bench_pin(int core);

/*
 * Nanoseconds for a cache line to go to the other core and come back: the
 * median of many short trials, a few milliseconds in all. It pins the caller to
 * the first core. 0 if there is only one core, or no time on both at once.
 */
int bench_floor(const struct bench_cores *cores, double *ret_ns);

#endif /* NARU_BENCH_CORES_H */
