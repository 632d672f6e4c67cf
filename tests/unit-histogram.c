/* SPDX-License-Identifier: MIT */

/* The benchmark's arithmetic: quantiles of many values, medians of few runs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "histogram.h"
#include "sample.h"

static const struct bench_histogram empty;

static void assert_near(double value, double wanted, double share)
{
	assert_true(value >= wanted * (1 - share));
	assert_true(value <= wanted * (1 + share));
}

static struct bench_histogram *new_histogram(void)
{
	struct bench_histogram *histogram = malloc(sizeof(*histogram));

	assert_non_null(histogram);
	*histogram = empty;
	return histogram;
}

static void test_nothing_is_zero(void **state)
{
	(void)state;
	assert_true(bench_histogram_quantile(&empty, 0.5) == 0);
}

static void test_small_values_are_exact(void **state)
{
	struct bench_histogram *histogram = new_histogram();

	(void)state;
	for (uint64_t i = 1; i <= 200; i++)
		bench_histogram_add(histogram, i);
	assert_true(bench_histogram_quantile(histogram, 0) == 1);
	assert_true(bench_histogram_quantile(histogram, 0.005) == 1);
	assert_true(bench_histogram_quantile(histogram, 0.5) == 100);
	assert_true(bench_histogram_quantile(histogram, 1) == 200);
	free(histogram);
}

/* Every power of two and its neighbours: where a bucket ends, and the next begins. */
static void test_every_value_within_one_per_cent(void **state)
{
	(void)state;
	for (unsigned power = 0; power < 64; power++) {
		for (int beside = -1; beside <= 1; beside++) {
			struct bench_histogram *histogram = new_histogram();
			uint64_t value = (UINT64_C(1) << power) + (uint64_t)beside;

			bench_histogram_add(histogram, value);
			assert_near(bench_histogram_quantile(histogram, 0.5),
				    (double)value, 0.01);
			free(histogram);
		}
	}
}

static void test_largest_value(void **state)
{
	struct bench_histogram *histogram = new_histogram();

	(void)state;
	bench_histogram_add(histogram, UINT64_MAX);
	assert_int_equal(histogram->buckets[BENCH_HISTOGRAM_BUCKETS - 1], 1);
	assert_near(bench_histogram_quantile(histogram, 1), 18446744073709551615.0, 0.01);
	free(histogram);
}

static void test_quantiles_of_many(void **state)
{
	struct bench_histogram *histogram = new_histogram();

	(void)state;
	for (uint64_t i = 1; i <= 100000; i++)
		bench_histogram_add(histogram, i * 37);
	assert_near(bench_histogram_quantile(histogram, 0.5), 50000 * 37, 0.01);
	assert_near(bench_histogram_quantile(histogram, 0.9), 90000 * 37, 0.01);
	assert_near(bench_histogram_quantile(histogram, 0.99), 99000 * 37, 0.01);
	assert_near(bench_histogram_quantile(histogram, 0.999), 99900 * 37, 0.01);
	free(histogram);
}

static void test_rare_values_show_only_at_the_end(void **state)
{
	struct bench_histogram *histogram = new_histogram();

	(void)state;
	for (int i = 0; i < 9990; i++)
		bench_histogram_add(histogram, 100);
	for (int i = 0; i < 10; i++)
		bench_histogram_add(histogram, 1000000);
	assert_true(bench_histogram_quantile(histogram, 0.999) == 100);
	assert_near(bench_histogram_quantile(histogram, 0.9991), 1000000, 0.01);
	free(histogram);
}

static void test_quantile_of_sorted(void **state)
{
	static const double values[] = {1, 2, 4, 8};

	(void)state;
	assert_true(bench_sorted_quantile(values, 0, 0.5) == 0);
	assert_true(bench_sorted_quantile(values, 1, 0.5) == 1);
	assert_true(bench_sorted_quantile(values, 3, 0.5) == 2);
	assert_true(bench_sorted_quantile(values, 4, 0.5) == 3);
	assert_true(bench_sorted_quantile(values, 4, 0) == 1);
	assert_true(bench_sorted_quantile(values, 4, 0.25) == 1.75);
	assert_true(bench_sorted_quantile(values, 4, 1) == 8);
}

static void test_summary_takes_each_median_by_itself(void **state)
{
	static const struct bench_sample samples[] = {
		{.value = 30, .mean = 1, .floor_before = 80, .floor_after = 90},
		{.value = 10, .mean = 3, .floor_before = 300, .floor_after = 84},
		{.value = 20, .mean = 2, .floor_before = 82, .floor_after = 86},
	};
	struct bench_summary summary;

	(void)state;
	bench_summarize(samples, 3, &summary);
	assert_int_equal(summary.runs, 3);
	assert_true(summary.median.value == 20);
	assert_true(summary.median.mean == 2);
	assert_true(summary.median.floor_before == 82);
	assert_true(summary.minimum == 10);
	assert_true(summary.lower == 15);
	assert_true(summary.upper == 25);
	assert_true(summary.maximum == 30);
	assert_true(summary.floor == 85);
}

static void test_summary_of_nothing(void **state)
{
	struct bench_summary summary;

	(void)state;
	bench_summarize(NULL, 0, &summary);
	assert_int_equal(summary.runs, 0);
	assert_true(summary.median.value == 0);
	assert_true(summary.maximum == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_zero),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_every_value_within_one_per_cent),
		cmocka_unit_test(test_largest_value),
		cmocka_unit_test(test_quantiles_of_many),
		cmocka_unit_test(test_rare_values_show_only_at_the_end),
		cmocka_unit_test(test_quantile_of_sorted),
		cmocka_unit_test(test_summary_takes_each_median_by_itself),
		cmocka_unit_test(test_summary_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
