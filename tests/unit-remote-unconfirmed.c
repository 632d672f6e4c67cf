/* SPDX-License-Identifier: MIT */

/* NARU_UNCONFIRMED: sends that wait for no answer, receives that are fetched ahead. */

#include <pthread.h>
#include <string.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/served-room.h>
#include <support/transport.h>
#include <support/unit.h>

static int set_up(void **state)
{
	*state = served_room_open(100000, NARU_UNCONFIRMED);
	return 0;
}

static int tear_down(void **state)
{
	served_room_close(*state);
	return 0;
}

static int number_here(struct served_room *it, int timeout_ms)
{
	int number = -1;
	ssize_t n = naru_queue_receive(it->here, 0, 0, &number, sizeof(number),
				       timeout_ms, NULL);

	return n == sizeof(number) ? number : (int)n;
}

static void test_sent_in_order(void **state)
{
	struct served_room *it = *state;

	for (int i = 0; i < 5000; i++) {
		must_be(naru_queue_send(it->away, 1, &i, sizeof(i), -1), 0);
		if (i % 1000 == 999)
			for (int k = i - 999; k <= i; k++)
				assert_int_equal(number_here(it, -1), k);
	}
}

static void test_a_close_loses_nothing(void **state)
{
	struct served_room *it = *state;

	for (int i = 0; i < 700; i++)
		must_be(naru_queue_send(it->away, 1, &i, sizeof(i), -1), 0);
	it->away = naru_queue_close(it->away);
	for (int i = 0; i < 700; i++)
		assert_int_equal(number_here(it, 0), i);
	assert_int_equal(number_here(it, 0), -EAGAIN);
}

/* What was accepted comes; what was not, does not. */
static void test_a_full_queue_stops_the_sender(void **state)
{
	static char bytes[20000];
	struct served_room *it = *state;
	unsigned sent = 0, received = 0;

	for (int r = 0; r == 0; sent += r == 0) {
		memcpy(bytes, &sent, sizeof(sent));
		r = naru_queue_send(it->away, 1, bytes, sizeof(bytes), 0);
		/* The network takes some more, but not for ever. */
		if (r == -EAGAIN)
			r = naru_queue_send(it->away, 1, bytes, sizeof(bytes), 50);
		assert_true(r == 0 || r == -ETIMEDOUT);
	}
	assert_true(sent > 5);
	while (received < sent) {
		unsigned number;

		must_be(naru_queue_receive(it->here, 0, 0, bytes, sizeof(bytes), -1,
					   NULL),
			sizeof(bytes));
		memcpy(&number, bytes, sizeof(number));
		assert_int_equal(number, received);
		received++;
		/* The rest of the last one goes with whatever is called next. */
		if (received == sent - 1)
			must_be(naru_queue_send(it->away, 1, "", 0, -1), 0);
	}
	assert_int_equal(naru_queue_receive(it->here, 0, 0, bytes, 1, -1, NULL), 0);
}

static unsigned fill(struct served_room *it, char *bytes, size_t length)
{
	unsigned sent = 0;

	for (int failures = 0; failures < 3;) {
		int r;

		memcpy(bytes, &sent, sizeof(sent));
		r = naru_queue_send(it->away, 1, bytes, length, failures ? 50 : 0);
		assert_true(r == 0 || r == -EAGAIN || r == -ETIMEDOUT);
		failures += r < 0;
		sent += r == 0;
	}
	return sent;
}

/* Whoever receives by the same handle does not stand behind the sends that wait. */
static void test_a_full_queue_stops_nobody_else(void **state)
{
	static char bytes[20000];
	struct served_room *it = *state;
	unsigned sent = fill(it, bytes, sizeof(bytes)), number;

	assert_true(room_stat(it->away).messages > 0);
	for (unsigned i = 0; i < sent; i++) {
		/* The rest of the last one goes with whatever is sent next. */
		if (i == sent - 1)
			must_be(naru_queue_send(it->away, 1, "", 0, -1), 0);
		must_be(naru_queue_receive(it->away, 0, 0, bytes, sizeof(bytes), 10000,
					   NULL),
			sizeof(bytes));
		memcpy(&number, bytes, sizeof(number));
		assert_int_equal(number, i);
	}
	assert_int_equal(naru_queue_receive(it->away, 0, 0, bytes, 1, 10000, NULL), 0);
}

enum { SENDERS = 4, EACH = 3000 };

struct sender {
	struct naru_queue *queue;
	unsigned number;
	pthread_t thread;
};

static void *send_each(void *data)
{
	struct sender *sender = data;

	for (unsigned i = 0; i < EACH; i++)
		must_be(naru_queue_send(sender->queue, sender->number + 1, &i, sizeof(i),
					-1),
			0);
	return NULL;
}

/* Each thread's messages come in its order. */
static void test_threads_send_in_order(void **state)
{
	struct served_room *it = *state;
	struct sender senders[SENDERS];
	unsigned next[SENDERS] = {0};

	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){.queue = it->away, .number = i};
		must_be(pthread_create(&senders[i].thread, NULL, send_each, &senders[i]),
			0);
	}
	for (unsigned i = 0; i < SENDERS * EACH; i++) {
		unsigned number;
		int64_t type;

		must_be(naru_queue_receive(it->here, 0, 0, &number, sizeof(number), -1,
					   &type),
			sizeof(number));
		assert_true(type >= 1 && type <= SENDERS);
		assert_int_equal(number, next[type - 1]++);
	}
	for (unsigned i = 0; i < SENDERS; i++)
		must_be(pthread_join(senders[i].thread, NULL), 0);
}

static void test_failures_are_told_later(void **state)
{
	struct served_room *it = *state;
	int r;

	assert_int_equal(naru_queue_remove(it->room->space, "q"), 0);
	do
		r = naru_queue_send(it->away, 1, "x", 1, -1);
	while (r == 0);
	assert_int_equal(r, -EIDRM);
}

static void test_a_lost_connection_is_told(void **state)
{
	struct served_room *it = *state;
	char byte;
	int r;

	must_be(naru_queue_send(it->away, 1, "x", 1, -1), 0);
	served_room_restart(it);
	/* The network takes one more if the server had read all that came before. */
	do
		r = naru_queue_send(it->away, 2, "y", 1, -1);
	while (r == 0);
	assert_int_equal(r, -ECONNRESET);
	must_be(naru_queue_send(it->away, 3, "z", 1, -1), 0);
	assert_int_equal(naru_queue_receive(it->away, 3, 0, &byte, 1, -1, NULL), 1);
	assert_int_equal(byte, 'z');
}

static void test_received_in_order(void **state)
{
	struct served_room *it = *state;
	int numbers[7], next = 0;

	for (int i = 0; i < 700; i++)
		must_be(naru_queue_send(it->here, 1, &i, sizeof(i), -1), 0);
	while (next < 700) {
		struct naru_item items[7];
		ssize_t n;

		for (int i = 0; i < 7; i++)
			items[i] = (struct naru_item){0, &numbers[i], sizeof(int)};
		n = naru_queue_receive_batch(it->away, 0, 0, items, 7, -1);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++, next++) {
			assert_int_equal(items[i].length, sizeof(int));
			assert_int_equal(numbers[i], next);
		}
	}
	assert_string_equal(words_receive(it->away, 0, 0), "EAGAIN");
}

static void test_what_was_fetched_is_selected_from(void **state)
{
	static char large[5000], room[5000];
	struct served_room *it = *state;
	char byte;

	words_send(it->here, 1, "a");
	words_send(it->here, 2, "b");
	words_send(it->here, 3, "cc");
	words_send(it->here, 2, "d");
	words_send(it->here, 4, "e");
	must_be(naru_queue_send(it->here, 5, large, sizeof(large), 0), 0);
	assert_string_equal(words_receive(it->away, 0, 0), "1 a");
	/* All but the large one are here now. */
	assert_int_equal(room_stat(it->here).messages, 1);
	assert_string_equal(words_receive(it->away, 4, 0), "4 e");
	assert_string_equal(words_receive(it->away, -3, 0), "2 b");
	assert_string_equal(words_receive(it->away, 3, NARU_EXCEPT), "2 d");
	assert_int_equal(naru_queue_receive(it->away, 0, 0, &byte, 1, 0, NULL),
			 -EMSGSIZE);
	assert_int_equal(
		naru_queue_receive(it->away, 0, NARU_TRUNCATE, &byte, 1, 0, NULL), 1);
	assert_int_equal(naru_queue_receive(it->away, 0, 0, room, sizeof(room), 0, NULL),
			 sizeof(room));
	assert_string_equal(words_receive(it->away, 0, 0), "EAGAIN");
}

/* What is here already is not told by the server. */
static void test_the_descriptor_knows_what_was_fetched(void **state)
{
	struct served_room *it = *state;
	int fd;

	for (int turn = 0; turn < 2; turn++) {
		words_send(it->here, 1, "a");
		words_send(it->here, 1, "b");
		assert_string_equal(words_receive(it->away, 0, 0), "1 a");
		assert_int_equal(room_stat(it->here).messages, 0);
		fd = naru_queue_fd(it->away, NARU_READABLE);
		assert_true(is_ready(fd));
		assert_string_equal(words_receive(it->away, 2, 0), "EAGAIN");
		assert_true(is_ready(fd));
		assert_string_equal(words_receive(it->away, 0, 0), "1 b");
		assert_string_equal(words_receive(it->away, 0, 0), "EAGAIN");
		assert_false(is_ready(fd));
	}
}

static void test_what_is_taken_is_held(void **state)
{
	struct served_room *it = *state;
	struct naru_message message;

	words_send(it->here, 1, "a");
	assert_string_equal(words_take(it->away, 0, 0, &message), "1 a");
	assert_int_equal(naru_queue_give_back(it->away, &message), 0);
	assert_string_equal(words_receive(it->here, 0, 0), "1 a");
}

#define unconfirmed(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unconfirmed(test_sent_in_order),
		unconfirmed(test_a_close_loses_nothing),
		unconfirmed(test_a_full_queue_stops_the_sender),
		unconfirmed(test_a_full_queue_stops_nobody_else),
		unconfirmed(test_threads_send_in_order),
		unconfirmed(test_failures_are_told_later),
		unconfirmed(test_a_lost_connection_is_told),
		unconfirmed(test_received_in_order),
		unconfirmed(test_what_was_fetched_is_selected_from),
		unconfirmed(test_the_descriptor_knows_what_was_fetched),
		unconfirmed(test_what_is_taken_is_held),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
