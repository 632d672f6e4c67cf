/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_SCRATCH_H
#define NARU_BENCH_SCRATCH_H

/* bench/scratch.h - a directory of the run's own, in memory where possible */

#define BENCH_SCRATCH_MAX 64

struct bench_scratch {
	char path[BENCH_SCRATCH_MAX];
};

int bench_scratch_create(struct bench_scratch *ret_scratch);

/* With all that is in it; sub-directories excepted. */
void bench_scratch_remove(const struct bench_scratch *scratch);

#endif /* NARU_BENCH_SCRATCH_H */
