/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_RESULTS_H
#define NARU_BENCH_RESULTS_H

/* bench/results.h - every contender's figures for every workload */

#include "cores.h"
#include "options.h"
#include "run.h"
#include <time.h>

enum bench_state {
	BENCH_PENDING,	/* not asked for, or interrupted */
	BENCH_MEASURED, /* samples is not empty */
	BENCH_UNFIT,	/* the contender cannot do that; word says why */
	BENCH_SKIPPED,	/* it cannot run here, or was not compiled in */
	BENCH_FAILED,	/* an error, messages lost, or it hung */
};

struct bench_cell {
	enum bench_state state;
	char word[BENCH_WORD_MAX];
	uint64_t operations; /* of a run */
	struct bench_sample *samples;
	size_t count;
	struct bench_summary summary; /* once all runs are done */
};

enum { BENCH_CONTENDERS_MAX = 32 };

struct bench_results {
	const struct bench_options *options;
	const struct contender *const *contenders;
	size_t contender_count;
	struct bench_cores cores;
	time_t date;
	struct bench_cell *cells; /* by workload, then contender */
};

/* Remembers the two pointers. The caller frees it on success only. */
int bench_results_create(const struct bench_options *options,
			 const struct contender *const *contenders, size_t count,
			 struct bench_results *ret_results);
void bench_results_free(struct bench_results *results);

struct bench_cell *bench_results_cell(const struct bench_results *results,
				      size_t workload, size_t contender);

/* NULL if there is none of that name. */
const struct bench_cell *bench_results_find(const struct bench_results *results,
					    const char *workload, const char *contender);

void bench_results_summarize(struct bench_results *results);

enum { BENCH_NOTE_MAX = 256 };

/* What a reader of a cell must know beside its figures; "" if nothing. */
void bench_results_note(const struct bench_results *results, size_t workload,
			size_t contender, char ret_note[BENCH_NOTE_MAX]);

/* Such as "47.1 ns", "1.96 us"; at most 15 characters. */
void bench_format_ns(double nanoseconds, char *text, size_t size);

/* The processor's name. */
void bench_processor_name(char *name, size_t size);

#endif /* NARU_BENCH_RESULTS_H */
