/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_SAMPLE_H
#define NARU_BENCH_SAMPLE_H

/* bench/sample.h - what one run measured, and what several of them say together */

#include <stddef.h>

enum bench_quantile { BENCH_P50, BENCH_P90, BENCH_P99, BENCH_P999, BENCH_QUANTILES };

/* Nanoseconds. */
struct bench_sample {
	double value; /* the workload's figure: of an operation, or of the processor */
	double mean;  /* elapsed, per operation */
	double quantile[BENCH_QUANTILES];
	double floor_before; /* a cache line to the other core and back */
	double floor_after;
	double first;	/* by type: the first receive, which steps over the backlog */
	double backlog; /* by type: how many messages there were to step over */
};

/* Over runs: the median of each field, and how far the values spread. */
struct bench_summary {
	struct bench_sample median;
	double minimum;
	double lower; /* quartile */
	double upper; /* quartile */
	double maximum;
	double floor; /* median of all the floors */
	size_t runs;
};

/* Ascending. */
void bench_sort(double *values, size_t count);

/* The value at the share @quantile of @count sorted ones, interpolated. */
double bench_sorted_quantile(const double *sorted, size_t count, double quantile);

/* Zeros if @count is 0. */
void bench_summarize(const struct bench_sample *samples, size_t count,
		     struct bench_summary *ret_summary);

#endif /* NARU_BENCH_SAMPLE_H */
