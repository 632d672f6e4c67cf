/* SPDX-License-Identifier: MIT */

#include "histogram.h"

enum { PER_POWER = 1 << BENCH_HISTOGRAM_BITS };

static unsigned bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < PER_POWER)
		return (unsigned)value;
	shift = 63 - (unsigned)__builtin_clzll(value) - BENCH_HISTOGRAM_BITS;
	return shift * PER_POWER + (unsigned)(value >> shift);
}

static double middle_of(unsigned bucket)
{
	unsigned shift;
	uint64_t first;

	if (bucket < 2 * PER_POWER)
		return bucket;
	shift = bucket / PER_POWER - 1;
	first = (uint64_t)(PER_POWER + bucket % PER_POWER) << shift;
	return (double)first + ((double)(UINT64_C(1) << shift) - 1) / 2;
}

void bench_histogram_add(struct bench_histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->buckets[bucket_of(value)]++;
}

double bench_histogram_quantile(const struct bench_histogram *histogram, double quantile)
{
	double wanted = quantile * (double)histogram->count;
	uint64_t below = 0;
	unsigned last = 0;

	for (unsigned i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		if (histogram->buckets[i] == 0)
			continue;
		last = i;
		below += histogram->buckets[i];
		if ((double)below >= wanted)
			break;
	}
	return middle_of(last);
}
