/* SPDX-License-Identifier: MIT */

/* Looking: the oldest or the n-th message, without removing it. */

#include <errno.h>
#include <string.h>
#include <support/unit.h>

static void test_look_leaves_the_message(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	assert_string_equal(words_look(queue, 0), "ENOMSG");
	words_send(queue, 3, "a");
	words_send(queue, 2, "b");
	assert_string_equal(words_look(queue, 0), "3 a");
	assert_string_equal(words_look(queue, 0), "3 a");
	assert_int_equal(room_stat(queue).messages, 2);
	assert_int_equal(room_stat(queue).received, 0);
	assert_string_equal(words_receive(queue, 0, 0), "3 a");
	assert_string_equal(words_look(queue, 0), "2 b");
	naru_queue_close(queue);
}

static void test_look_at_the_nth(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	char word[4] = "?";

	for (char c = 'a'; c <= 'z'; c++) {
		word[0] = c;
		words_send(queue, c % 3 + 1, word);
	}
	for (uint64_t n = 0; n < 26; n++) {
		char expected[8] = "1 a";

		expected[2] = (char)('a' + n);
		expected[0] = (char)('1' + expected[2] % 3);
		assert_string_equal(words_look(queue, n), expected);
	}
	assert_string_equal(words_look(queue, 26), "ENOMSG");
	assert_string_equal(words_look(queue, UINT64_MAX), "ENOMSG");
	naru_queue_close(queue);
}

/* The n-th is told right when some have been stepped over and some not. */
static void test_look_past_stepped_over_messages(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 1, "a");
	words_send(queue, 2, "b");
	words_send(queue, 1, "c");
	words_send(queue, 3, "d");
	assert_string_equal(words_receive(queue, 3, 0), "3 d");
	words_send(queue, 2, "e");
	words_send(queue, 1, "f");
	assert_string_equal(words_look(queue, 0), "1 a");
	assert_string_equal(words_look(queue, 1), "2 b");
	assert_string_equal(words_look(queue, 2), "1 c");
	assert_string_equal(words_look(queue, 3), "2 e");
	assert_string_equal(words_look(queue, 4), "1 f");
	assert_string_equal(words_look(queue, 5), "ENOMSG");
	assert_string_equal(words_receive(queue, 2, 0), "2 b");
	assert_string_equal(words_look(queue, 1), "1 c");
	naru_queue_close(queue);
}

static void test_look_does_not_see_held_messages(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message taken, claimed;

	words_send(queue, 1, "a");
	words_send(queue, 1, "b");
	assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &claimed), 0);
	assert_string_equal(words_take(queue, 0, 0, &taken), "1 a");
	assert_string_equal(words_look(queue, 0), "1 b");
	assert_string_equal(words_look(queue, 1), "ENOMSG");
	assert_int_equal(naru_queue_give_back(queue, &taken), 0);
	assert_string_equal(words_look(queue, 0), "1 a");
	assert_string_equal(words_look(queue, 1), "1 b");
	assert_int_equal(naru_queue_cancel(queue, &claimed), 0);
	naru_queue_close(queue);
}

static void test_look_truncates_on_request(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	int64_t type = 77;
	char buffer[8] = "";

	words_send(queue, 5, "abcdef");
	assert_int_equal(naru_queue_look(queue, 0, 0, buffer, 5, &type), -EMSGSIZE);
	assert_int_equal(type, 77);
	assert_int_equal(naru_queue_look(queue, 0, NARU_TRUNCATE, buffer, 5, &type), 5);
	assert_int_equal(type, 5);
	assert_string_equal(buffer, "abcde");
	assert_int_equal(naru_queue_look(queue, 0, NARU_TRUNCATE, NULL, 0, NULL), 0);
	assert_string_equal(words_receive(queue, 0, 0), "5 abcdef");
	naru_queue_close(queue);
}

static void test_look_at_a_large_message(void **state)
{
	static char in[100000], out[100000];
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * i >> 7);
	words_send(queue, 1, "small");
	assert_int_equal(naru_queue_send(queue, 2, in, sizeof(in), 0), 0);
	assert_int_equal(naru_queue_look(queue, 1, 0, out, sizeof(out), NULL),
			 sizeof(out));
	assert_memory_equal(in, out, sizeof(in));
	memset(out, 0, sizeof(out));
	assert_int_equal(naru_queue_receive(queue, 2, 0, out, sizeof(out), 0, NULL),
			 sizeof(out));
	assert_memory_equal(in, out, sizeof(in));
	naru_queue_close(queue);
}

static void test_look_at_a_removed_queue(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);

	words_send(queue, 1, "a");
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	assert_string_equal(words_look(queue, 0), "EIDRM");
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_look_leaves_the_message),
		in_a_room(test_look_at_the_nth),
		in_a_room(test_look_past_stepped_over_messages),
		in_a_room(test_look_does_not_see_held_messages),
		in_a_room(test_look_truncates_on_request),
		in_a_room(test_look_at_a_large_message),
		in_a_room(test_look_at_a_removed_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
