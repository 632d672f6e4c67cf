/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_ROLE_H
#define NARU_BENCH_ROLE_H

/* bench/role.h - what each process of a run does */

#include "cores.h"
#include "stage.h"
#include "workload.h"

/* One run of one contender. The same for all its processes. */
struct bench_run {
	const struct contender *contender;
	const struct bench_workload *workload;
	struct bench_plan plan;
	struct bench_cores cores;
	struct bench_stage *stage;
	void *channel;
	uint64_t warm_up;    /* operations that are not measured */
	uint64_t operations; /* that are, after them */
	uint64_t idle_ns;    /* how long an idle receiver is watched */
};

/* The first senders + receivers processes of a run, each in a child of its own. */
int bench_role_play(const struct bench_run *run, enum bench_side side, unsigned index);

/* The sum of the numbers that the messages of @run carry, as receivers add them up. */
uint64_t bench_role_sum(const struct bench_run *run);

#endif /* NARU_BENCH_ROLE_H */
