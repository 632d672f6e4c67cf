/* SPDX-License-Identifier: MIT */

/* Requests that wait in the server: for messages, for room, for a word */

#include <stdio.h>
#include <string.h>
#include <support/serving.h>
#include <support/unit.h>

#define TCP "tcp://127.0.0.1:0"

static void say_watch(struct lane *lane, unsigned flags, int timeout_ms, uint32_t which)
{
	const struct nr_wire_watch watch = {.which = which};

	lane_say(lane, NR_WIRE_WATCH, flags, timeout_ms, &watch, sizeof(watch));
}

static void test_timeout(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open_queue(serving, 1, 0, "q");
	struct naru_queue *queue = room_reopen(*state, "q");
	char large[1001] = "";

	memset(large, 'x', 1000);
	lane_say_take(&lane, 0, 0, 1, 0);
	assert_int_equal(lane_hear_value(&lane), -EAGAIN);
	lane_say_take(&lane, 0, 1, 1, 0);
	assert_int_equal(lane_hear_value(&lane), -ETIMEDOUT);
	say_watch(&lane, 0, 1, NARU_READABLE);
	assert_int_equal(lane_hear_value(&lane), -ETIMEDOUT);
	for (uint64_t i = 1; i <= 65; i++)
		assert_int_equal(lane_send(&lane, i, 1, large), 1);
	lane_say_send(&lane, 0, 1, 66, 1, large);
	assert_int_equal(lane_hear_value(&lane), -ETIMEDOUT);
	say_watch(&lane, 0, 0, NARU_READABLE);
	assert_int_equal(lane_hear_value(&lane), 0);
	assert_int_equal(room_stat(queue).messages, 65);
	naru_queue_close(queue);
	lane_close(&lane);
	serving_stop(serving);
}

/* Local senders and receivers wake remote ones; in the order in which they came. */
static void test_order(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane first = lane_open_queue(serving, 1, 0, "q");
	struct lane second = lane_open_queue(serving, 2, 0, "q");
	struct lane third = lane_open_queue(serving, 3, 0, "q");
	struct lane control = lane_open_queue(serving, 4, 0, "q");
	struct naru_queue *queue = room_reopen(*state, "q");
	struct naru_queue_options smaller = NARU_INIT(smaller, .messages = 1);
	char buffer[16];

	lane_say_take(&first, 0, -1, 1, 0);
	lane_await_waiting(&control, 0, 1);
	lane_say_take(&second, 0, -1, 1, 0);
	lane_await_waiting(&control, 0, 2);
	lane_say_take(&third, 0, -1, 1, 8);
	lane_await_waiting(&control, 0, 3);
	assert_int_equal(naru_queue_send(queue, 8, "a", 1, -1), 0);
	lane_hear_message(&first, 8, "a");
	assert_int_equal(naru_queue_send(queue, 7, "b", 1, -1), 0);
	lane_hear_message(&second, 7, "b");
	/* Of a type that is not wanted, one stays; the wanted one comes behind it. */
	assert_int_equal(naru_queue_send(queue, 7, "c", 1, -1), 0);
	lane_await_waiting(&control, 0, 1);
	assert_int_equal(naru_queue_send(queue, 8, "d", 1, -1), 0);
	lane_hear_message(&third, 8, "d");
	assert_int_equal(lane_release(&first, 1, 1), 1);
	assert_int_equal(lane_release(&second, 1, 1), 1);
	assert_int_equal(lane_release(&third, 1, 1), 1);
	/* One message is there, and no room for more. */
	assert_int_equal(naru_queue_set(queue, &smaller), 0);
	lane_say_send(&first, 0, -1, 1, 1, "e");
	lane_await_waiting(&control, 1, 0);
	lane_say_send(&second, 0, -1, 1, 1, "f");
	lane_await_waiting(&control, 2, 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 16, -1, NULL), 1);
	assert_int_equal(lane_hear_value(&first), 1);
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 16, -1, NULL), 1);
	assert_int_equal(buffer[0], 'e');
	assert_int_equal(lane_hear_value(&second), 1);
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 16, -1, NULL), 1);
	assert_int_equal(buffer[0], 'f');
	naru_queue_close(queue);
	lane_close(&first);
	lane_close(&second);
	lane_close(&third);
	lane_close(&control);
	serving_stop(serving);
}

/* Very many wait, each for a type of its own. */
static void test_many(void **state)
{
	enum { MANY = 100 };
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane control = lane_open_queue(serving, 1000, 0, "q");
	struct lane lanes[MANY];

	for (int i = 0; i < MANY; i++) {
		lanes[i] = lane_open_queue(serving, (uint64_t)i + 1, 0, "q");
		lane_say_take(&lanes[i], i % 2 ? NR_WIRE_QUIET : 0, -1, 1, i + 1);
	}
	lane_await_waiting(&control, 0, MANY);
	for (int i = MANY - 1; i >= 0; i--) {
		char text[16];

		snprintf(text, sizeof(text), "number %d", i);
		assert_int_equal(lane_send(&control, (uint64_t)(MANY - i), i + 1, text),
				 1);
		lane_hear_message(&lanes[i], i + 1, text);
	}
	for (int i = 0; i < MANY; i++)
		lane_close(&lanes[i]);
	lane_close(&control);
	serving_stop(serving);
}

static void test_cancel(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct serving *serving = serving_start(*state, TCP, NULL);
		struct lane lane = i == 0 ? lane_open_queue(serving, 1, 0, "q")
					  : lane_open_plain(serving, 1, 0, "q");
		struct lane control = lane_open_queue(serving, 2, 0, "q");

		lane_say_take(&lane, 0, -1, 1, 0);
		lane_await_waiting(&control, 0, 1);
		/* Of another one: nothing. */
		lane_say_cancel(&lane, lane.serial - 1);
		lane_say_cancel(&lane, lane.serial);
		assert_int_equal(lane_hear_value(&lane), -EINTR);
		assert_int_equal(lane_stat(&control).waiting_receivers, 0);
		/* It comes too late, and is no matter. */
		lane_say_take(&lane, 0, 0, 1, 0);
		lane_say_cancel(&lane, lane.serial);
		assert_int_equal(lane_hear_value(&lane), -EAGAIN);
		/* Behind requests that wait for their turn. */
		lane_say_take(&lane, 0, -1, 1, 0);
		lane_say(&lane, NR_WIRE_STAT, 0, 0, NULL, 0);
		lane_say_cancel(&lane, lane.serial - 1);
		assert_int_equal(lane_hear_value(&lane), -EINTR);
		assert_int_equal(lane_hear_value(&lane), 0);
		lane_close(&lane);
		lane_close(&control);
		serving_stop(serving);
	}
}

/* The queue is removed, here or by a client: all who wait are told. */
static void test_removed(void **state)
{
	struct room *room = *state;
	struct serving *serving = serving_start(room, TCP, NULL);
	struct lane taker = lane_open_queue(serving, 1, 0, "q");
	struct lane watcher = lane_open_queue(serving, 2, 0, "q");
	struct lane control = lane_open_queue(serving, 3, 0, "q");
	struct nr_wire_remove remove = {0};

	for (int i = 0; i < 2; i++) {
		lane_say_take(&taker, 0, -1, 1, 0);
		say_watch(&watcher, 0, -1, NARU_READABLE);
		lane_await_waiting(&control, 0, 1);
		if (i == 0) {
			assert_int_equal(naru_queue_remove(room->space, "q"), 0);
		} else {
			lane_say_name(&control, NR_WIRE_REMOVE, 0, &remove,
				      sizeof(remove), &remove.name_length, "q");
			assert_int_equal(lane_hear_value(&control), 0);
		}
		assert_int_equal(lane_hear_value(&taker), -EIDRM);
		assert_int_equal(lane_hear_value(&watcher), -EIDRM);
		lane_say(&control, NR_WIRE_STAT, 0, 0, NULL, 0);
		assert_int_equal(lane_hear_value(&control), -EIDRM);
		/* A new one of the same name is another one. */
		assert_int_equal(lane_open_name(&control, NR_WIRE_CREATE, "q"), 0);
		assert_int_equal(lane_open_name(&taker, 0, "q"), 0);
		assert_int_equal(lane_open_name(&watcher, 0, "q"), 0);
	}
	lane_close(&taker);
	lane_close(&watcher);
	lane_close(&control);
	serving_stop(serving);
}

/* A watch is answered when there is something; with NEXT, something new. */
static void test_watch(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane watcher = lane_open_queue(serving, 1, 0, "q");
	struct lane control = lane_open_queue(serving, 2, 0, "q");
	struct heard heard;
	char byte;

	say_watch(&watcher, 0, -1, NARU_WRITABLE);
	assert_int_equal(lane_hear_value(&watcher), 0);
	say_watch(&watcher, 0, -1, NARU_READABLE);
	assert_int_equal(lane_send(&control, 1, 1, "a"), 1);
	assert_int_equal(lane_hear_value(&watcher), 0);
	say_watch(&watcher, 0, -1, NARU_READABLE);
	assert_int_equal(lane_hear_value(&watcher), 0);
	for (int i = 0; i < 3; i++) {
		say_watch(&watcher, NR_WIRE_NEXT, -1, NARU_READABLE);
		heard = lane_hear(&watcher);
		assert_int_equal(heard.frame.value, 0);
		assert_int_equal(heard.frame.flags, NR_WIRE_MORE);
		/* What was there before is nothing new. */
		lane_stat(&control);
		assert_int_equal(naru_stream_read(watcher.stream, &byte, 1, 0), -EAGAIN);
		assert_int_equal(lane_send(&control, (uint64_t)i + 2, 1, "b"), 1);
		heard = lane_hear(&watcher);
		assert_int_equal(heard.frame.value, 0);
		assert_int_equal(heard.frame.flags, 0);
	}
	say_watch(&watcher, NR_WIRE_NEXT, -1, NARU_WRITABLE);
	assert_int_equal(lane_hear(&watcher).frame.flags, NR_WIRE_MORE);
	lane_say_take(&control, NR_WIRE_QUIET, 0, 1, 0);
	lane_hear_message(&control, 1, "a");
	assert_int_equal(lane_hear_value(&watcher), 0);
	say_watch(&watcher, 0, -1, 3);
	assert_int_equal(lane_hear_value(&watcher), -EINVAL);
	lane_close(&watcher);
	lane_close(&control);
	serving_stop(serving);
}

/* Whoever waits and goes takes nothing with him. */
static void test_gone(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane control = lane_open_queue(serving, 1, 0, "q");

	for (int i = 0; i < 8; i++) {
		struct lane lane = i < 4 ? lane_open_queue(serving, 2, 0, "q")
					 : lane_open_plain(serving, 2, 0, "q");

		lane_say_take(&lane, i % 2 ? NR_WIRE_QUIET : 0, -1, 1, 0);
		if (i & 2)
			lane_say(&lane, NR_WIRE_STAT, 0, 0, NULL, 0);
		lane_await_waiting(&control, 0, 1);
		lane_close(&lane);
		lane_await_waiting(&control, 0, 0);
	}
	assert_int_equal(lane_send(&control, 1, 1, "a"), 1);
	assert_int_equal(lane_stat(&control).messages, 1);
	lane_close(&control);
	serving_stop(serving);
}

/* What was sent without waiting for an answer arrives, also after its sender has gone. */
static void test_quiet(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane control = lane_open_queue(serving, 1, 0, "q");
	struct lane lane = lane_open_queue(serving, 2, 0, "q");
	char text[1001] = "";

	memset(text, 'x', 1000);
	for (int i = 0; i < 200; i++)
		lane_say_send(&lane, NR_WIRE_QUIET, -1, 0, 1, text);
	lane_await_waiting(&control, 1, 0);
	lane_close(&lane);
	for (uint64_t i = 1; i <= 200; i++) {
		lane_say_take(&control, NR_WIRE_QUIET, -1, i, 0);
		lane_hear_message(&control, 1, text);
	}
	/* An error is told. */
	lane_say_send(&control, NR_WIRE_QUIET, -1, 0, -1, text);
	assert_int_equal(lane_hear_value(&control), -EINVAL);
	lane_close(&control);
	serving_stop(serving);
}

/* But not if there is no room for it, for as long as a grace time. */
static void test_quiet_in_vain(void **state)
{
	const struct nr_server_options options = {.grace_ms = 1};
	struct serving *serving = serving_start(*state, TCP, &options);
	struct lane control = lane_open_queue(serving, 1, 0, "q");
	char text[1001] = "";

	memset(text, 'x', 1000);
	for (int i = 0; i < 2; i++) {
		struct lane lane = i ? lane_open_plain(serving, 2, 0, "q")
				     : lane_open_queue(serving, 2, 0, "q");

		for (int j = 0; j < 200; j++)
			lane_say_send(&lane, NR_WIRE_QUIET, -1, 0, 1, text);
		lane_await_waiting(&control, 1, 0);
		lane_close(&lane);
		lane_await_waiting(&control, 0, 0);
		assert_true(serving_said(serving, "has found no room in q: lost"));
	}
	lane_close(&control);
	serving_stop(serving);
}

/* The server goes: who waits is told so. */
static void test_stop(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane control = lane_open_queue(serving, 1, 0, "q");
	struct lane lane = lane_open_queue(serving, 2, 0, "q");

	lane_say_take(&lane, 0, -1, 1, 0);
	lane_await_waiting(&control, 0, 1);
	serving_stop(serving);
	assert_int_equal(lane_hear_value(&lane), -ESHUTDOWN);
	assert_true(lane_is_closed(&lane));
	assert_true(lane_is_closed(&control));
	lane_close(&lane);
	lane_close(&control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_timeout),       in_a_room(test_order),
		in_a_room(test_many),	       in_a_room(test_cancel),
		in_a_room(test_removed),       in_a_room(test_watch),
		in_a_room(test_gone),	       in_a_room(test_quiet),
		in_a_room(test_quiet_in_vain), in_a_room(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
