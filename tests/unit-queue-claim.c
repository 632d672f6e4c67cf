/* SPDX-License-Identifier: MIT */

/* Sending in place: claim, fill, commit or cancel. */

#include <errno.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>

static void test_claim_and_commit(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;

	assert_int_equal(naru_queue_claim(queue, 3, 5, 0, &message), 0);
	assert_int_equal(message.type, 3);
	assert_int_equal(message.length, 5);
	assert_int_equal((uintptr_t)message.data % 16, 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	memcpy(message.data, "hello", 5);
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "3 hello");
	naru_queue_close(queue);
}

static void test_the_place_is_that_of_the_commit(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message first, second;

	assert_int_equal(naru_queue_claim(queue, 1, 1, 0, &first), 0);
	assert_int_equal(naru_queue_claim(queue, 1, 1, 0, &second), 0);
	memcpy(first.data, "c", 1);
	memcpy(second.data, "b", 1);
	words_send(queue, 1, "a");
	assert_int_equal(naru_queue_commit(queue, &second), 0);
	assert_int_equal(naru_queue_commit(queue, &first), 0);
	words_send(queue, 1, "d");
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 1, 0), "1 b");
	assert_string_equal(words_receive(queue, -5, 0), "1 c");
	assert_string_equal(words_receive(queue, 0, 0), "1 d");
	naru_queue_close(queue);
}

static void test_commit_shorter_and_with_another_type(void **state)
{
	struct naru_queue *queue;
	struct naru_message message;

	need_here();
	queue = room_queue(*state, "q", 1000, 0);
	assert_int_equal(naru_queue_claim(queue, 1, 1000, 0, &message), 0);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EAGAIN);
	memcpy(message.data, "short", 5);
	message.length = 5;
	message.type = 8;
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_int_equal(room_stat(queue).bytes, 5);
	assert_int_equal(room_stat(queue).held_bytes, 0);
	assert_int_equal(naru_queue_claim(queue, 1, 995, 0, &message), 0);
	message.length = 0;
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "8 short");
	assert_string_equal(words_receive(queue, 0, 0), "1 ");
	assert_int_equal(naru_queue_claim(queue, 1, 1000, 0, &message), 0);
	assert_int_equal(naru_queue_cancel(queue, &message), 0);
	naru_queue_close(queue);
}

static void test_commit_refuses_and_keeps_the_claim(void **state)
{
	struct naru_queue *queue;
	struct naru_message message;

	need_here();
	queue = room_queue(*state, "q", 0, 0);
	assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &message), 0);
	message.length = 6;
	assert_int_equal(naru_queue_commit(queue, &message), -EINVAL);
	message.length = 5;
	message.type = 0;
	assert_int_equal(naru_queue_commit(queue, &message), -EINVAL);
	message.type = -4;
	assert_int_equal(naru_queue_commit(queue, &message), -EINVAL);
	assert_int_equal(room_stat(queue).held_messages, 1);
	message.type = 1;
	memcpy(message.data, "still", 5);
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 still");
	naru_queue_close(queue);
}

static void test_finished_only_once(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message, copy, none;

	memset(&none, 0, sizeof(none));
	none.type = 1;
	assert_int_equal(naru_queue_commit(queue, &none), -EINVAL);
	assert_int_equal(naru_queue_cancel(queue, &none), -EINVAL);
	assert_int_equal(naru_queue_claim(queue, 1, 1, 0, &message), 0);
	memcpy(message.data, "x", 1);
	copy = message;
	assert_int_equal(naru_queue_release(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_give_back(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_int_equal(naru_queue_commit(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_cancel(queue, &message), -EINVAL);
	assert_int_equal(naru_queue_commit(queue, &copy), -EINVAL);
	assert_string_equal(words_receive(queue, 0, 0), "1 x");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_int_equal(naru_queue_claim(queue, 1, 1, 0, &message), 0);
	copy = message;
	assert_int_equal(naru_queue_cancel(queue, &message), 0);
	assert_int_equal(naru_queue_cancel(queue, &copy), -EINVAL);
	assert_int_equal(naru_queue_commit(queue, &copy), -EINVAL);
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

static void test_claims_count_for_the_capacity(void **state)
{
	struct naru_queue *queue;
	struct naru_message a, b, c;
	struct naru_queue_stat stat;

	need_here();
	queue = room_queue(*state, "q", 100, 3);
	assert_int_equal(naru_queue_claim(queue, 1, 60, 0, &a), 0);
	assert_int_equal(naru_queue_claim(queue, 1, 41, 0, &b), -EAGAIN);
	assert_int_equal(naru_queue_claim(queue, 1, 40, 0, &b), 0);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EAGAIN);
	assert_int_equal(naru_queue_claim(queue, 1, 0, 0, &c), 0);
	assert_int_equal(naru_queue_send(queue, 1, "", 0, 0), -EAGAIN);
	stat = room_stat(queue);
	assert_int_equal(stat.held_messages, 3);
	assert_int_equal(stat.held_bytes, 100);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(naru_queue_cancel(queue, &b), 0);
	assert_int_equal(naru_queue_cancel(queue, &c), 0);
	assert_int_equal(naru_queue_cancel(queue, &a), 0);
	assert_int_equal(naru_queue_claim(queue, 1, 100, 0, &a), 0);
	assert_int_equal(naru_queue_cancel(queue, &a), 0);
	assert_int_equal(room_stat(queue).sent, 0);
	naru_queue_close(queue);
}

static void test_a_claim_of_zero_bytes(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;

	assert_int_equal(naru_queue_claim(queue, 1, 0, 0, &message), 0);
	assert_int_equal(message.length, 0);
	assert_int_equal(naru_queue_commit(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 ");
	naru_queue_close(queue);
}

/* A claim is contiguous, however the queue's memory lies. */
static void test_claims_of_every_size(void **state)
{
	enum { CAPACITY = 1 << 18 };
	static char out[CAPACITY];
	struct naru_queue *queue = room_queue(*state, "q", CAPACITY, 0);
	struct naru_message message;

	for (size_t length = 1; length <= CAPACITY; length = length * 5 / 4 + 1) {
		for (int turn = 0; turn < 20; turn++) {
			assert_int_equal(naru_queue_claim(queue, 2, length, 0, &message),
					 0);
			assert_int_equal((uintptr_t)message.data % 16, 0);
			memset(message.data, 'a' + turn, length);
			assert_int_equal(naru_queue_commit(queue, &message), 0);
			assert_int_equal(naru_queue_receive(queue, 0, 0, out, sizeof(out),
							    0, NULL),
					 length);
			assert_int_equal(out[0], 'a' + turn);
			assert_int_equal(out[length / 2], 'a' + turn);
			assert_int_equal(out[length - 1], 'a' + turn);
		}
	}
	naru_queue_close(queue);
}

static int claim_and_die(void *queue)
{
	struct naru_message message;

	must_be(naru_queue_claim(queue, 1, 1000, 0, &message), 0);
	memset(message.data, 'x', 1000);
	return 0;
}

static void test_a_claim_of_the_dead_disappears(void **state)
{
	static char bytes[1000];
	struct naru_queue *queue = room_queue(*state, "q", 1000, 0);

	for (int i = 0; i < 20; i++) {
		assert_int_equal(child_run(claim_and_die, queue), 0);
		assert_int_equal(naru_queue_send(queue, 1, bytes, sizeof(bytes), -1), 0);
		assert_int_equal(naru_queue_receive(queue, 0, 0, bytes, 1000, 0, NULL),
				 1000);
		assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	}
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

static void test_claims_in_a_removed_queue(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);
	struct naru_message a;

	assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &a), 0);
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	memset(a.data, 'x', 5);
	assert_int_equal(naru_queue_commit(queue, &a), -EIDRM);
	assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &a), -EIDRM);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_claim_and_commit),
		in_a_room(test_the_place_is_that_of_the_commit),
		in_a_room(test_commit_shorter_and_with_another_type),
		in_a_room(test_commit_refuses_and_keeps_the_claim),
		in_a_room(test_finished_only_once),
		in_a_room(test_claims_count_for_the_capacity),
		in_a_room(test_a_claim_of_zero_bytes),
		in_a_room(test_claims_of_every_size),
		in_a_room(test_a_claim_of_the_dead_disappears),
		in_a_room(test_claims_in_a_removed_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
