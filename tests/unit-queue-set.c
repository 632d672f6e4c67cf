/* SPDX-License-Identifier: MIT */

/* Changing a queue in use: capacity up and down, messages, mode. */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

static char bytes[4 * MIB], out[4 * MIB];

static int set(struct naru_queue *queue, uint64_t capacity, uint64_t messages)
{
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = capacity, .messages = messages);

	return naru_queue_set(queue, &options);
}

static void test_zero_changes_nothing(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 5000, 70);

	assert_int_equal(set(queue, 0, 0), 0);
	assert_int_equal(room_stat(queue).capacity, 5000);
	assert_int_equal(room_stat(queue).capacity_messages, 70);
	assert_int_equal(room_stat(queue).mode, 0600);
	assert_int_equal(set(queue, 6000, 0), 0);
	assert_int_equal(room_stat(queue).capacity, 6000);
	assert_int_equal(room_stat(queue).capacity_messages, 70);
	assert_int_equal(set(queue, 0, 80), 0);
	assert_int_equal(room_stat(queue).capacity, 6000);
	assert_int_equal(room_stat(queue).capacity_messages, 80);
	naru_queue_close(queue);
}

static void test_grow_with_messages_inside(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 10, 3);
	struct naru_message held;

	words_send(queue, 1, "abc");
	words_send(queue, 2, "def");
	words_send(queue, 3, "held");
	assert_string_equal(words_take(queue, 3, 0, &held), "3 held");
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	assert_int_equal(set(queue, 4 * MIB, 10), 0);
	assert_int_equal(naru_queue_send(queue, 4, bytes, 4 * MIB - 10, 0), 0);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	assert_string_equal(words_receive(queue, 2, 0), "2 def");
	assert_string_equal(words_of(&held), "3 held");
	assert_int_equal(naru_queue_give_back(queue, &held), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 abc");
	assert_string_equal(words_receive(queue, 0, 0), "3 held");
	assert_int_equal(naru_queue_receive(queue, 0, 0, out, sizeof(out), 0, NULL),
			 4 * MIB - 10);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 4 * MIB, 0), 0);
	naru_queue_close(queue);
}

static void test_grow_again_and_again(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1, 1);
	size_t used = 0;

	for (uint64_t capacity = 2; capacity <= 4 * MIB;
	     capacity = capacity * 3 / 2 + 1) {
		size_t length = capacity - used;

		assert_int_equal(set(queue, capacity, capacity), 0);
		memset(bytes, (int)(capacity % 251), length);
		assert_int_equal(naru_queue_send(queue, 1, bytes, length, 0), 0);
		assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
		used += length;
		if (capacity % 2) {
			ssize_t n = naru_queue_receive(queue, 0, 0, out, sizeof(out), 0,
						       NULL);

			assert_true(n > 0);
			used -= (size_t)n;
		}
	}
	naru_queue_close(queue);
}

static void test_shrink_loses_nothing(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 10);

	words_send(queue, 1, "0123456789");
	words_send(queue, 2, "0123456789");
	words_send(queue, 1, "0123456789");
	assert_int_equal(set(queue, 15, 0), 0);
	assert_int_equal(room_stat(queue).capacity, 15);
	assert_int_equal(room_stat(queue).messages, 3);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 16, 0), -EMSGSIZE);
	assert_string_equal(words_receive(queue, 1, 0), "1 0123456789");
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	assert_string_equal(words_receive(queue, 0, 0), "2 0123456789");
	words_send(queue, 5, "01234");
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	assert_string_equal(words_receive(queue, 0, 0), "1 0123456789");
	assert_string_equal(words_receive(queue, 0, 0), "5 01234");
	assert_int_equal(naru_queue_send(queue, 1, bytes, 15, 0), 0);
	naru_queue_close(queue);
}

static void test_shrink_the_messages(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 10);

	for (int i = 0; i < 5; i++)
		words_send(queue, 1, "x");
	assert_int_equal(set(queue, 0, 2), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(naru_queue_send(queue, 1, bytes, 0, 0), -EAGAIN);
		assert_string_equal(words_receive(queue, 0, 0), "1 x");
	}
	words_send(queue, 1, "y");
	assert_int_equal(naru_queue_send(queue, 1, bytes, 0, 0), -EAGAIN);
	naru_queue_close(queue);
}

static void test_shrunk_memory_is_kept_for_growth(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", MIB, 0);
	uint64_t memory = room_stat(queue).memory;

	assert_int_equal(set(queue, 100, 0), 0);
	assert_int_equal(room_stat(queue).memory, memory);
	assert_int_equal(set(queue, MIB, 0), 0);
	assert_int_equal(room_stat(queue).memory, memory);
	assert_int_equal(naru_queue_send(queue, 1, bytes, MIB, 0), 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, out, MIB, 0, NULL), MIB);
	naru_queue_close(queue);
}

static void test_other_handles_see_it(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 100, 10);
	struct naru_queue *other = room_reopen(room, "q");

	words_send(other, 1, "before");
	assert_int_equal(set(queue, 4 * MIB, 5000), 0);
	memset(bytes, 'x', 3 * MIB);
	assert_int_equal(naru_queue_send(queue, 2, bytes, 3 * MIB, 0), 0);
	assert_int_equal(naru_queue_receive(other, 2, 0, out, sizeof(out), 0, NULL),
			 3 * MIB);
	assert_memory_equal(bytes, out, 3 * MIB);
	assert_int_equal(naru_queue_send(other, 3, bytes, 4 * MIB - 6, 0), 0);
	assert_int_equal(naru_queue_send(queue, 3, bytes, 1, 0), -EAGAIN);
	assert_int_equal(room_stat(other).capacity, 4 * MIB);
	assert_string_equal(words_receive(queue, 0, 0), "1 before");
	assert_int_equal(naru_queue_receive(queue, 0, 0, out, sizeof(out), 0, NULL),
			 4 * MIB - 6);
	naru_queue_close(queue);
	naru_queue_close(other);
}

static int grow(void *queue)
{
	must_be(set(queue, MIB, 0), 0);
	return 0;
}

static void test_another_process_grows_it(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 10);

	assert_int_equal(child_run(grow, queue), 0);
	memset(bytes, 'y', MIB);
	assert_int_equal(naru_queue_send(queue, 2, bytes, MIB, 0), 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, out, sizeof(out), 0, NULL), MIB);
	assert_memory_equal(bytes, out, MIB);
	naru_queue_close(queue);
}

static void *send_and_wait(void *queue)
{
	return (void *)(intptr_t)naru_queue_send(queue, 2, "waited", 6, -1);
}

static void test_growth_wakes_senders(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 6, 1);
	pthread_t thread;
	void *result;

	words_send(queue, 1, "sixsix");
	assert_int_equal(pthread_create(&thread, NULL, send_and_wait, queue), 0);
	room_await_waiting(queue, 1, 0);
	assert_int_equal(set(queue, 12, 2), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
	assert_string_equal(words_receive(queue, 2, 0), "2 waited");
	naru_queue_close(queue);
}

static void test_set_out_of_range(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 10);
	struct naru_queue_options options = NARU_INIT(options, .mode = 01777);

	assert_int_equal(set(queue, (UINT64_C(1) << 37) + 1, 0), -EINVAL);
	assert_int_equal(set(queue, 0, (UINT64_C(1) << 30) + 1), -EINVAL);
	assert_int_equal(naru_queue_set(queue, &options), -EINVAL);
	options.mode = 0;
	options.flags = 1u << 31;
	assert_int_equal(naru_queue_set(queue, &options), -EINVAL);
	assert_int_equal(room_stat(queue).capacity, 100);
	assert_int_equal(room_stat(queue).capacity_messages, 10);
	words_send(queue, 1, "x");
	assert_string_equal(words_receive(queue, 0, 0), "1 x");
	naru_queue_close(queue);
}

static void test_set_the_mode(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 100, 10);
	struct naru_queue_options options = NARU_INIT(options, .mode = 0644);

	assert_int_equal(naru_queue_set(queue, &options), 0);
	assert_int_equal(room_stat(queue).mode, 0644);
	assert_int_equal(room_stat(queue).capacity, 100);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_zero_changes_nothing),
		in_a_room(test_grow_with_messages_inside),
		in_a_room(test_grow_again_and_again),
		in_a_room(test_shrink_loses_nothing),
		in_a_room(test_shrink_the_messages),
		in_a_room(test_shrunk_memory_is_kept_for_growth),
		in_a_room(test_other_handles_see_it),
		in_a_room(test_another_process_grows_it),
		in_a_room(test_growth_wakes_senders),
		in_a_room(test_set_out_of_range),
		in_a_room(test_set_the_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
