/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_WORKLOAD_H
#define NARU_BENCH_WORKLOAD_H

/* bench/workload.h - what is measured: a table */

#include "bench.h"

enum bench_kind {
	BENCH_ROUND_TRIP,
	BENCH_ONE_WAY,
	BENCH_ONE_WAY_BATCH,
	BENCH_ONE_WAY_PLACE,
	BENCH_SELECT,
	BENCH_LIFE,
	BENCH_OPERATE,
	BENCH_HAND_OVER,
	BENCH_SEGMENT,
	BENCH_CONNECT,
	BENCH_IDLE,
};

enum { BENCH_BATCH = 32 };

struct bench_workload {
	const char *name;
	const char *title;
	const char *figure; /* what is measured, always in nanoseconds */
	enum bench_kind kind;
	unsigned need; /* of enum bench_can */
	size_t message;
	size_t capacity; /* of a segment its size */
	unsigned senders;
	unsigned receivers;
	bool one_core;
	bool crowded;	  /* a third process computes on the one core */
	bool busy;	  /* nobody waits in the kernel */
	bool talk;	  /* connect: a message there and back */
	bool undo;	  /* operations on semaphores, at the end of the process */
	uint64_t backlog; /* select: messages of other types */
	uint64_t first;	  /* operations of the first, short run */
};

extern const struct bench_workload bench_workloads[];
extern const size_t bench_workload_count;

/* NULL, or why @contender has no figure for it. */
const char *bench_workload_unfit(const struct bench_workload *workload,
				 const struct contender *contender);

/* The channel it needs. */
void bench_workload_plan(const struct bench_workload *workload,
			 const struct contender *contender, struct bench_plan *ret_plan);

/* Operations that it can count, not fewer than @wanted. */
uint64_t bench_workload_operations(const struct bench_workload *workload,
				   uint64_t wanted);

/* Operations are done so many at a time, and this is what the histogram times. */
uint64_t bench_workload_stride(const struct bench_workload *workload);

#endif /* NARU_BENCH_WORKLOAD_H */
