/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_HISTOGRAM_H
#define NARU_BENCH_HISTOGRAM_H

/*
 * bench/histogram.h - counts of values of any size, to within one per cent
 *
 * Values below 128 have a bucket each; above, each power of two has 128. No
 * pointers: it can lie in shared memory, and all zeros is an empty one.
 */

#include <stdint.h>

#define BENCH_HISTOGRAM_BITS	7
#define BENCH_HISTOGRAM_BUCKETS ((64 - BENCH_HISTOGRAM_BITS + 1) << BENCH_HISTOGRAM_BITS)

struct bench_histogram {
	uint64_t count;
	uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

void bench_histogram_add(struct bench_histogram *histogram, uint64_t value);

/*
 * The value that the share @quantile (0 to 1) of all values does not exceed, as
 * the middle of its bucket. 0 if there are none.
 */
double bench_histogram_quantile(const struct bench_histogram *histogram, double quantile);

#endif /* NARU_BENCH_HISTOGRAM_H */
