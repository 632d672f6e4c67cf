/* SPDX-License-Identifier: MIT */

/* NARU_UNCONFIRMED: sends that wait for no answer, receives that are fetched ahead. */

#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/served.h>
#include <support/unit.h>

struct fixture {
	struct room *room;
	struct served served;
	struct naru_queue *here, *away;
};

static int set_up(void **state)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_UNCONFIRMED);
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	must(fixture);
	fixture->room = room_open();
	served_start(&fixture->served, fixture->room->path, "tcp://127.0.0.1:0");
	fixture->here = room_queue(fixture->room, "q", 100000, 0);
	must_be(naru_queue_open(NULL, served_queue(&fixture->served, "q"), &options,
				&fixture->away),
		0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	naru_queue_close(fixture->away);
	naru_queue_close(fixture->here);
	served_kill(&fixture->served);
	room_close(fixture->room);
	free(fixture);
	return 0;
}

static int number_here(struct fixture *fixture, int timeout_ms)
{
	int number = -1;
	ssize_t n = naru_queue_receive(fixture->here, 0, 0, &number, sizeof(number),
				       timeout_ms, NULL);

	return n == sizeof(number) ? number : (int)n;
}

static void test_sent_in_order(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 5000; i++) {
		must_be(naru_queue_send(fixture->away, 1, &i, sizeof(i), -1), 0);
		if (i % 1000 == 999)
			for (int k = i - 999; k <= i; k++)
				assert_int_equal(number_here(fixture, -1), k);
	}
}

static void test_a_close_loses_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 700; i++)
		must_be(naru_queue_send(fixture->away, 1, &i, sizeof(i), -1), 0);
	fixture->away = naru_queue_close(fixture->away);
	for (int i = 0; i < 700; i++)
		assert_int_equal(number_here(fixture, 0), i);
	assert_int_equal(number_here(fixture, 0), -EAGAIN);
}

/* What was accepted comes; what was not, does not. */
static void test_a_full_queue_stops_the_sender(void **state)
{
	static char bytes[20000];
	struct fixture *fixture = *state;
	unsigned sent = 0, received = 0;

	for (int r = 0; r == 0; sent += r == 0) {
		memcpy(bytes, &sent, sizeof(sent));
		r = naru_queue_send(fixture->away, 1, bytes, sizeof(bytes), 0);
		/* The network takes some more, but not for ever. */
		if (r == -EAGAIN)
			r = naru_queue_send(fixture->away, 1, bytes, sizeof(bytes), 50);
		assert_true(r == 0 || r == -ETIMEDOUT);
	}
	assert_true(sent > 5);
	while (received < sent) {
		unsigned number;

		must_be(naru_queue_receive(fixture->here, 0, 0, bytes, sizeof(bytes), -1,
					   NULL),
			sizeof(bytes));
		memcpy(&number, bytes, sizeof(number));
		assert_int_equal(number, received);
		received++;
		/* The rest of the last one goes with whatever is called next. */
		if (received == sent - 1)
			must_be(naru_queue_send(fixture->away, 1, "", 0, -1), 0);
	}
	assert_int_equal(naru_queue_receive(fixture->here, 0, 0, bytes, 1, -1, NULL), 0);
}

static void test_failures_are_told_later(void **state)
{
	struct fixture *fixture = *state;
	int r;

	assert_int_equal(naru_queue_remove(fixture->room->space, "q"), 0);
	do
		r = naru_queue_send(fixture->away, 1, "x", 1, -1);
	while (r == 0);
	assert_int_equal(r, -EIDRM);
}

static void test_a_lost_connection_is_told(void **state)
{
	struct fixture *fixture = *state;
	int r;

	must_be(naru_queue_send(fixture->away, 1, "x", 1, -1), 0);
	served_kill(&fixture->served);
	served_again(&fixture->served);
	r = naru_queue_send(fixture->away, 2, "y", 1, -1);
	assert_int_equal(r, -ECONNRESET);
	must_be(naru_queue_send(fixture->away, 3, "z", 1, -1), 0);
	assert_string_equal(words_receive(fixture->away, 3, 0), "3 z");
}

static void test_received_in_order(void **state)
{
	struct fixture *fixture = *state;
	int numbers[7], next = 0;

	for (int i = 0; i < 700; i++)
		must_be(naru_queue_send(fixture->here, 1, &i, sizeof(i), -1), 0);
	while (next < 700) {
		struct naru_item items[7];
		ssize_t n;

		for (int i = 0; i < 7; i++)
			items[i] = (struct naru_item){0, &numbers[i], sizeof(int)};
		n = naru_queue_receive_batch(fixture->away, 0, 0, items, 7, -1);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++, next++) {
			assert_int_equal(items[i].length, sizeof(int));
			assert_int_equal(numbers[i], next);
		}
	}
	assert_string_equal(words_receive(fixture->away, 0, 0), "EAGAIN");
}

static void test_what_was_fetched_is_selected_from(void **state)
{
	static char large[5000], room[5000];
	struct fixture *fixture = *state;
	char byte;

	words_send(fixture->here, 1, "a");
	words_send(fixture->here, 2, "b");
	words_send(fixture->here, 3, "cc");
	words_send(fixture->here, 2, "d");
	words_send(fixture->here, 4, "e");
	must_be(naru_queue_send(fixture->here, 5, large, sizeof(large), 0), 0);
	assert_string_equal(words_receive(fixture->away, 0, 0), "1 a");
	/* All but the large one are here now. */
	assert_int_equal(room_stat(fixture->here).messages, 1);
	assert_string_equal(words_receive(fixture->away, 4, 0), "4 e");
	assert_string_equal(words_receive(fixture->away, -3, 0), "2 b");
	assert_string_equal(words_receive(fixture->away, 3, NARU_EXCEPT), "2 d");
	assert_int_equal(naru_queue_receive(fixture->away, 0, 0, &byte, 1, 0, NULL),
			 -EMSGSIZE);
	assert_int_equal(
		naru_queue_receive(fixture->away, 0, NARU_TRUNCATE, &byte, 1, 0, NULL),
		1);
	assert_int_equal(
		naru_queue_receive(fixture->away, 0, 0, room, sizeof(room), 0, NULL),
		sizeof(room));
	assert_string_equal(words_receive(fixture->away, 0, 0), "EAGAIN");
}

static void test_what_is_taken_is_held(void **state)
{
	struct fixture *fixture = *state;
	struct naru_message message;

	words_send(fixture->here, 1, "a");
	assert_string_equal(words_take(fixture->away, 0, 0, &message), "1 a");
	assert_int_equal(naru_queue_give_back(fixture->away, &message), 0);
	assert_string_equal(words_receive(fixture->here, 0, 0), "1 a");
}

#define unconfirmed(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unconfirmed(test_sent_in_order),
		unconfirmed(test_a_close_loses_nothing),
		unconfirmed(test_a_full_queue_stops_the_sender),
		unconfirmed(test_failures_are_told_later),
		unconfirmed(test_a_lost_connection_is_told),
		unconfirmed(test_received_in_order),
		unconfirmed(test_what_was_fetched_is_selected_from),
		unconfirmed(test_what_is_taken_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
