/* SPDX-License-Identifier: MIT */

/* The checker of histories itself, over hand-made ones, good and bad. */

#include <support/history.h>
#include <support/unit.h>

#define SEND(m, t, from, to)                                                             \
	{                                                                                \
		.kind = HISTORY_SEND, .message = m, .type = t, .start = from, .end = to, \
		.operation = 1000 + m                                                    \
	}
#define RECEIVE(m, t, s, from, to)                                                       \
	{                                                                                \
		.kind = HISTORY_RECEIVE, .message = m, .type = t, .select = s,           \
		.start = from, .end = to, .operation = 2000 + m                          \
	}
#define EXCEPT(m, t, s, from, to)                                                        \
	{                                                                                \
		.kind = HISTORY_RECEIVE, .message = m, .type = t, .select = s,           \
		.except = true, .start = from, .end = to, .operation = 2000 + m          \
	}
#define EMPTY(s, from, to)                                                               \
	{                                                                                \
		.kind = HISTORY_EMPTY, .select = s, .start = from, .end = to,            \
		.operation = 3000                                                        \
	}

#define verdict(...)                                                                     \
	history_check((const struct history_event[]){__VA_ARGS__},                       \
		      sizeof((const struct history_event[]){__VA_ARGS__}) /              \
			      sizeof(struct history_event),                              \
		      9, NULL)

static void test_in_order(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(0, 1, 0, 50, 60), RECEIVE(1, 2, 0, 70, 80)),
			 HISTORY_GOOD);
}

static void test_out_of_order(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 0, 50, 60), RECEIVE(0, 1, 0, 70, 80)),
			 HISTORY_OVERTAKEN);
	assert_int_equal(
		verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40), RECEIVE(1, 2, 0, 50, 60)),
		HISTORY_OVERTAKEN);
}

static void test_sends_that_overlap_have_no_order(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 35), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 0, 50, 60), RECEIVE(0, 1, 0, 70, 80)),
			 HISTORY_GOOD);
}

static void test_receives_that_overlap_have_no_order(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 0, 50, 60), RECEIVE(0, 1, 0, 55, 80)),
			 HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 0, 50, 90), RECEIVE(0, 1, 0, 55, 80)),
			 HISTORY_GOOD);
}

/* The receive had begun before either send, but it happened after the second. */
static void test_a_receive_that_waited(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 0, 5, 60), RECEIVE(0, 1, 0, 70, 80)),
			 HISTORY_OVERTAKEN);
}

static void test_what_is_not_admitted_may_be_passed(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 RECEIVE(1, 2, 2, 50, 60), RECEIVE(0, 1, 1, 70, 80)),
			 HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 1, 30, 40),
				 RECEIVE(1, 1, 1, 50, 60), RECEIVE(0, 1, 1, 70, 80)),
			 HISTORY_OVERTAKEN);
}

static void test_any_but_a_type(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 EXCEPT(1, 2, 1, 50, 60), RECEIVE(0, 1, 0, 70, 80)),
			 HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), SEND(1, 2, 30, 40),
				 EXCEPT(1, 2, 3, 50, 60), RECEIVE(0, 1, 0, 70, 80)),
			 HISTORY_OVERTAKEN);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), EXCEPT(0, 1, 1, 50, 60)),
			 HISTORY_OTHER_TYPE);
}

static void test_the_lowest_type(void **state)
{
	(void)state;
	/* A lower type is preferred, though younger, if it was there for certain. */
	assert_int_equal(verdict(SEND(0, 5, 10, 20), SEND(1, 3, 30, 40),
				 RECEIVE(1, 3, -5, 50, 60), RECEIVE(0, 5, -5, 70, 80)),
			 HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 5, 10, 20), SEND(1, 3, 30, 40),
				 RECEIVE(0, 5, -5, 50, 60), RECEIVE(1, 3, -5, 70, 80)),
			 HISTORY_OVERTAKEN);
	assert_int_equal(verdict(SEND(0, 5, 10, 20), SEND(1, 3, 30, 55),
				 RECEIVE(0, 5, -5, 50, 60), RECEIVE(1, 3, -5, 70, 80)),
			 HISTORY_GOOD);
	/* Among those of one type it is the age. */
	assert_int_equal(verdict(SEND(0, 3, 10, 20), SEND(1, 3, 30, 40),
				 RECEIVE(1, 3, -5, 50, 60)),
			 HISTORY_OVERTAKEN);
	/* What is above the limit does not count; INT64_MIN admits all. */
	assert_int_equal(verdict(SEND(0, 6, 10, 20), SEND(1, 3, 30, 40),
				 RECEIVE(1, 3, -5, 50, 60)),
			 HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 3, 10, 20), SEND(1, INT64_MAX, 30, 40),
				 RECEIVE(1, INT64_MAX, INT64_MIN, 50, 60)),
			 HISTORY_OVERTAKEN);
}

static void test_batches_have_an_order_inside(void **state)
{
	struct history_event first = SEND(0, 1, 10, 20), second = SEND(1, 1, 10, 20);
	struct history_event early = RECEIVE(0, 1, 0, 50, 60);
	struct history_event late = RECEIVE(1, 1, 0, 50, 60);

	(void)state;
	second.operation = first.operation;
	second.rank = 1;
	assert_int_equal(verdict(first, second, RECEIVE(1, 1, 0, 30, 40), early),
			 HISTORY_OVERTAKEN);
	late.operation = early.operation;
	late.rank = 1;
	assert_int_equal(verdict(first, second, early, late), HISTORY_GOOD);
	late.rank = 0;
	early.rank = 1;
	assert_int_equal(verdict(first, second, early, late), HISTORY_OVERTAKEN);
}

static void test_nonsense(void **state)
{
	(void)state;
	assert_int_equal(verdict(SEND(0, 1, 10, 20), RECEIVE(0, 1, 0, 30, 40),
				 RECEIVE(0, 1, 0, 50, 60)),
			 HISTORY_TWICE);
	assert_int_equal(verdict(RECEIVE(0, 1, 0, 30, 40)), HISTORY_NEVER_SENT);
	assert_int_equal(verdict(SEND(0, 1, 50, 60), RECEIVE(0, 1, 0, 30, 40)),
			 HISTORY_BEFORE_SENT);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), RECEIVE(0, 2, 0, 30, 40)),
			 HISTORY_OTHER_TYPE);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), RECEIVE(0, 1, 2, 30, 40)),
			 HISTORY_OTHER_TYPE);
}

static void test_nothing_found(void **state)
{
	(void)state;
	assert_int_equal(verdict(EMPTY(0, 10, 20)), HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), EMPTY(0, 30, 40)),
			 HISTORY_OVERLOOKED);
	assert_int_equal(verdict(SEND(0, 1, 10, 20), EMPTY(2, 30, 40)), HISTORY_GOOD);
	assert_int_equal(verdict(SEND(0, 1, 10, 35), EMPTY(0, 30, 40)), HISTORY_GOOD);
	assert_int_equal(
		verdict(SEND(0, 1, 10, 20), EMPTY(0, 30, 40), RECEIVE(0, 1, 0, 39, 50)),
		HISTORY_GOOD);
	assert_int_equal(
		verdict(SEND(0, 1, 10, 20), EMPTY(0, 30, 40), RECEIVE(0, 1, 0, 41, 50)),
		HISTORY_OVERLOOKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_sends_that_overlap_have_no_order),
		cmocka_unit_test(test_receives_that_overlap_have_no_order),
		cmocka_unit_test(test_a_receive_that_waited),
		cmocka_unit_test(test_what_is_not_admitted_may_be_passed),
		cmocka_unit_test(test_any_but_a_type),
		cmocka_unit_test(test_the_lowest_type),
		cmocka_unit_test(test_batches_have_an_order_inside),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_nothing_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
