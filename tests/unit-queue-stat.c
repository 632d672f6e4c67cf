/* SPDX-License-Identifier: MIT */

/* What naru_queue_stat() tells. */

#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <time.h>
#include <unistd.h>

static int64_t coarse_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void test_counts(void **state)
{
	struct naru_queue *queue;
	struct naru_queue_stat stat;
	struct naru_message claimed, taken;

	need_here();
	queue = room_queue(*state, "q", 1000, 50);
	stat = room_stat(queue);
	assert_int_equal(stat.messages, 0);
	assert_int_equal(stat.bytes, 0);
	assert_int_equal(stat.capacity, 1000);
	assert_int_equal(stat.capacity_messages, 50);
	assert_int_equal(stat.sent, 0);
	assert_int_equal(stat.received, 0);
	assert_true(stat.memory >= 1000);
	words_send(queue, 1, "abc");
	words_send(queue, 2, "defgh");
	words_send(queue, 3, "");
	assert_int_equal(naru_queue_claim(queue, 1, 100, 0, &claimed), 0);
	assert_string_equal(words_take(queue, 2, 0, &taken), "2 defgh");
	stat = room_stat(queue);
	assert_int_equal(stat.messages, 2);
	assert_int_equal(stat.bytes, 3);
	assert_int_equal(stat.held_messages, 2);
	assert_int_equal(stat.held_bytes, 105);
	assert_int_equal(stat.sent, 3);
	assert_int_equal(stat.received, 0);
	assert_int_equal(naru_queue_release(queue, &taken), 0);
	assert_int_equal(naru_queue_commit(queue, &claimed), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 abc");
	stat = room_stat(queue);
	assert_int_equal(stat.messages, 2);
	assert_int_equal(stat.bytes, 100);
	assert_int_equal(stat.held_messages, 0);
	assert_int_equal(stat.held_bytes, 0);
	assert_int_equal(stat.sent, 4);
	assert_int_equal(stat.received, 2);
	naru_queue_close(queue);
}

static void test_what_is_given_back_was_not_received(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 50);
	struct naru_message message;

	words_send(queue, 1, "abc");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 abc");
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	assert_int_equal(room_stat(queue).received, 0);
	assert_int_equal(room_stat(queue).sent, 1);
	assert_int_equal(room_stat(queue).messages, 1);
	naru_queue_close(queue);
}

static int receive_one(void *queue)
{
	char byte;

	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), 1);
	return 0;
}

static void test_last_sender_and_receiver(void **state)
{
	int64_t before = coarse_now(), tick = 20000000;
	struct naru_queue *queue;
	struct naru_queue_stat stat;
	pid_t child;

	need_here();
	queue = room_queue(*state, "q", 1000, 50);
	stat = room_stat(queue);
	assert_int_equal(stat.last_sender, 0);
	assert_int_equal(stat.last_receiver, 0);
	assert_int_equal(stat.last_send, 0);
	assert_int_equal(stat.last_receive, 0);
	assert_true(stat.changed >= before - tick);
	words_send(queue, 1, "x");
	child = child_start(receive_one, queue);
	assert_int_equal(child_await(child), 0);
	stat = room_stat(queue);
	assert_int_equal(stat.last_sender, getpid());
	assert_int_equal(stat.last_receiver, child);
	assert_true(stat.last_send >= before - tick);
	assert_true(stat.last_receive >= stat.last_send - tick);
	assert_true(stat.last_receive <= coarse_now() + tick);
	naru_queue_close(queue);
}

static void test_every_way_of_sending_and_receiving_counts(void **state)
{
	struct naru_queue *queue;
	struct naru_message message;
	char bytes[3];
	struct naru_item items[3] = {
		{1, &bytes[0], 1}, {2, &bytes[1], 1}, {3, &bytes[2], 1}};

	need_here();
	queue = room_queue(*state, "q", 1000, 50);
	assert_int_equal(naru_queue_send_batch(queue, items, 3, 0), 3);
	assert_int_equal(room_stat(queue).sent, 3);
	assert_int_equal(room_stat(queue).last_sender, getpid());
	assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
	assert_int_equal(naru_queue_release(queue, &message), 0);
	assert_int_equal(room_stat(queue).received, 1);
	assert_int_equal(room_stat(queue).last_receiver, getpid());
	assert_true(room_stat(queue).last_receive > 0);
	assert_int_equal(naru_queue_receive_batch(queue, 0, 0, items, 3, 0), 2);
	assert_int_equal(room_stat(queue).received, 3);
	naru_queue_close(queue);
}

static void test_set_changes_the_time_of_change(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 50);
	struct naru_queue_options options = NARU_INIT(options, .capacity = 2000);
	int64_t created = room_stat(queue).changed;

	words_send(queue, 1, "x");
	assert_int_equal(room_stat(queue).changed, created);
	while (coarse_now() <= created + 20000000)
		;
	assert_int_equal(naru_queue_set(queue, &options), 0);
	assert_true(room_stat(queue).changed > created);
	naru_queue_close(queue);
}

/* A caller compiled against a shorter or a longer struct. */
static void test_the_size_of_the_struct(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1000, 50);
	struct {
		struct naru_queue_stat stat;
		uint64_t later;
	} longer = {.stat = {.size = sizeof(longer)}, .later = 7};
	struct naru_queue_stat stat = {.size = offsetof(struct naru_queue_stat, sent),
				       .sent = 77};

	words_send(queue, 1, "x");
	assert_int_equal(naru_queue_stat(queue, &stat), 0);
	assert_int_equal(stat.messages, 1);
	assert_int_equal(stat.sent, 77);
	assert_int_equal(naru_queue_stat(queue, &longer.stat), 0);
	assert_int_equal(longer.stat.sent, 1);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_counts),
		in_a_room(test_what_is_given_back_was_not_received),
		in_a_room(test_last_sender_and_receiver),
		in_a_room(test_every_way_of_sending_and_receiving_counts),
		in_a_room(test_set_changes_the_time_of_change),
		in_a_room(test_the_size_of_the_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
