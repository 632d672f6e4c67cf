/* SPDX-License-Identifier: MIT */

/* To yield is given up where it takes long, and tried again later. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A clock and a kernel of our own. */
#define nr_clock_monotonic fake_clock
#define nr_process_yield   fake_yield
#include "../src/space/yield.c"

static uint64_t now, delay;
static unsigned yields;

uint64_t fake_clock(void)
{
	return now;
}

void fake_yield(void)
{
	yields++;
	now += delay;
}

/* How many of @count are made. */
static unsigned yield_times(struct nr_yield *yield, unsigned count, uint64_t each)
{
	yields = 0;
	delay = each;
	for (unsigned i = 0; i < count; i++)
		nr_yield(yield);
	return yields;
}

static int set_up(void **state)
{
	static struct nr_yield yield;

	yield = (struct nr_yield){0};
	now = 1000000;
	*state = &yield;
	return 0;
}

static void test_short_ones_go_on(void **state)
{
	assert_int_equal(yield_times(*state, 1000, 2000), 1000);
}

static void test_one_long_one_may_be_chance(void **state)
{
	for (int i = 0; i < 10; i++) {
		assert_int_equal(yield_times(*state, 1, 3000000), 1);
		assert_int_equal(yield_times(*state, 100, 2000), 100);
	}
}

static void test_two_long_ones_end_it(void **state)
{
	assert_int_equal(yield_times(*state, 1000, 3000000), 2);
}

/* As it is with a third process: every other turn is its. */
static void test_every_other_one(void **state)
{
	unsigned long_ones = 0;

	for (int i = 0; i < 100; i++) {
		long_ones += yield_times(*state, 1, 3000000);
		yield_times(*state, 1, 2000);
	}
	assert_int_equal(long_ones, 2);
}

static void test_it_is_tried_again(void **state)
{
	yield_times(*state, 2, 3000000);
	now += UINT64_C(3000000) * 63;
	assert_int_equal(yield_times(*state, 1, 2000), 0);
	now += UINT64_C(3000000) * 2;
	/* Still no better: one try is enough. */
	assert_int_equal(yield_times(*state, 10, 3000000), 1);
	now += UINT64_C(3000000) * 65;
	assert_int_equal(yield_times(*state, 10, 2000), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_short_ones_go_on, set_up),
		cmocka_unit_test_setup(test_one_long_one_may_be_chance, set_up),
		cmocka_unit_test_setup(test_two_long_ones_end_it, set_up),
		cmocka_unit_test_setup(test_every_other_one, set_up),
		cmocka_unit_test_setup(test_it_is_tried_again, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
