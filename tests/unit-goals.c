/* SPDX-License-Identifier: MIT */

/* What the benchmark makes of its figures: goals, workloads that fit, notes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"
#include "reach.h"

static const struct contender naru = {.name = "naru", .can = UINT32_MAX};
static const struct contender kernel = {
	.name = "System V", .can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_SELECT};
static const struct contender slow_ring = {.name = "bare ring (state)",
					   .can = BENCH_CAN_TRY};
static const struct contender fast_ring = {.name = "bare ring (tail)",
					   .can = BENCH_CAN_TRY};
static const struct contender drop_in = {.name = "System V on naru",
					 .can = BENCH_CAN_BLOCK | BENCH_CAN_OPERATE |
						BENCH_CAN_ATTACH};
static const struct contender stream = {.name = "naru stream",
					.can = BENCH_CAN_BLOCK | BENCH_CAN_CONNECT};
static const struct contender stream_tcp = {.name = "naru stream (tcp)"};
static const struct contender stream_tls = {.name = "naru stream (tls)"};
static const struct contender unix_stream = {.name = "Unix stream"};
static const struct contender tcp = {.name = "TCP loopback"};
static const struct contender openssl = {.name = "OpenSSL"};
static const struct contender boost = {.name = "Boost", .absent = "no libboost-dev"};

enum {
	NARU,
	KERNEL,
	SLOW_RING,
	FAST_RING,
	BOOST,
	DROP_IN,
	STREAM,
	UNIX,
	CONTENDERS = 12
};

static const struct contender *const contenders[CONTENDERS] = {
	&naru,	 &kernel,      &slow_ring,  &fast_ring,	 &boost, &drop_in,
	&stream, &unix_stream, &stream_tcp, &stream_tls, &tcp,	 &openssl};
static const struct bench_options options = {.runs = 1};

static size_t workload(const char *name)
{
	for (size_t i = 0; i < bench_workload_count; i++)
		if (strcmp(bench_workloads[i].name, name) == 0)
			return i;
	fail_msg("no workload %s", name);
	return 0;
}

static struct bench_results new_results(void)
{
	struct bench_results results;

	assert_int_equal(bench_results_create(&options, contenders, CONTENDERS, &results),
			 0);
	return results;
}

static void put(struct bench_results *results, const char *name, size_t contender,
		double value)
{
	struct bench_cell *cell = bench_results_cell(results, workload(name), contender);

	cell->samples[0].value = value;
	cell->count = 1;
	bench_results_summarize(results);
}

static struct bench_goal goal(const struct bench_results *results, const char *text)
{
	for (size_t i = 0; i < bench_goal_count; i++) {
		struct bench_goal one = bench_goal_judge(results, i);

		if (strcmp(one.text, text) == 0)
			return one;
	}
	fail_msg("no goal %s", text);
	return (struct bench_goal){0};
}

static void test_at_least(void **state)
{
	static const char text[] = "one way 64 B: the kernel's msgsnd/msgrcv";
	struct bench_results results = new_results();

	(void)state;
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_UNKNOWN);
	put(&results, "one-way-64", NARU, 50);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_UNKNOWN);
	put(&results, "one-way-64", KERNEL, 750);
	assert_true(goal(&results, text).ratio == 15);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_REACHED);
	put(&results, "one-way-64", KERNEL, 749);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

/* naru's own figures have no part in it. */
static void test_drop_in(void **state)
{
	static const char semop[] = "drop-in, semop: the kernel's";
	static const char segment[] = "drop-in, segment of 1 GiB: the kernel's";
	struct bench_results results = new_results();

	(void)state;
	put(&results, "semop", NARU, 1);
	put(&results, "semop", KERNEL, 400);
	assert_int_equal(goal(&results, semop).state, BENCH_GOAL_UNKNOWN);
	put(&results, "semop", DROP_IN, 50);
	assert_true(goal(&results, semop).ratio == 8);
	assert_int_equal(goal(&results, semop).state, BENCH_GOAL_REACHED);
	put(&results, "semop", DROP_IN, 51);
	assert_int_equal(goal(&results, semop).state, BENCH_GOAL_MISSED);
	put(&results, "shm-1g", KERNEL, 100);
	put(&results, "shm-1g", DROP_IN, 1000);
	assert_int_equal(goal(&results, segment).state, BENCH_GOAL_REACHED);
	put(&results, "shm-1g", DROP_IN, 1001);
	assert_int_equal(goal(&results, segment).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

static void test_streams(void **state)
{
	static const char text[] = "stream, connect, accept, close: a Unix socket's";
	struct bench_results results = new_results();

	(void)state;
	put(&results, "connect", UNIX, 4000);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_UNKNOWN);
	put(&results, "connect", STREAM, 12000);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_REACHED);
	put(&results, "connect", STREAM, 12001);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

/* A misspelt name would make a goal that nothing ever reaches. */
static void test_every_goal_can_be_judged(void **state)
{
	struct bench_results results = new_results();

	(void)state;
	for (size_t i = 0; i < bench_workload_count; i++)
		for (size_t k = 0; k < CONTENDERS; k++)
			put(&results, bench_workloads[i].name, k, 100);
	for (size_t i = 0; i < bench_goal_count; i++) {
		struct bench_goal one = bench_goal_judge(&results, i);

		if (!strstr(one.text, "ZeroMQ"))
			assert_int_not_equal(one.state, BENCH_GOAL_UNKNOWN);
	}
	bench_results_free(&results);
}

static void test_at_most(void **state)
{
	static const char text[] = "by type behind 1e6 against 1e3";
	struct bench_results results = new_results();

	(void)state;
	put(&results, "type-1e3", NARU, 100);
	put(&results, "type-1e6", NARU, 200);
	assert_true(goal(&results, text).at_most);
	assert_true(goal(&results, text).ratio == 2);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_REACHED);
	put(&results, "type-1e6", NARU, 201);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

static void test_faster_ring_counts(void **state)
{
	static const char text[] =
		"round trip, blocking, two cores: bare ring's busy one";
	struct bench_results results = new_results();

	(void)state;
	put(&results, "round-trip-blocking", NARU, 300);
	put(&results, "round-trip-busy", SLOW_RING, 400);
	assert_true(goal(&results, text).ratio == 0.75);
	put(&results, "round-trip-busy", FAST_RING, 100);
	assert_true(goal(&results, text).ratio == 3);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

/* No processor time at all is a figure, and the best one. */
static void test_idle_goal(void **state)
{
	static const char text[] = "idle receiver: ms of processor time";
	struct bench_results results = new_results();

	(void)state;
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_UNKNOWN);
	put(&results, "idle", NARU, 0);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_REACHED);
	put(&results, "idle", NARU, 1.1e6);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_MISSED);
	bench_results_free(&results);
}

static void test_failure_is_no_figure(void **state)
{
	static const char text[] = "in place, 1 MiB against 64 B";
	struct bench_results results = new_results();

	(void)state;
	put(&results, "in-place-64", NARU, 100);
	put(&results, "in-place-1m", NARU, 100);
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_REACHED);
	bench_results_cell(&results, workload("in-place-1m"), NARU)->state = BENCH_FAILED;
	assert_int_equal(goal(&results, text).state, BENCH_GOAL_FAILED);
	bench_results_free(&results);
}

static void test_cells_say_why_they_are_empty(void **state)
{
	struct bench_results results = new_results();
	const struct bench_cell *cell;
	char note[BENCH_NOTE_MAX];

	(void)state;
	cell = bench_results_cell(&results, workload("in-place-64"), KERNEL);
	assert_int_equal(cell->state, BENCH_UNFIT);
	bench_results_note(&results, workload("in-place-64"), KERNEL, note);
	assert_string_equal(note, "it always copies");
	cell = bench_results_cell(&results, workload("one-way-64"), BOOST);
	assert_int_equal(cell->state, BENCH_SKIPPED);
	assert_string_equal(cell->word, "no libboost-dev");
	cell = bench_results_cell(&results, workload("semop-hand-over"), KERNEL);
	assert_string_equal(cell->word, "it has no semaphores");
	cell = bench_results_cell(&results, workload("shm-4k"), KERNEL);
	assert_string_equal(cell->word, "it has no segments");
	cell = bench_results_cell(&results, workload("connect"), KERNEL);
	assert_string_equal(cell->word, "it has no connections");
	bench_results_free(&results);
}

/* Receivers fetch whole strides, and senders send equal shares. */
static void test_operations_can_be_divided(void **state)
{
	(void)state;
	for (size_t i = 0; i < bench_workload_count; i++) {
		const struct bench_workload *what = &bench_workloads[i];
		uint64_t operations = bench_workload_operations(what, 1001);

		assert_true(operations >= 1001);
		assert_int_equal(operations % bench_workload_stride(what), 0);
		if (what->kind >= BENCH_ONE_WAY && what->kind <= BENCH_ONE_WAY_PLACE)
			assert_int_equal(operations % what->senders, 0);
		/* What is taken from a semaphore is given back. */
		if (what->kind == BENCH_OPERATE || what->kind == BENCH_HAND_OVER)
			assert_int_equal(operations % 2, 0);
	}
}

static struct bench_plan plan_of(const char *name)
{
	struct bench_plan plan;

	bench_workload_plan(&bench_workloads[workload(name)], &drop_in, &plan);
	return plan;
}

/* A queue is made as large as its plan says, also for those that only want a segment. */
static void test_plans(void **state)
{
	(void)state;
	assert_true(plan_of("semop").semaphores);
	assert_int_equal(plan_of("semop").receivers, 0);
	assert_true(plan_of("semop-hand-over").semaphores);
	assert_true(plan_of("semop-hand-over").blocking);
	assert_false(plan_of("shm-1g").semaphores);
	assert_int_equal(plan_of("shm-1g").capacity, 0);
	assert_int_equal(plan_of("shm-1g").messages, 0);
	assert_int_equal(plan_of("one-way-64").capacity, 1 << 20);
}

static void test_lists_of_names(void **state)
{
	static const char *const names[] = {"pipe", "TCP loopback"};
	static const char list[] = "pipe,TCP,TCP loopback";
	int length = 0;

	(void)state;
	assert_true(bench_names_has(NULL, "pipe"));
	assert_true(bench_names_has(list, "pipe"));
	assert_true(bench_names_has(list, "TCP loopback"));
	assert_false(bench_names_has(list, "loopback"));
	assert_false(bench_names_has("", "pipe"));
	assert_null(bench_names_unknown(NULL, names, 2, &length));
	assert_null(bench_names_unknown("TCP loopback,pipe", names, 2, &length));
	assert_ptr_equal(bench_names_unknown(list, names, 2, &length), list + 5);
	assert_int_equal(length, 3);
}

static void assert_format(double nanoseconds, const char *wanted)
{
	char text[16];

	bench_format_ns(nanoseconds, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void test_format(void **state)
{
	(void)state;
	assert_format(0, "0.00 ns");
	assert_format(9.994, "9.99 ns");
	assert_format(9.996, "10.0 ns");
	assert_format(99.96, "100 ns");
	assert_format(999.4, "999 ns");
	assert_format(999.6, "1.00 us");
	assert_format(40800, "40.8 us");
	assert_format(5e9, "5.00 s");
	assert_format(5e12, "5000 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_least),
		cmocka_unit_test(test_drop_in),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_every_goal_can_be_judged),
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_faster_ring_counts),
		cmocka_unit_test(test_idle_goal),
		cmocka_unit_test(test_failure_is_no_figure),
		cmocka_unit_test(test_cells_say_why_they_are_empty),
		cmocka_unit_test(test_operations_can_be_divided),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_lists_of_names),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
