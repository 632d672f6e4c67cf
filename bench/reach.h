/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_REACH_H
#define NARU_BENCH_REACH_H

/* bench/reach.h - how fast naru is meant to be, as ratios of medians in one run */

#include "results.h"

struct bench_goal {
	const char *text;
	bool at_most;
	double target;
	double ratio; /* valid if known */
	bool known;   /* both figures were measured */
	bool reached;
};

extern const size_t bench_goal_count;

/* The goal of that index. */
struct bench_goal bench_goal_judge(const struct bench_results *results, size_t index);

#endif /* NARU_BENCH_REACH_H */
