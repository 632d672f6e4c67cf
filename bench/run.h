/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_RUN_H
#define NARU_BENCH_RUN_H

/* bench/run.h - one run of one contender: processes forked, watched and measured */

#include "role.h"
#include "sample.h"

enum { BENCH_WORD_MAX = 128 };

/*
 * The caller fills in run's contender, workload, cores, stage, warm_up,
 * operations and idle_ns; the rest is made here. Nothing of it is left after.
 *
 * -EINTR	somebody wants the benchmark to end
 * others	ret_word says in a few words what happened
 */
int bench_run(struct bench_run *run, struct bench_sample *ret_sample,
	      char ret_word[BENCH_WORD_MAX]);

#endif /* NARU_BENCH_RUN_H */
