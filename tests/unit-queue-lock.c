/* SPDX-License-Identifier: MIT */

/* A queue whose locks somebody holds: timeouts and signals end the wait for them, too. */

#include <naru/queue.h>

#include <pthread.h>
#include <queue/handle.h>
#include <sched.h>
#include <signal.h>
#include <support/member.h>

struct call {
	const char *name;
	ssize_t (*make)(struct naru_queue *queue, int timeout_ms);
};

static ssize_t send_one(struct naru_queue *queue, int timeout_ms)
{
	return naru_queue_send(queue, 1, "x", 1, timeout_ms);
}

static ssize_t receive_one(struct naru_queue *queue, int timeout_ms)
{
	char byte;

	return naru_queue_receive(queue, 0, 0, &byte, 1, timeout_ms, NULL);
}

static ssize_t receive_lowest(struct naru_queue *queue, int timeout_ms)
{
	char byte;

	return naru_queue_receive(queue, -5, 0, &byte, 1, timeout_ms, NULL);
}

static ssize_t claim_one(struct naru_queue *queue, int timeout_ms)
{
	struct naru_message message;

	return naru_queue_claim(queue, 1, 1, timeout_ms, &message);
}

static ssize_t take_one(struct naru_queue *queue, int timeout_ms)
{
	struct naru_message message;

	return naru_queue_take(queue, 0, 0, timeout_ms, &message);
}

static ssize_t send_two(struct naru_queue *queue, int timeout_ms)
{
	char byte = 'x';
	const struct naru_item items[2] = {{1, &byte, 1}, {1, &byte, 1}};

	return naru_queue_send_batch(queue, items, 2, timeout_ms);
}

static ssize_t receive_two(struct naru_queue *queue, int timeout_ms)
{
	char bytes[2];
	struct naru_item items[2] = {{0, &bytes[0], 1}, {0, &bytes[1], 1}};

	return naru_queue_receive_batch(queue, 0, 0, items, 2, timeout_ms);
}

static const struct call calls[] = {
	{"send", send_one},
	{"receive", receive_one},
	{"lowest", receive_lowest},
	{"claim", claim_one},
	{"take", take_one},
	{"send batch", send_two},
	{"receive batch", receive_two},
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

/* A queue that the child, which lives, seems to be in a call of each side with. */
static struct naru_queue *locked_queue(struct room *room, struct member *child)
{
	struct naru_queue *queue = room_queue(room, "q", 0, 0);

	join(child, room);
	for (int i = 0; i < 3; i++)
		assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), 0);
	atomic_store(&queue->shared->senders.lock, child->id);
	atomic_store(&queue->shared->receivers.lock, child->id);
	return queue;
}

static void close_queue(struct naru_queue *queue, struct member *child)
{
	child_kill(child->pid);
	part(child);
	naru_queue_close(queue);
}

static void test_time_ends_it(void **state)
{
	struct member child = {0};
	struct naru_queue *queue = locked_queue(*state, &child);

	for (int i = 0; i < CALLS; i++) {
		print_message("%s\n", calls[i].name);
		assert_int_equal(calls[i].make(queue, 0), -EAGAIN);
		assert_int_equal(calls[i].make(queue, 5), -ETIMEDOUT);
	}
	assert_int_equal(room_stat(queue).messages, 3);
	close_queue(queue, &child);
}

struct waiting {
	const struct call *call;
	struct naru_queue *queue;
	ssize_t result;
	_Atomic bool done;
};

static void *wait_for_ever(void *data)
{
	struct waiting *waiting = data;

	waiting->result = waiting->call->make(waiting->queue, -1);
	atomic_store(&waiting->done, true);
	return NULL;
}

static void handle(int number)
{
	(void)number;
}

static void test_a_signal_ends_it(void **state)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
	struct member child = {0};
	struct naru_queue *queue = locked_queue(*state, &child);

	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (int i = 0; i < CALLS; i++) {
		struct waiting waiting = {.call = &calls[i], .queue = queue};
		pthread_t thread;

		print_message("%s\n", calls[i].name);
		must(pthread_create(&thread, NULL, wait_for_ever, &waiting) == 0);
		while (!atomic_load(&waiting.done)) {
			pthread_kill(thread, SIGUSR1);
			sched_yield();
		}
		must(pthread_join(thread, NULL) == 0);
		assert_int_equal(waiting.result, -EINTR);
	}
	close_queue(queue, &child);
}

static void test_death_ends_it(void **state)
{
	for (int i = 0; i < CALLS; i++) {
		struct room *room = *state;
		struct member child = {0};
		struct naru_queue *queue = locked_queue(room, &child);

		print_message("%s\n", calls[i].name);
		child_kill(child.pid);
		assert_true(calls[i].make(queue, -1) >= 0);
		part(&child);
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_time_ends_it),
		in_a_room(test_a_signal_ends_it),
		in_a_room(test_death_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
