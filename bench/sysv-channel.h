/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_SYSV_CHANNEL_H
#define NARU_BENCH_SYSV_CHANNEL_H

/*
 * bench/sysv-channel.h - the System V objects that the processes of a run use
 *
 * On naru they are in a space of the run's own. The parent never calls the drop-in, for
 * it would be bound to the space of the first run: a child makes the objects.
 */

#include "bench.h"
#include "scratch.h"
#include "sysv-calls.h"

/* Shared with the children, so that they can leave identifiers in it. */
struct bench_sysv_channel {
	const struct bench_plan *plan;
	const struct bench_sysv_calls *calls;
	struct bench_scratch scratch; /* the space; on the kernel unused */
	int there;
	int back;
	int semaphores; /* -1 unless the plan wants them, and then no queues */
	int error;
};

/* The drop-in's if @calls is not the kernel's. */
int bench_sysv_channel_create(const struct bench_plan *plan,
			      const struct bench_sysv_calls *calls, void **ret_channel);
void bench_sysv_channel_remove(void *channel);

/* In a child, before its first call. */
int bench_sysv_channel_enter(const struct bench_sysv_channel *channel);

#endif /* NARU_BENCH_SYSV_CHANNEL_H */
