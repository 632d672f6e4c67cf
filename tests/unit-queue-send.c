/* SPDX-License-Identifier: MIT */

/* Send and receive: order, selections, sizes, truncation, arguments out of range. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <support/random.h>
#include <support/unit.h>

static void test_first_in_first_out(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 3, "a");
	words_send(queue, 1, "b");
	words_send(queue, 2, "c");
	assert_string_equal(words_receive(queue, 0, 0), "3 a");
	assert_string_equal(words_receive(queue, 0, 0), "1 b");
	assert_string_equal(words_receive(queue, 0, 0), "2 c");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	naru_queue_close(queue);
}

static void test_select_a_type(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 3, "a");
	words_send(queue, 1, "b");
	words_send(queue, 3, "c");
	words_send(queue, INT64_MAX, "d");
	assert_string_equal(words_receive(queue, 2, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, INT64_MAX, 0), "9223372036854775807 d");
	assert_string_equal(words_receive(queue, 1, 0), "1 b");
	assert_string_equal(words_receive(queue, 1, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, 3, 0), "3 a");
	assert_string_equal(words_receive(queue, 3, 0), "3 c");
	naru_queue_close(queue);
}

static void test_select_the_lowest_type(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 5, "a");
	words_send(queue, 7, "b");
	words_send(queue, 3, "c");
	words_send(queue, 3, "d");
	words_send(queue, INT64_MAX, "e");
	assert_string_equal(words_receive(queue, -2, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, -3, 0), "3 c");
	assert_string_equal(words_receive(queue, -6, 0), "3 d");
	assert_string_equal(words_receive(queue, -6, 0), "5 a");
	assert_string_equal(words_receive(queue, -6, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, -7, 0), "7 b");
	assert_string_equal(words_receive(queue, -INT64_MAX + 1, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, INT64_MIN, 0), "9223372036854775807 e");
	assert_string_equal(words_receive(queue, INT64_MIN, 0), "EAGAIN");
	naru_queue_close(queue);
}

static void test_select_any_but_a_type(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 5, "a");
	words_send(queue, 7, "b");
	words_send(queue, 5, "c");
	words_send(queue, 3, "d");
	assert_string_equal(words_receive(queue, 5, NARU_EXCEPT), "7 b");
	assert_string_equal(words_receive(queue, 3, NARU_EXCEPT), "5 a");
	assert_string_equal(words_receive(queue, 5, NARU_EXCEPT), "3 d");
	assert_string_equal(words_receive(queue, 5, NARU_EXCEPT), "EAGAIN");
	assert_string_equal(words_receive(queue, 4, NARU_EXCEPT), "5 c");
	naru_queue_close(queue);
}

static void test_stepping_over_keeps_the_order(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	words_send(queue, 1, "a");
	words_send(queue, 2, "b");
	words_send(queue, 1, "c");
	assert_string_equal(words_receive(queue, 2, 0), "2 b");
	words_send(queue, 2, "d");
	words_send(queue, 1, "e");
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 0, 0), "1 c");
	assert_string_equal(words_receive(queue, 0, 0), "2 d");
	assert_string_equal(words_receive(queue, 0, 0), "1 e");
	naru_queue_close(queue);
}

static void test_the_type_may_be_ignored(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	char buffer[8];

	words_send(queue, 9, "a");
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 8, 0, NULL), 1);
	naru_queue_close(queue);
}

static void test_zero_bytes(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 4096, 3);
	int64_t type = 0;
	char byte;

	assert_int_equal(naru_queue_send(queue, 4, NULL, 0, 0), 0);
	assert_int_equal(naru_queue_send(queue, 5, "", 0, 0), 0);
	words_send(queue, 6, "");
	assert_int_equal(naru_queue_send(queue, 4, NULL, 0, 0), -EAGAIN);
	assert_int_equal(room_stat(queue).messages, 3);
	assert_int_equal(room_stat(queue).bytes, 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, NULL, 0, 0, &type), 0);
	assert_int_equal(type, 4);
	assert_int_equal(naru_queue_receive(queue, 6, 0, &byte, 1, 0, &type), 0);
	assert_int_equal(type, 6);
	assert_int_equal(naru_queue_receive(queue, 0, 0, &byte, 1, 0, &type), 0);
	assert_int_equal(type, 5);
	naru_queue_close(queue);
}

static void test_a_type_is_positive(void **state)
{
	static const int64_t bad[] = {0, -1, INT64_MIN};
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;

	for (int i = 0; i < 3; i++) {
		struct naru_item item = {.type = bad[i], .data = &item, .length = 1};

		assert_int_equal(naru_queue_send(queue, bad[i], "x", 1, 0), -EINVAL);
		assert_int_equal(naru_queue_claim(queue, bad[i], 1, 0, &message),
				 -EINVAL);
		assert_int_equal(naru_queue_send_batch(queue, &item, 1, 0), -EINVAL);
	}
	assert_int_equal(room_stat(queue).messages, 0);
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

static void test_unknown_flags(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;
	char byte;
	struct naru_item item = {.data = &byte, .length = 1};
	const int bad = 1 << 20;

	words_send(queue, 1, "x");
	assert_int_equal(naru_queue_receive(queue, 0, bad, &byte, 1, 0, NULL), -EINVAL);
	assert_int_equal(naru_queue_look(queue, 0, bad, &byte, 1, NULL), -EINVAL);
	assert_int_equal(naru_queue_take(queue, 0, bad, 0, &message), -EINVAL);
	assert_int_equal(naru_queue_receive_batch(queue, 0, bad, &item, 1, 0), -EINVAL);
	assert_string_equal(words_receive(queue, 0, 0), "1 x");
	naru_queue_close(queue);
}

static void test_too_large_for_the_queue(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 0);
	struct naru_item item = {.type = 1, .data = NULL, .length = 101};
	struct naru_message message;
	char bytes[101] = "";

	item.data = bytes;
	assert_int_equal(naru_queue_send(queue, 1, bytes, 101, -1), -EMSGSIZE);
	assert_int_equal(naru_queue_send(queue, 1, bytes, SIZE_MAX, -1), -EMSGSIZE);
	assert_int_equal(naru_queue_claim(queue, 1, 101, -1, &message), -EMSGSIZE);
	assert_int_equal(naru_queue_claim(queue, 1, SIZE_MAX, -1, &message), -EMSGSIZE);
	assert_int_equal(naru_queue_send_batch(queue, &item, 1, -1), -EMSGSIZE);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 100, -1), 0);
	naru_queue_close(queue);
}

static void test_too_large_for_the_buffer(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	char buffer[8] = ".......";
	int64_t type = 77;

	words_send(queue, 1, "abcdef");
	words_send(queue, 2, "x");
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 5, 0, &type), -EMSGSIZE);
	assert_int_equal(naru_queue_receive(queue, 0, 0, NULL, 0, -1, &type), -EMSGSIZE);
	assert_int_equal(type, 77);
	assert_string_equal(words_receive(queue, 2, 0), "2 x");
	assert_int_equal(naru_queue_receive(queue, 0, NARU_TRUNCATE, buffer, 5, 0, &type),
			 5);
	assert_int_equal(type, 1);
	assert_memory_equal(buffer, "abcde..", 7);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	words_send(queue, 1, "gone");
	assert_int_equal(naru_queue_receive(queue, 0, NARU_TRUNCATE, NULL, 0, 0, NULL),
			 0);
	assert_int_equal(room_stat(queue).messages, 0);
	assert_int_equal(room_stat(queue).bytes, 0);
	words_send(queue, 1, "abc");
	assert_int_equal(naru_queue_receive(queue, 0, NARU_TRUNCATE, buffer, 8, 0, NULL),
			 3);
	naru_queue_close(queue);
}

/* Every length up to some, and around the powers of two, comes out as it went in. */
static void test_every_length(void **state)
{
	const size_t most = 300000;
	struct naru_queue *queue = room_queue(*state, "q", most, 0);
	unsigned char *in = malloc(most), *out = malloc(most);
	uint64_t seed = 1;

	assert_true(in && out);
	for (size_t i = 0; i < most; i++)
		in[i] = (unsigned char)random_next(&seed);
	for (size_t length = 0; length <= most; length++) {
		if (length > 1200 && ((length + 3) & (length + 2)) > 8 &&
		    random_below(&seed, 500) != 0)
			continue;
		memset(out, 0, length);
		assert_int_equal(naru_queue_send(queue, 1, in + most - length, length, 0),
				 0);
		assert_int_equal(naru_queue_receive(queue, 0, 0, out, most, 0, NULL),
				 length);
		assert_memory_equal(in + most - length, out, length);
	}
	assert_int_equal(naru_queue_send(queue, 1, in, most, 0), 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, out, most, 0, NULL), most);
	assert_memory_equal(in, out, most);
	free(in);
	free(out);
	naru_queue_close(queue);
}

/* The same operations on a list in plain memory. */
static void test_many_types_against_a_list(void **state)
{
	enum { MOST = 300, STEPS = 40000 };
	struct naru_queue *queue = room_queue(*state, "q", 1 << 16, MOST);
	int64_t types[MOST], type;
	uint32_t numbers[MOST], number, sent = 0;
	size_t count = 0;
	uint64_t seed = 2;

	for (int step = 0; step < STEPS; step++) {
		int64_t wanted = (int64_t)random_below(&seed, 40) + 1, select = wanted;
		int flags = 0, kind = (int)random_below(&seed, 8);
		size_t best = MOST, i;

		if (kind < 4 && count < MOST) {
			types[count] = wanted;
			numbers[count++] = sent;
			assert_int_equal(naru_queue_send(queue, wanted, &sent, 4, 0), 0);
			sent++;
			continue;
		}
		if (kind == 4)
			select = 0;
		else if (kind == 5)
			select = -wanted;
		else if (kind == 6)
			flags = NARU_EXCEPT;
		for (i = 0; i < count; i++) {
			bool admitted = select == 0  ? true
					: select < 0 ? types[i] <= -select
					: flags	     ? types[i] != select
						     : types[i] == select;

			if (admitted &&
			    (best == MOST || (select < 0 && types[i] < types[best])))
				best = i;
		}
		if (best == MOST) {
			assert_int_equal(naru_queue_receive(queue, select, flags, &number,
							    4, 0, &type),
					 -EAGAIN);
			continue;
		}
		assert_int_equal(
			naru_queue_receive(queue, select, flags, &number, 4, 0, &type),
			4);
		assert_int_equal(number, numbers[best]);
		assert_int_equal(type, types[best]);
		count--;
		memmove(types + best, types + best + 1, (count - best) * sizeof(*types));
		memmove(numbers + best, numbers + best + 1,
			(count - best) * sizeof(*numbers));
	}
	assert_int_equal(room_stat(queue).messages, count);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_first_in_first_out),
		in_a_room(test_select_a_type),
		in_a_room(test_select_the_lowest_type),
		in_a_room(test_select_any_but_a_type),
		in_a_room(test_stepping_over_keeps_the_order),
		in_a_room(test_the_type_may_be_ignored),
		in_a_room(test_zero_bytes),
		in_a_room(test_a_type_is_positive),
		in_a_room(test_unknown_flags),
		in_a_room(test_too_large_for_the_queue),
		in_a_room(test_too_large_for_the_buffer),
		in_a_room(test_every_length),
		in_a_room(test_many_types_against_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
