/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_STAGE_H
#define NARU_BENCH_STAGE_H

/*
 * bench/stage.h - the memory that the processes of one run share
 *
 * They meet here before they begin and before they close, and leave here what
 * they measured. Who waits here sleeps: there may be more processes than cores.
 */

#include "histogram.h"
#include <stdatomic.h>
#include <sys/types.h>

enum { BENCH_PROCESSES_MAX = 16, BENCH_FAILURE_MAX = 96 };

struct bench_stage {
	_Alignas(64) _Atomic uint32_t opened;  /* receivers */
	_Alignas(64) _Atomic uint32_t arrived; /* at meetings, since the beginning */
	_Alignas(64) _Atomic uint64_t tickets; /* messages that receivers went to fetch */
	_Alignas(64) _Atomic uint64_t sum;     /* of the numbers that arrived */
	_Atomic uint64_t begin;		       /* ticks: the warm-up is over */
	_Atomic uint64_t end;		       /* ticks: the last one is done */
	uint64_t first;			       /* ticks, see struct bench_sample */
	uint64_t backlog;
	uint64_t processor; /* nanoseconds of processor time */
	pid_t receiver;
	_Atomic uint32_t failed; /* whoever sets it may write the next */
	char failure[BENCH_FAILURE_MAX];
	struct bench_histogram histogram; /* ticks */
};

/* NULL if there is no memory. Shared with the children that are forked later. */
struct bench_stage *bench_stage_create(void);

/* Wait until *@word is at least @value. */
void bench_stage_await(_Atomic uint32_t *word, uint32_t value);

/* Add one, and wake who waits for it. */
void bench_stage_count(_Atomic uint32_t *word);

/* Go on when @processes have come here; @meeting counts from 1. */
void bench_stage_meet(struct bench_stage *stage, unsigned processes, unsigned meeting);

/* Leave word of what went wrong; only the first one is kept. */
void bench_stage_fail(struct bench_stage *stage, const char *what, int error);

#endif /* NARU_BENCH_STAGE_H */
