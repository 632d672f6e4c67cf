/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_REPORT_H
#define NARU_BENCH_REPORT_H

/* bench/report.h - the results, for a reader, for a program, as a picture */

#include "results.h"
#include <stdio.h>

/* Everything, and the goals below it. Returns how many goals were missed. */
unsigned bench_report_table(const struct bench_results *results, FILE *file);

int bench_report_json(const struct bench_results *results, const char *path);

/* Round trips and one way, on a logarithmic scale. */
int bench_report_svg(const struct bench_results *results, const char *path);

/* Indices of the contenders with a figure for a workload, fastest first. */
size_t bench_report_rank(const struct bench_results *results, size_t workload,
			 size_t *ret_order);

#endif /* NARU_BENCH_REPORT_H */
