/* SPDX-License-Identifier: MIT */

#include "sample.h"

#include <stdlib.h>
#include <string.h>

/* More runs than this are not looked at. */
enum { RUNS_MAX = 1000 };

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

void bench_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
}

double bench_sorted_quantile(const double *sorted, size_t count, double quantile)
{
	double place;
	size_t below;

	if (count == 0)
		return 0;
	place = quantile * (double)(count - 1);
	below = (size_t)place;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] +
	       (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static double field_of(const struct bench_sample *sample, size_t offset)
{
	double value;

	memcpy(&value, (const char *)sample + offset, sizeof(value));
	return value;
}

static void sort_field(const struct bench_sample *samples, size_t count, size_t offset,
		       double *sorted)
{
	for (size_t i = 0; i < count; i++)
		sorted[i] = field_of(&samples[i], offset);
	bench_sort(sorted, count);
}

static double median_floor(const struct bench_sample *samples, size_t count)
{
	double floors[2 * RUNS_MAX];

	for (size_t i = 0; i < count; i++) {
		floors[2 * i] = samples[i].floor_before;
		floors[2 * i + 1] = samples[i].floor_after;
	}
	bench_sort(floors, 2 * count);
	return bench_sorted_quantile(floors, 2 * count, 0.5);
}

void bench_summarize(const struct bench_sample *samples, size_t count,
		     struct bench_summary *ret_summary)
{
	struct bench_summary summary = {0};
	double sorted[RUNS_MAX];

	if (count > RUNS_MAX)
		count = RUNS_MAX;
	for (size_t at = 0; at < sizeof(struct bench_sample); at += sizeof(double)) {
		sort_field(samples, count, at, sorted);
		double median = bench_sorted_quantile(sorted, count, 0.5);
		memcpy((char *)&summary.median + at, &median, sizeof(median));
	}
	sort_field(samples, count, offsetof(struct bench_sample, value), sorted);
	summary.minimum = bench_sorted_quantile(sorted, count, 0);
	summary.lower = bench_sorted_quantile(sorted, count, 0.25);
	summary.upper = bench_sorted_quantile(sorted, count, 0.75);
	summary.maximum = bench_sorted_quantile(sorted, count, 1);
	summary.floor = median_floor(samples, count);
	summary.runs = count;
	*ret_summary = summary;
}
