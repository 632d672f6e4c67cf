/* SPDX-License-Identifier: MIT */

/* Descriptors of queues that a server has. */

#include <poll.h>
#include <pthread.h>
#include <queue/handle.h>
#include <remote/client.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/served-room.h>
#include <support/transport.h>
#include <support/unit.h>
#include <sys/epoll.h>
#include <unistd.h>

static int set_up(void **state)
{
	*state = served_room_open(10, 0);
	return 0;
}

static int tear_down(void **state)
{
	served_room_close(*state);
	return 0;
}

enum { THREADS = 8, ROUNDS = 30 };

struct racer {
	struct naru_queue *queue;
	pthread_barrier_t *start;
	int fd;
	pthread_t thread;
};

static void *race(void *data)
{
	struct racer *racer = data;

	pthread_barrier_wait(racer->start);
	racer->fd = naru_queue_fd(racer->queue, NARU_READABLE);
	return NULL;
}

/* One watches, with a lane of its own; there is none that had to be given up again. */
static void test_threads_ask_at_the_same_time(void **state)
{
	struct served_room *it = *state;
	pthread_barrier_t start;
	struct racer racers[THREADS];

	must_be(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct naru_queue *queue = served_room_reopen(it);

		for (int i = 0; i < THREADS; i++) {
			racers[i] = (struct racer){queue, &start, -1, 0};
			must_be(pthread_create(&racers[i].thread, NULL, race, &racers[i]),
				0);
		}
		for (int i = 0; i < THREADS; i++) {
			must_be(pthread_join(racers[i].thread, NULL), 0);
			assert_true(racers[i].fd >= 0);
			assert_int_equal(racers[i].fd, racers[0].fd);
		}
		assert_int_equal(queue->remote->lanes, 2);
		naru_queue_close(queue);
	}
	pthread_barrier_destroy(&start);
}

/* It is not ready any more once a call has found nothing. */
static void settle(struct served_room *it, int fd)
{
	assert_string_equal(words_receive(it->away, 0, 0), "EAGAIN");
	assert_false(is_ready(fd));
}

static void test_readable(void **state)
{
	struct served_room *it = *state;
	int fd = naru_queue_fd(it->away, NARU_READABLE);

	assert_true(fd >= 0);
	assert_int_equal(naru_queue_fd(it->away, NARU_READABLE), fd);
	settle(it, fd);
	for (int i = 0; i < 5; i++) {
		words_send(it->here, 1, "a");
		assert_true(becomes_ready(fd));
		assert_true(is_ready(fd));
		/* Asking for it again does not take it back. */
		assert_int_equal(naru_queue_fd(it->away, NARU_READABLE), fd);
		assert_true(is_ready(fd));
		assert_string_equal(words_receive(it->away, 0, 0), "1 a");
		settle(it, fd);
	}
}

static void test_readable_from_before(void **state)
{
	struct served_room *it = *state;
	int fd;

	words_send(it->here, 1, "a");
	fd = naru_queue_fd(it->away, NARU_READABLE);
	assert_true(becomes_ready(fd));
	/* A look for another type finds nothing; it is readable all the same. */
	assert_string_equal(words_receive(it->away, 2, 0), "EAGAIN");
	assert_true(becomes_ready(fd));
}

static void test_writable(void **state)
{
	struct served_room *it = *state;
	int fd = naru_queue_fd(it->away, NARU_WRITABLE);

	assert_true(becomes_ready(fd));
	words_send(it->away, 1, "1234567890");
	assert_int_equal(naru_queue_send(it->away, 1, "x", 1, 0), -EAGAIN);
	assert_false(is_ready(fd));
	assert_string_equal(words_receive(it->here, 0, 0), "1 1234567890");
	assert_true(becomes_ready(fd));
}

static void test_ready_when_the_server_is_gone(void **state)
{
	struct served_room *it = *state;
	int fd = naru_queue_fd(it->away, NARU_READABLE);

	settle(it, fd);
	served_kill(&it->served);
	assert_true(becomes_ready(fd));
	served_again(&it->served);
	settle(it, fd);
	words_send(it->here, 1, "a");
	assert_true(becomes_ready(fd));
	assert_string_equal(words_receive(it->away, 0, 0), "1 a");
	settle(it, fd);
}

static void test_ready_once_removed(void **state)
{
	struct served_room *it = *state;
	int fd = naru_queue_fd(it->away, NARU_READABLE);

	settle(it, fd);
	assert_int_equal(naru_queue_remove(it->room->space, "q"), 0);
	assert_true(becomes_ready(fd));
	assert_string_equal(words_receive(it->away, 0, 0), "EIDRM");
	assert_true(is_ready(fd));
	assert_int_equal(naru_queue_fd(it->away, NARU_READABLE), -EIDRM);
}

static int edge_of(int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int poller = epoll_create1(EPOLL_CLOEXEC);

	must(poller >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0);
	return poller;
}

static int edges(int poller, int timeout_ms)
{
	struct epoll_event event;

	return epoll_wait(poller, &event, 1, timeout_ms);
}

/* Who wants another type is woken by each message, and by nothing else. */
static void test_rearm(void **state)
{
	struct served_room *it = *state;
	int poller = edge_of(naru_queue_fd(it->away, NARU_READABLE));

	for (int i = 0; i < 5; i++) {
		assert_int_equal(naru_queue_rearm(it->away, NARU_READABLE), 0);
		assert_string_equal(words_receive(it->away, 2, 0), "EAGAIN");
		edges(poller, 0);
		assert_int_equal(naru_queue_rearm(it->away, NARU_READABLE), 0);
		assert_int_equal(edges(poller, 0), 0);
		words_send(it->here, 1, "a");
		assert_int_equal(edges(poller, -1), 1);
	}
	close(poller);
}

static void test_out_of_range(void **state)
{
	struct served_room *it = *state;

	assert_int_equal(naru_queue_fd(it->away, 0), -EINVAL);
	assert_int_equal(naru_queue_rearm(it->away, 3), -EINVAL);
}

#define with_a_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_a_server(test_readable),
		with_a_server(test_threads_ask_at_the_same_time),
		with_a_server(test_readable_from_before),
		with_a_server(test_writable),
		with_a_server(test_ready_when_the_server_is_gone),
		with_a_server(test_ready_once_removed),
		with_a_server(test_rearm),
		with_a_server(test_out_of_range),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
