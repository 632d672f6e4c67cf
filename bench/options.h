/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_OPTIONS_H
#define NARU_BENCH_OPTIONS_H

/* bench/options.h - the command line of the benchmark */

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_RUNS_MAX = 99 };

struct bench_options {
	unsigned runs;
	uint64_t run_ns;	/* how long a run should measure */
	uint64_t idle_ns;	/* how long an idle receiver is watched */
	const char *workloads;	/* names with commas between, or NULL for all */
	const char *contenders; /* likewise */
	const char *json;	/* file to write, or NULL */
	const char *svg;	/* likewise */
	const char *commit;	/* of what is measured, or NULL */
	bool check;		/* fail if a goal is not reached */
	bool list;
};

/* 0; 1: it was --help, and was answered; -EINVAL: told on standard error. */
int bench_options_parse(int argc, char **argv, struct bench_options *ret_options);

#endif /* NARU_BENCH_OPTIONS_H */
