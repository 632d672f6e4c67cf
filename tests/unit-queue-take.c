/* SPDX-License-Identifier: MIT */

/* Receiving in place: take, use, release or give back. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>

static void test_take_and_release(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;

	assert_string_equal(words_take(queue, 0, 0, &message), "EAGAIN");
	words_send(queue, 3, "hello");
	assert_string_equal(words_take(queue, 0, 0, &message), "3 hello");
	assert_int_equal((uintptr_t)message.data % 16, 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_int_equal(naru_queue_release(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_int_equal(room_stat(queue).received, 1);
	naru_queue_close(queue);
}

static void test_take_selects(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message m[6];

	words_send(queue, 5, "a");
	words_send(queue, 7, "b");
	words_send(queue, 3, "c");
	words_send(queue, 3, "d");
	assert_string_equal(words_take(queue, 7, 0, &m[0]), "7 b");
	assert_string_equal(words_take(queue, 7, 0, &m[1]), "EAGAIN");
	assert_string_equal(words_take(queue, -4, 0, &m[1]), "3 c");
	assert_string_equal(words_take(queue, 5, NARU_EXCEPT, &m[2]), "3 d");
	assert_string_equal(words_take(queue, 5, NARU_EXCEPT, &m[3]), "EAGAIN");
	assert_string_equal(words_take(queue, 0, 0, &m[3]), "5 a");
	for (int i = 0; i < 4; i++)
		assert_int_equal(naru_queue_release(queue, &m[i]), 0);
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

/* In whatever order they are given back, each finds its old place. */
static void test_give_back_restores_the_order(void **state)
{
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message m[3];

	for (int i = 0; i < 6; i++) {
		words_send(queue, 1, "a");
		words_send(queue, 2, "b");
		words_send(queue, 1, "c");
		words_send(queue, 2, "d");
		assert_string_equal(words_take(queue, 1, 0, &m[0]), "1 a");
		assert_string_equal(words_take(queue, 2, 0, &m[1]), "2 b");
		assert_string_equal(words_take(queue, 0, 0, &m[2]), "1 c");
		words_send(queue, 1, "e");
		for (int k = 0; k < 3; k++)
			assert_int_equal(naru_queue_give_back(queue, &m[orders[i][k]]),
					 0);
		assert_string_equal(words_receive(queue, 0, 0), "1 a");
		assert_string_equal(words_receive(queue, 1, 0), "1 c");
		assert_string_equal(words_receive(queue, 0, 0), "2 b");
		assert_string_equal(words_receive(queue, 0, 0), "2 d");
		assert_string_equal(words_receive(queue, -9, 0), "1 e");
	}
	naru_queue_close(queue);
}

static void test_give_back_keeps_what_was_written(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;

	words_send(queue, 1, "hello");
	words_send(queue, 1, "after");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 hello");
	memcpy(message.data, "HE", 2);
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 HEllo");
	assert_string_equal(words_receive(queue, 0, 0), "1 after");
	naru_queue_close(queue);
}

static void test_taken_messages_count_for_the_capacity(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 10, 2);
	struct naru_message message;
	struct naru_queue_stat stat;

	words_send(queue, 1, "12345");
	words_send(queue, 1, "12345");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 12345");
	assert_int_equal(naru_queue_send(queue, 1, "", 0, 0), -EAGAIN);
	stat = room_stat(queue);
	assert_int_equal(stat.messages, 1);
	assert_int_equal(stat.bytes, 5);
	assert_int_equal(stat.held_messages, 1);
	assert_int_equal(stat.held_bytes, 5);
	assert_int_equal(naru_queue_release(queue, &message), 0);
	words_send(queue, 1, "12345");
	assert_int_equal(naru_queue_send(queue, 1, "", 0, 0), -EAGAIN);
	naru_queue_close(queue);
}

static void test_finished_only_once(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message, copy, none;

	memset(&none, 0, sizeof(none));
	assert_int_equal(naru_queue_release(queue, &none), -EINVAL);
	assert_int_equal(naru_queue_give_back(queue, &none), -EINVAL);
	words_send(queue, 1, "a");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	copy = message;
	assert_int_equal(naru_queue_commit(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_cancel(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	assert_int_equal(naru_queue_give_back(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_release(queue, &copy), -EINVAL);
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	copy = message;
	assert_int_equal(naru_queue_release(queue, &message), 0);
	assert_int_equal(naru_queue_release(queue, &copy), -EINVAL);
	assert_int_equal(naru_queue_give_back(queue, &copy), -EINVAL);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	naru_queue_close(queue);
}

/* A large message is handed out in one piece too, though memory is fragmented. */
static void test_take_a_large_message(void **state)
{
	enum { LARGE = 100000 };
	static unsigned char in[LARGE];
	struct naru_queue *queue = room_queue(*state, "q", 400000, 0);
	struct naru_message message;

	for (size_t i = 0; i < LARGE; i++)
		in[i] = (unsigned char)(i * i >> 9);
	for (int turn = 0; turn < 10; turn++) {
		assert_int_equal(naru_queue_send(queue, 1, in, LARGE / 2, 0), 0);
		assert_int_equal(naru_queue_send(queue, 2, in, LARGE, 0), 0);
		assert_int_equal(naru_queue_take(queue, 2, 0, 0, &message), 0);
		assert_int_equal(message.length, LARGE);
		assert_memory_equal(message.data, in, LARGE);
		if (turn % 2) {
			assert_int_equal(naru_queue_give_back(queue, &message), 0);
			assert_int_equal(naru_queue_take(queue, 2, 0, 0, &message), 0);
			assert_memory_equal(message.data, in, LARGE);
		}
		assert_int_equal(naru_queue_release(queue, &message), 0);
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		assert_memory_equal(message.data, in, LARGE / 2);
		assert_int_equal(naru_queue_release(queue, &message), 0);
	}
	naru_queue_close(queue);
}

static void test_the_whole_capacity_taken_at_once(void **state)
{
	static char bytes[65536];
	struct naru_queue *queue = room_queue(*state, "q", sizeof(bytes), 0);
	struct naru_message message;

	for (int i = 0; i < 10; i++) {
		memset(bytes, 'a' + i, sizeof(bytes));
		assert_int_equal(naru_queue_send(queue, 1, bytes, sizeof(bytes), 0), 0);
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		assert_memory_equal(message.data, bytes, sizeof(bytes));
		assert_int_equal(naru_queue_release(queue, &message), 0);
	}
	naru_queue_close(queue);
}

static int take_and_die(void *queue)
{
	struct naru_message message;

	must_be(naru_queue_take(queue, 0, 0, 0, &message), 0);
	must_be(naru_queue_take(queue, 2, 0, 0, &message), 0);
	raise(SIGKILL);
	return 0;
}

static void test_what_the_dead_had_taken_is_delivered_again(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	char byte;

	words_send(queue, 1, "a");
	words_send(queue, 1, "b");
	words_send(queue, 2, "c");
	assert_int_equal(child_run(take_and_die, queue), 128 + SIGKILL);
	assert_int_equal(naru_queue_receive(queue, 2, 0, &byte, 1, -1, NULL), 1);
	assert_int_equal(byte, 'c');
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 0, 0), "1 b");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

static int release_the_parents(void *data)
{
	struct naru_message *message = data;
	struct naru_queue *queue = *(struct naru_queue **)(void *)(message + 1);

	must_be(naru_queue_release(queue, message), -EINVAL);
	must_be(naru_queue_give_back(queue, message), -EINVAL);
	return 0;
}

static void test_a_child_has_no_part_in_them(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct {
		struct naru_message message;
		struct naru_queue *queue;
	} data = {.queue = queue};

	words_send(queue, 1, "a");
	assert_string_equal(words_take(queue, 0, 0, &data.message), "1 a");
	assert_int_equal(child_run(release_the_parents, &data), 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_string_equal(words_of(&data.message), "1 a");
	assert_int_equal(naru_queue_release(queue, &data.message), 0);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_take_and_release),
		in_a_room(test_take_selects),
		in_a_room(test_give_back_restores_the_order),
		in_a_room(test_give_back_keeps_what_was_written),
		in_a_room(test_taken_messages_count_for_the_capacity),
		in_a_room(test_finished_only_once),
		in_a_room(test_take_a_large_message),
		in_a_room(test_the_whole_capacity_taken_at_once),
		in_a_room(test_what_the_dead_had_taken_is_delivered_again),
		in_a_room(test_a_child_has_no_part_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
