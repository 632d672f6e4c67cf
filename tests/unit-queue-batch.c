/* SPDX-License-Identifier: MIT */

/* Batches: many messages under one lock. */

#include <errno.h>
#include <string.h>
#include <support/unit.h>

enum { COUNT = 8 };

static char room_of[COUNT][16];

static void fill(struct naru_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		room_of[i][0] = (char)('a' + i);
		items[i] = (struct naru_item){
			.type = (int64_t)(i % 3) + 1, .data = room_of[i], .length = 1};
	}
}

static void empty(struct naru_item *items, size_t room)
{
	memset(room_of, 0, sizeof(room_of));
	for (size_t i = 0; i < COUNT; i++)
		items[i] = (struct naru_item){.data = room_of[i], .length = room};
}

static void test_send_a_batch(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_item items[COUNT];

	fill(items, COUNT);
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), COUNT);
	assert_int_equal(room_stat(queue).messages, COUNT);
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 0, 0), "2 b");
	assert_string_equal(words_receive(queue, 1, 0), "1 d");
	assert_string_equal(words_receive(queue, 0, 0), "3 c");
	assert_string_equal(words_receive(queue, 0, 0), "2 e");
	naru_queue_close(queue);
}

static void test_receive_a_batch(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_item items[COUNT];

	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, COUNT, 0), -EAGAIN);
	words_send(queue, 4, "four");
	words_send(queue, 5, "");
	words_send(queue, 6, "sixth");
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, 2, 0), 2);
	assert_int_equal(items[0].type, 4);
	assert_int_equal(items[0].length, 4);
	assert_memory_equal(items[0].data, "four", 4);
	assert_int_equal(items[1].type, 5);
	assert_int_equal(items[1].length, 0);
	assert_int_equal(items[2].length, 16);
	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, COUNT, -1), 1);
	assert_int_equal(items[0].type, 6);
	assert_int_equal(items[0].length, 5);
	assert_memory_equal(items[0].data, "sixth", 5);
	assert_int_equal(room_stat(queue).received, 3);
	naru_queue_close(queue);
}

static void test_receive_a_batch_by_selection(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_item items[COUNT];

	fill(items, COUNT);
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), COUNT);
	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, 2, 0, items, 2, 0), 2);
	assert_memory_equal(items[0].data, "b", 1);
	assert_memory_equal(items[1].data, "e", 1);
	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, 1, NARU_EXCEPT, items, 2, 0), 2);
	assert_memory_equal(items[0].data, "c", 1);
	assert_memory_equal(items[1].data, "f", 1);
	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, -2, 0, items, COUNT, 0), 4);
	assert_memory_equal(items[0].data, "a", 1);
	assert_memory_equal(items[1].data, "d", 1);
	assert_memory_equal(items[2].data, "g", 1);
	assert_memory_equal(items[3].data, "h", 1);
	empty(items, 16);
	assert_int_equal(naru_queue_receive_batch(queue, -2, 0, items, COUNT, 0),
			 -EAGAIN);
	assert_int_equal(room_stat(queue).messages, 0);
	naru_queue_close(queue);
}

static void test_as_many_as_fit(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 5, 0);
	struct naru_item items[COUNT];

	fill(items, COUNT);
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), 5);
	assert_int_equal(naru_queue_send_batch(queue, items + 5, 3, 0), -EAGAIN);
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_int_equal(naru_queue_send_batch(queue, items + 5, 3, -1), 1);
	assert_int_equal(room_stat(queue).messages, 5);
	assert_string_equal(words_receive(queue, 3, 0), "3 c");
	assert_string_equal(words_receive(queue, 3, 0), "3 f");
	naru_queue_close(queue);
}

static void test_as_many_as_the_message_limit(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 3);
	struct naru_item items[COUNT];

	fill(items, COUNT);
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), 3);
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), -EAGAIN);
	naru_queue_close(queue);
}

static void test_an_empty_batch(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);

	assert_int_equal(naru_queue_send_batch(queue, NULL, 0, -1), 0);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, NULL, 0, -1), 0);
	naru_queue_close(queue);
}

/* A bad message ends the batch before it; an error is about the first only. */
static void test_a_bad_message_in_a_batch(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 0);
	struct naru_item items[COUNT];

	fill(items, COUNT);
	items[2].type = 0;
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), 2);
	assert_int_equal(naru_queue_send_batch(queue, items + 2, COUNT - 2, 0), -EINVAL);
	items[2].type = 1;
	items[2].length = 1001;
	assert_int_equal(naru_queue_send_batch(queue, items, COUNT, 0), 2);
	assert_int_equal(naru_queue_send_batch(queue, items + 2, COUNT - 2, -1),
			 -EMSGSIZE);
	assert_int_equal(room_stat(queue).messages, 4);
	naru_queue_close(queue);
}

static void test_stop_before_what_is_too_large(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_item items[COUNT];

	words_send(queue, 1, "ab");
	words_send(queue, 1, "abcd");
	words_send(queue, 1, "ab");
	empty(items, 3);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, COUNT, 0), 1);
	empty(items, 3);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, COUNT, 0),
			 -EMSGSIZE);
	assert_int_equal(items[0].length, 3);
	assert_int_equal(
		naru_queue_receive_batch(queue, 0, NARU_TRUNCATE, items, COUNT, 0), 2);
	assert_int_equal(items[0].length, 3);
	assert_memory_equal(items[0].data, "abc", 3);
	assert_int_equal(items[1].length, 2);
	naru_queue_close(queue);
}

static void test_a_batch_longer_than_the_queue(void **state)
{
	enum { MANY = 5000 };
	static struct naru_item items[MANY];
	static uint32_t numbers[MANY];
	struct naru_queue *queue = room_queue(*state, "q", 4096, 0);
	size_t sent = 0, received = 0;

	while (received < MANY) {
		for (size_t i = sent; i < MANY; i++) {
			numbers[i] = (uint32_t)i;
			items[i] = (struct naru_item){.type = (int64_t)i % 7 + 1,
						      .data = &numbers[i],
						      .length = 4};
		}
		if (sent < MANY) {
			ssize_t n = naru_queue_send_batch(queue, items + sent,
							  MANY - sent, 0);

			assert_true(n > 0);
			sent += (size_t)n;
		}
		for (size_t i = received; i < sent; i++)
			numbers[i] = 0;
		for (;;) {
			ssize_t n = naru_queue_receive_batch(
				queue, 0, 0, items + received, MANY - received, 0);

			assert_true(n > 0 || n == -EAGAIN || received == MANY);
			if (n <= 0)
				break;
			for (ssize_t i = 0; i < n; i++, received++)
				assert_int_equal(numbers[received], received);
		}
	}
	naru_queue_close(queue);
}

static void test_batches_of_large_messages(void **state)
{
	enum { LARGE = 50000 };
	static char in[4][LARGE], out[4][LARGE];
	struct naru_item send[4], receive[4];
	struct naru_queue *queue;

	need_here();
	queue = room_queue(*state, "q", 3 * LARGE, 0);
	for (int i = 0; i < 4; i++) {
		memset(in[i], 'a' + i, LARGE);
		send[i] = (struct naru_item){1, in[i], LARGE};
	}
	for (int turn = 0; turn < 10; turn++) {
		for (int i = 0; i < 4; i++)
			receive[i] = (struct naru_item){0, out[i], LARGE};
		/* Each goes alone. */
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				naru_queue_send_batch(queue, send + i, 4 - (size_t)i, 0),
				1);
		assert_int_equal(naru_queue_send_batch(queue, send + 3, 1, 0), -EAGAIN);
		for (int i = 0; i < 3; i++)
			assert_int_equal(naru_queue_receive_batch(queue, 0, 0,
								  receive + i,
								  4 - (size_t)i, 0),
					 1);
		for (int i = 0; i < 3; i++)
			assert_memory_equal(in[i], out[i], LARGE);
	}
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_send_a_batch),
		in_a_room(test_receive_a_batch),
		in_a_room(test_receive_a_batch_by_selection),
		in_a_room(test_as_many_as_fit),
		in_a_room(test_as_many_as_the_message_limit),
		in_a_room(test_an_empty_batch),
		in_a_room(test_a_bad_message_in_a_batch),
		in_a_room(test_stop_before_what_is_too_large),
		in_a_room(test_a_batch_longer_than_the_queue),
		in_a_room(test_batches_of_large_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
