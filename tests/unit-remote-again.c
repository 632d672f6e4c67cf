/* SPDX-License-Identifier: MIT */

/*
 * A request was done, its connection broke, and what comes of the repetition is not what
 * the first try would have said.
 */

#include <queue/handle.h>
#include <remote/client.h>
#include <string.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/script.h>
#include <support/unit.h>

static void test_a_send_takes_nobody_elses_number(void **state)
{
	static const int errors[] = {-ENOBUFS, -EACCES, -ENOSPC};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct script script = {
			.verb = NR_WIRE_SEND, .cuts = 1, .error = errors[i], .errors = 1};

		script_begin(&script);
		assert_int_equal(naru_queue_send(script.queue, 1, "a", 1, -1),
				 -ECONNRESET);
		assert_int_equal(naru_queue_send(script.queue, 1, "b", 1, -1), 0);
		assert_int_equal(script_count(&script, NR_WIRE_SEND), 3);
		assert_int_equal(script_number(&script, NR_WIRE_SEND, 1),
				 script_number(&script, NR_WIRE_SEND, 0));
		assert_true(script_number(&script, NR_WIRE_SEND, 2) >
			    script_number(&script, NR_WIRE_SEND, 0));
		script_end(&script);
	}
}

/* The server that comes next takes shorter frames only. */
static void test_a_send_that_became_too_long(void **state)
{
	struct script script = {.verb = NR_WIRE_SEND, .cuts = 1, .frame_max = 4096};
	static char large[5000];

	(void)state;
	script_begin(&script);
	assert_int_equal(naru_queue_send(script.queue, 1, large, sizeof(large), -1),
			 -ECONNRESET);
	assert_int_equal(naru_queue_send(script.queue, 1, "b", 1, -1), 0);
	assert_int_equal(script_count(&script, NR_WIRE_SEND), 2);
	assert_true(script_number(&script, NR_WIRE_SEND, 1) >
		    script_number(&script, NR_WIRE_SEND, 0));
	script_end(&script);
}

/* Nothing was repeated: what the server says is true. */
static void test_a_send_that_is_refused(void **state)
{
	struct script script = {.verb = NR_WIRE_SEND, .error = -ENOBUFS, .errors = 1};

	(void)state;
	script_begin(&script);
	assert_int_equal(naru_queue_send(script.queue, 1, "a", 1, -1), -ENOBUFS);
	assert_int_equal(naru_queue_send(script.queue, 1, "b", 1, -1), 0);
	script_end(&script);
}

/* Who may send, and not look, cannot know how large the queue is. */
static void test_a_send_without_a_look(void **state)
{
	struct script script = {.verb = NR_WIRE_STAT, .error = -EACCES, .errors = 1};

	(void)state;
	script_begin(&script);
	script.queue->remote->capacity = 1;
	assert_int_equal(naru_queue_send(script.queue, 1, "ab", 2, -1), 0);
	assert_int_equal(script_count(&script, NR_WIRE_SEND), 1);
	script_end(&script);
}

static const char *receive_one(struct script *script)
{
	return words_receive(script->queue, 0, 0);
}

/* It is ours if the first try was done, and it may have been. */
static void test_a_release_is_repeated_until_it_is_told(void **state)
{
	static const int errors[] = {-ENOBUFS, -EAGAIN, -ENOSPC, -EACCES};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct script script = {.verb = NR_WIRE_RELEASE,
					.cuts = 1,
					.error = errors[i],
					.errors = 2};

		script_begin(&script);
		assert_string_equal(receive_one(&script), "ECONNRESET");
		/* -EAGAIN is tried again by itself. */
		if (errors[i] != -EAGAIN)
			assert_string_equal(receive_one(&script),
					    strerrorname_np(-errors[i]));
		assert_string_equal(receive_one(&script), "7 hello");
		assert_int_equal(script_count(&script, NR_WIRE_TAKE), 1);
		assert_int_equal(script_count(&script, NR_WIRE_GIVE_BACK), 0);
		for (unsigned k = 0; k < 4; k++)
			assert_int_equal(script_number(&script, NR_WIRE_RELEASE, k),
					 script_number(&script, NR_WIRE_RELEASE, 0));
		script_end(&script);
	}
}

/* Who can wait does not hear of it. */
static void test_a_release_that_is_to_be_tried_again(void **state)
{
	struct script script = {.verb = NR_WIRE_RELEASE, .error = -EAGAIN, .errors = 1};

	(void)state;
	script_begin(&script);
	assert_string_equal(receive_one(&script), "7 hello");
	assert_int_equal(script_count(&script, NR_WIRE_TAKE), 2);
	assert_int_equal(script_count(&script, NR_WIRE_GIVE_BACK), 1);
	assert_int_equal(script_number(&script, NR_WIRE_GIVE_BACK, 0),
			 script_number(&script, NR_WIRE_TAKE, 0));
	script_end(&script);
}

static int receive_three(struct script *script)
{
	static char bytes[3][8];
	struct naru_item items[3];

	for (int i = 0; i < 3; i++)
		items[i] = (struct naru_item){0, bytes[i], sizeof(bytes[i])};
	return (int)naru_queue_receive_batch(script->queue, 0, 0, items, 3, 0);
}

static void assert_given_back(const struct script *script, unsigned first, unsigned end)
{
	uint64_t taken = script_number(script, NR_WIRE_TAKE, 0);

	assert_int_equal(script_count(script, NR_WIRE_GIVE_BACK), end - first);
	for (unsigned i = first; i < end; i++)
		assert_int_equal(script_number(script, NR_WIRE_GIVE_BACK, i - first),
				 taken + i);
}

/* The server stopped at the second one, and does not say why. */
static void test_what_is_not_released_is_given_back(void **state)
{
	struct script script = {.brings = 3, .releases = 1};

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), 1);
	assert_given_back(&script, 1, 3);
	script_end(&script);
}

/* Nobody else would have it until the handle is closed. */
static void test_a_give_back_that_is_refused(void **state)
{
	struct script script = {.verb = NR_WIRE_GIVE_BACK,
				.error = -ENOBUFS,
				.errors = 2,
				.brings = 3,
				.releases = 1};
	uint64_t refused;

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), 1);
	assert_given_back(&script, 1, 3);
	refused = script_number(&script, NR_WIRE_GIVE_BACK, 1);
	for (int i = 0; i < 2; i++) {
		room_stat(script.queue);
		assert_int_equal(script_count(&script, NR_WIRE_GIVE_BACK), 4);
		assert_int_equal(script_number(&script, NR_WIRE_GIVE_BACK, 2), refused);
		assert_int_equal(script_number(&script, NR_WIRE_GIVE_BACK, 3),
				 refused - 1);
	}
	script_end(&script);
}

/* A new connection's window is smaller: what else the first try has brought stays held.
 */
static void test_a_repetition_that_brings_less(void **state)
{
	struct script script = {
		.verb = NR_WIRE_TAKE, .cuts = 1, .brings = 3, .brings_again = 1};

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), 1);
	assert_given_back(&script, 1, 3);
	script_end(&script);
}

/* Nor does a repetition that is refused say that the first one brought nothing. */
static void test_a_repetition_that_brings_nothing(void **state)
{
	struct script script = {.verb = NR_WIRE_TAKE,
				.cuts = 1,
				.error = -ENOBUFS,
				.errors = 1,
				.brings = 3};

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), -ENOBUFS);
	assert_given_back(&script, 0, 3);
	script_end(&script);
}

/* Without a repetition there is nothing to be given back. */
static void test_a_take_that_brings_less(void **state)
{
	struct script script = {.brings = 1, .brings_again = 1};

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), 1);
	assert_given_back(&script, 0, 0);
	script_end(&script);
}

static uint64_t taken(const struct script *script, unsigned nth)
{
	return script_number(script, NR_WIRE_TAKE, nth) &
	       ((UINT64_C(1) << NR_WIRE_LANE_SHIFT) - 1);
}

/* What was not brought uses no numbers up. */
static void test_deliveries_are_counted(void **state)
{
	struct script script = {.brings = 2, .brings_again = 1};

	(void)state;
	script_begin(&script);
	assert_int_equal(receive_three(&script), 2);
	assert_int_equal(receive_three(&script), 1);
	assert_int_equal(receive_three(&script), 1);
	assert_int_equal(taken(&script, 0), 1);
	assert_int_equal(taken(&script, 1), 3);
	assert_int_equal(taken(&script, 2), 4);
	script_end(&script);
}

static void test_deliveries_begin_anew_at_their_end(void **state)
{
	struct script script = {.brings = 2, .brings_again = 1};
	struct nr_lane *lane;

	(void)state;
	script_begin(&script);
	lane = script.queue->remote->lane[0];
	lane->deliveries = (UINT64_C(1) << NR_WIRE_LANE_SHIFT) - 5;
	assert_int_equal(receive_three(&script), 2);
	assert_int_equal(receive_three(&script), 1);
	assert_int_equal(taken(&script, 0), (UINT64_C(1) << NR_WIRE_LANE_SHIFT) - 5);
	assert_int_equal(taken(&script, 1), 1);
	script_end(&script);
}

/* Nor does what is released at once. */
static void test_quiet_deliveries_have_one_number(void **state)
{
	struct script script = {.flags = NARU_UNCONFIRMED};

	(void)state;
	script_begin(&script);
	assert_string_equal(receive_one(&script), "7 hello");
	assert_string_equal(receive_one(&script), "7 hello");
	assert_int_equal(taken(&script, 0), 1);
	assert_int_equal(taken(&script, 1), 1);
	script_end(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_send_takes_nobody_elses_number),
		cmocka_unit_test(test_a_send_that_became_too_long),
		cmocka_unit_test(test_a_send_that_is_refused),
		cmocka_unit_test(test_a_send_without_a_look),
		cmocka_unit_test(test_a_release_is_repeated_until_it_is_told),
		cmocka_unit_test(test_a_release_that_is_to_be_tried_again),
		cmocka_unit_test(test_what_is_not_released_is_given_back),
		cmocka_unit_test(test_a_give_back_that_is_refused),
		cmocka_unit_test(test_a_repetition_that_brings_less),
		cmocka_unit_test(test_a_repetition_that_brings_nothing),
		cmocka_unit_test(test_a_take_that_brings_less),
		cmocka_unit_test(test_deliveries_are_counted),
		cmocka_unit_test(test_deliveries_begin_anew_at_their_end),
		cmocka_unit_test(test_quiet_deliveries_have_one_number),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
