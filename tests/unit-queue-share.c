/* SPDX-License-Identifier: MIT */

/* One handle used by several threads, and by the children of a fork. */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <unistd.h>

enum { THREADS = 4, EACH = 2000 };

struct shared {
	struct naru_queue *queue;
	_Atomic uint32_t seen[THREADS][EACH];
	atomic_int next;
};

static void *send_numbers(void *data)
{
	struct shared *s = data;
	uint32_t me = (uint32_t)atomic_fetch_add(&s->next, 1);

	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t number[2] = {me, i};

		must_be(naru_queue_send(s->queue, me + 1, number, sizeof(number), -1), 0);
	}
	return NULL;
}

static void *receive_numbers(void *data)
{
	struct shared *s = data;
	uint32_t last[THREADS] = {0};

	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t number[2];
		int64_t type;

		must_be(naru_queue_receive(s->queue, 0, 0, number, sizeof(number), -1,
					   &type),
			sizeof(number));
		must(number[0] < THREADS && number[1] < EACH);
		must(type == number[0] + 1);
		must(number[1] >= last[number[0]]);
		last[number[0]] = number[1];
		atomic_fetch_add(&s->seen[number[0]][number[1]], 1);
	}
	return NULL;
}

static void test_threads_share_a_handle(void **state)
{
	static struct shared s;
	pthread_t senders[THREADS], receivers[THREADS];

	s.queue = room_queue(*state, "q", 500, 0);
	for (int i = 0; i < THREADS; i++) {
		must(pthread_create(&receivers[i], NULL, receive_numbers, &s) == 0);
		must(pthread_create(&senders[i], NULL, send_numbers, &s) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		must(pthread_join(senders[i], NULL) == 0);
		must(pthread_join(receivers[i], NULL) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < EACH; k++)
			assert_int_equal(atomic_load(&s.seen[i][k]), 1);
	assert_int_equal(room_stat(s.queue).messages, 0);
	naru_queue_close(s.queue);
}

static void *take_in_thread(void *data)
{
	struct naru_message *message = data;
	struct naru_queue *queue = message->data;

	must_be(naru_queue_take(queue, 0, 0, 0, message), 0);
	return NULL;
}

static void test_taken_messages_belong_to_the_process(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 500, 0);
	struct naru_message message = {.data = queue};
	pthread_t thread;

	words_send(queue, 1, "a");
	must(pthread_create(&thread, NULL, take_in_thread, &message) == 0);
	must(pthread_join(thread, NULL) == 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_string_equal(words_of(&message), "1 a");
	assert_int_equal(naru_queue_release(queue, &message), 0);
	naru_queue_close(queue);
}

/* Up to this depth each child forks the next; all use the first one's handle. */
static int send_and_fork(void *data)
{
	struct shared *s = data;
	int depth = atomic_fetch_add(&s->next, 1);
	struct naru_message message;
	char letter = (char)('a' + depth);

	must_be(naru_queue_send(s->queue, 1, &letter, 1, 0), 0);
	must_be(naru_queue_claim(s->queue, 1, 10, 0, &message), 0);
	if (depth < 5)
		must_be(child_run(send_and_fork, s), 0);
	must_be(naru_queue_commit(s->queue, &message), 0);
	return 0;
}

static void test_children_of_children(void **state)
{
	static struct shared s;
	char buffer[10];

	s.queue = room_queue(*state, "q", 500, 0);
	assert_int_equal(send_and_fork(&s), 0);
	for (char c = 'a'; c < 'g'; c++) {
		assert_int_equal(naru_queue_receive(s.queue, 0, 0, buffer, 1, 0, NULL),
				 1);
		assert_int_equal(buffer[0], c);
	}
	for (int i = 0; i < 6; i++)
		assert_int_equal(naru_queue_receive(s.queue, 0, 0, buffer, 10, 0, NULL),
				 10);
	assert_int_equal(room_stat(s.queue).held_messages, 0);
	naru_queue_close(s.queue);
}

static int receive_forever(void *queue)
{
	char byte;

	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, -1, NULL), 1);
	return byte;
}

/* Blocked children, some of them killed: the message goes to one who lives. */
static void test_a_dead_waiter_gets_nothing(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 500, 0);

	for (int turn = 0; turn < 10; turn++) {
		pid_t children[4];

		for (int i = 0; i < 4; i++)
			children[i] = child_start(receive_forever, queue);
		room_await_waiting(queue, 0, 4);
		for (int i = 0; i < 3; i++)
			child_kill(children[(turn + i) % 4]);
		words_send(queue, 1, "\x05");
		assert_int_equal(child_await(children[(turn + 3) % 4]), 5);
	}
	words_send(queue, 1, "a");
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	naru_queue_close(queue);
}

static int use_own_handle(void *data)
{
	struct room *room = data;
	struct naru_queue *queue = room_reopen(room, "q");

	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	naru_queue_close(queue);
	return 0;
}

static void test_a_child_opens_its_own(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 500, 20);

	for (int i = 0; i < 20; i++)
		assert_int_equal(child_run(use_own_handle, room), 0);
	for (int i = 0; i < 20; i++)
		assert_string_equal(words_receive(queue, 0, 0), "1 x");
	naru_queue_close(queue);
}

static int close_it(void *queue)
{
	naru_queue_close(queue);
	return 0;
}

static void test_a_child_closes_only_its_own(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 500, 0);

	words_send(queue, 1, "a");
	assert_int_equal(child_run(close_it, queue), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	naru_queue_close(queue);
}

struct orphan {
	struct naru_queue *queue;
	int pipe[2]; /* its end of file ends the orphan */
};

static int take_fork_and_die(void *data)
{
	struct orphan *o = data;
	struct naru_message message;
	pid_t orphan;
	char byte;

	must_be(naru_queue_take(o->queue, 0, 0, 0, &message), 0);
	close(o->pipe[1]);
	orphan = fork();
	must(orphan >= 0);
	if (orphan == 0)
		_exit(read(o->pipe[0], &byte, 1) != 0);
	raise(SIGKILL);
	return 0;
}

/* A child that was forked but uses nothing does not keep its parent alive. */
static void test_a_child_does_not_stand_for_its_parent(void **state)
{
	struct orphan o = {.queue = room_queue(*state, "q", 500, 0)};
	char byte;

	assert_int_equal(pipe(o.pipe), 0);
	words_send(o.queue, 1, "a");
	assert_int_equal(child_run(take_fork_and_die, &o), 128 + SIGKILL);
	assert_int_equal(naru_queue_receive(o.queue, 0, 0, &byte, 1, -1, NULL), 1);
	assert_int_equal(byte, 'a');
	close(o.pipe[0]);
	close(o.pipe[1]);
	naru_queue_close(o.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_threads_share_a_handle),
		in_a_room(test_taken_messages_belong_to_the_process),
		in_a_room(test_children_of_children),
		in_a_room(test_a_dead_waiter_gets_nothing),
		in_a_room(test_a_child_opens_its_own),
		in_a_room(test_a_child_closes_only_its_own),
		in_a_room(test_a_child_does_not_stand_for_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
