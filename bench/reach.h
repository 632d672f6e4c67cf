/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_REACH_H
#define NARU_BENCH_REACH_H

/* bench/reach.h - how fast naru is meant to be, as ratios of medians in one run */

#include "results.h"

enum bench_goal_state {
	BENCH_GOAL_UNKNOWN, /* a figure was not measured */
	BENCH_GOAL_REACHED,
	BENCH_GOAL_MISSED,
	BENCH_GOAL_FAILED, /* naru itself failed at that */
};

struct bench_goal {
	const char *text;
	bool at_most;
	double target;
	double ratio; /* unless it is unknown */
	enum bench_goal_state state;
};

extern const size_t bench_goal_count;

/* The goal of that index. */
struct bench_goal bench_goal_judge(const struct bench_results *results, size_t index);

#endif /* NARU_BENCH_REACH_H */
