/* SPDX-License-Identifier: MIT */

/* Waiting: wake-ups, timeouts, signals, and removal of the queue meanwhile. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <support/must.h>
#include <support/unit.h>
#include <time.h>

enum kind { SEND, CLAIM, SEND_BATCH, RECEIVE, TAKE, RECEIVE_BATCH, KINDS };

/* One call in a thread of its own. */
struct call {
	enum kind kind;
	struct naru_queue *queue;
	int64_t type; /* or selection */
	int timeout_ms;
	pthread_t thread;
	atomic_bool done;
	ssize_t result;
	struct naru_message message;
	char byte;
};

static ssize_t call(struct call *c)
{
	struct naru_item item = {.type = c->type, .data = &c->byte, .length = 1};

	switch (c->kind) {
	case SEND:
		return naru_queue_send(c->queue, c->type, &c->byte, 1, c->timeout_ms);
	case CLAIM:
		return naru_queue_claim(c->queue, c->type, 1, c->timeout_ms, &c->message);
	case SEND_BATCH:
		return naru_queue_send_batch(c->queue, &item, 1, c->timeout_ms);
	case RECEIVE:
		return naru_queue_receive(c->queue, c->type, 0, &c->byte, 1,
					  c->timeout_ms, NULL);
	case TAKE:
		return naru_queue_take(c->queue, c->type, 0, c->timeout_ms, &c->message);
	default:
		return naru_queue_receive_batch(c->queue, c->type, 0, &item, 1,
						c->timeout_ms);
	}
}

static void *call_in_thread(void *data)
{
	struct call *c = data;

	c->result = call(c);
	atomic_store(&c->done, true);
	return NULL;
}

static void start(struct call *c, enum kind kind, struct naru_queue *queue, int64_t type)
{
	*c = (struct call){.kind = kind, .queue = queue, .type = type};
	c->timeout_ms = -1;
	c->byte = 'x';
	must(pthread_create(&c->thread, NULL, call_in_thread, c) == 0);
}

static ssize_t finish(struct call *c)
{
	must(pthread_join(c->thread, NULL) == 0);
	return c->result;
}

static bool sends(enum kind kind)
{
	return kind < RECEIVE;
}

/* A claim in a queue of a server's waits for nothing: the commit does. */
static enum kind after(enum kind kind)
{
	kind++;
	return kind == CLAIM && is_away() ? kind + 1 : kind;
}

/* A queue at which a call of this kind waits: full for senders. */
static struct naru_queue *stuck_queue(struct room *room, enum kind kind)
{
	struct naru_queue *queue = room_queue(room, "q", 1, 0);

	if (sends(kind))
		words_send(queue, 9, "f");
	return queue;
}

static void test_woken(void **state)
{
	struct room *room = *state;

	for (enum kind kind = 0; kind < KINDS; kind = after(kind)) {
		struct naru_queue *queue = stuck_queue(room, kind);
		struct call c;

		start(&c, kind, queue, 1);
		room_await_waiting(queue, sends(kind), !sends(kind));
		if (sends(kind))
			assert_string_equal(words_receive(queue, 0, 0), "9 f");
		else
			words_send(queue, 1, "x");
		assert_true(finish(&c) >= 0);
		if (kind == CLAIM)
			assert_int_equal(naru_queue_cancel(queue, &c.message), 0);
		if (kind == TAKE)
			assert_int_equal(naru_queue_release(queue, &c.message), 0);
		room_await_waiting(queue, 0, 0);
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

static void test_timeouts(void **state)
{
	struct room *room = *state;

	for (enum kind kind = 0; kind < KINDS; kind = after(kind)) {
		struct naru_queue *queue = stuck_queue(room, kind);
		struct call c = {.kind = kind, .queue = queue, .type = 1};
		struct timespec before, ended;

		assert_int_equal(call(&c), -EAGAIN);
		for (c.timeout_ms = 1; c.timeout_ms < 30; c.timeout_ms *= 5) {
			clock_gettime(CLOCK_MONOTONIC, &before);
			assert_int_equal(call(&c), -ETIMEDOUT);
			clock_gettime(CLOCK_MONOTONIC, &ended);
			assert_true((ended.tv_sec - before.tv_sec) * 1000000000L +
					    ended.tv_nsec - before.tv_nsec >=
				    c.timeout_ms * 1000000L);
		}
		room_await_waiting(queue, 0, 0);
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

static void handle_signal(int number)
{
	(void)number;
}

static void test_a_signal_ends_the_wait(void **state)
{
	struct room *room = *state;
	struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};

	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (enum kind kind = 0; kind < KINDS; kind = after(kind)) {
		struct naru_queue *queue = stuck_queue(room, kind);
		struct call c;

		start(&c, kind, queue, 1);
		while (!atomic_load(&c.done)) {
			pthread_kill(c.thread, SIGUSR1);
			sched_yield();
		}
		assert_int_equal(finish(&c), -EINTR);
		room_await_waiting(queue, 0, 0);
		assert_int_equal(room_stat(queue).messages, sends(kind));
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

static void test_removal_wakes_all(void **state)
{
	struct room *room = *state;

	for (enum kind kind = 0; kind < KINDS; kind = after(kind)) {
		struct naru_queue *queue = stuck_queue(room, kind);
		struct call c[3];

		for (int i = 0; i < 3; i++)
			start(&c[i], kind, queue, i + 1);
		room_await_waiting(queue, sends(kind) ? 3 : 0, sends(kind) ? 0 : 3);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(finish(&c[i]), -EIDRM);
		naru_queue_close(queue);
	}
}

static void test_removed_for_every_later_call(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 1, 0);
	struct naru_queue_options options = NARU_INIT(options, .capacity = 100);
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);

	words_send(queue, 1, "x");
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	for (enum kind kind = 0; kind < KINDS; kind = after(kind)) {
		struct call c = {.kind = kind, .queue = queue, .type = 1};

		assert_int_equal(call(&c), -EIDRM);
		c.timeout_ms = -1;
		assert_int_equal(call(&c), -EIDRM);
	}
	assert_int_equal(naru_queue_set(queue, &options), -EIDRM);
	assert_int_equal(naru_queue_stat(queue, &stat), -EIDRM);
	naru_queue_close(queue);
}

/* Of several who wait, the message goes to one who may have it. */
static void test_the_right_one_is_woken(void **state)
{
	enum { WAITERS = 12 };
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct call c[WAITERS];

	for (int turn = 0; turn < 30; turn++) {
		for (int i = 0; i < WAITERS; i++)
			start(&c[i], RECEIVE, queue, i + 1);
		room_await_waiting(queue, 0, WAITERS);
		for (int i = 0; i < WAITERS; i++) {
			int next = (i * 5 + turn) % WAITERS;

			c[next].byte = '?';
			words_send(queue, next + 1, "y");
			assert_int_equal(finish(&c[next]), 1);
			assert_int_equal(c[next].byte, 'y');
		}
	}
	room_await_waiting(queue, 0, 0);
	naru_queue_close(queue);
}

/* Room for a small message is not kept from it by one who waits for more. */
static void test_room_is_given_to_whom_it_suffices(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 4, 0);
	struct call c[4];

	words_send(queue, 1, "full");
	for (int i = 0; i < 4; i++)
		start(&c[i], SEND, queue, 2);
	room_await_waiting(queue, 4, 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 full");
	for (int i = 0; i < 4; i++)
		assert_int_equal(finish(&c[i]), 0);
	assert_int_equal(room_stat(queue).messages, 4);
	naru_queue_close(queue);
}

static void test_giving_back_wakes(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message message;
	struct call c;

	words_send(queue, 1, "a");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	start(&c, RECEIVE, queue, 1);
	room_await_waiting(queue, 0, 1);
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	assert_int_equal(finish(&c), 1);
	naru_queue_close(queue);
}

static void test_cancel_release_and_commit_wake_senders(void **state)
{
	struct naru_message message;
	struct naru_queue *queue;
	struct call c;

	need_here();
	queue = room_queue(*state, "q", 10, 0);
	for (int turn = 0; turn < 30; turn++) {
		if (turn % 3 == 0) {
			assert_int_equal(naru_queue_claim(queue, 5, 10, 0, &message), 0);
		} else if (turn % 3 == 1) {
			words_send(queue, 5, "1234567890");
			assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		} else {
			assert_int_equal(naru_queue_claim(queue, 5, 10, 0, &message), 0);
			message.length = 0;
		}
		start(&c, SEND, queue, 1);
		room_await_waiting(queue, 1, 0);
		if (turn % 3 == 0)
			assert_int_equal(naru_queue_cancel(queue, &message), 0);
		else if (turn % 3 == 1)
			assert_int_equal(naru_queue_release(queue, &message), 0);
		else
			assert_int_equal(naru_queue_commit(queue, &message), 0);
		assert_int_equal(finish(&c), 0);
		assert_string_equal(words_receive(queue, 1, 0), "1 x");
		words_receive(queue, 0, 0);
	}
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_woken),
		in_a_room(test_timeouts),
		in_a_room(test_a_signal_ends_the_wait),
		in_a_room(test_removal_wakes_all),
		in_a_room(test_removed_for_every_later_call),
		in_a_room(test_the_right_one_is_woken),
		in_a_room(test_room_is_given_to_whom_it_suffices),
		in_a_room(test_giving_back_wakes),
		in_a_room(test_cancel_release_and_commit_wake_senders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
