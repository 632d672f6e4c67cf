/* SPDX-License-Identifier: MIT */

/* Polling by edge: each change makes the descriptor ready anew, after a rearm. */

#include <errno.h>
#include <poll.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/epoll.h>
#include <unistd.h>

static int watch(struct naru_queue *queue, enum naru_poll which)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int poller = epoll_create1(EPOLL_CLOEXEC), fd = naru_queue_fd(queue, which);

	assert_true(poller >= 0 && fd >= 0);
	assert_int_equal(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), 0);
	return poller;
}

static bool edge(int poller)
{
	struct epoll_event event;
	int n = epoll_wait(poller, &event, 1, 0);

	must(n >= 0);
	return n == 1;
}

static bool level(struct naru_queue *queue, enum naru_poll which)
{
	struct pollfd poller = {.fd = naru_queue_fd(queue, which), .events = POLLIN};

	must(poll(&poller, 1, 0) >= 0);
	return poller.revents & POLLIN;
}

static void test_each_message(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_queue *other = room_reopen(*state, "q");
	int poller = watch(queue, NARU_READABLE);

	assert_false(edge(poller));
	words_send(other, 1, "a");
	assert_true(edge(poller));
	/* Not rearmed: the next one is no change. */
	words_send(other, 1, "b");
	assert_false(edge(poller));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), 0);
		assert_string_equal(words_receive(queue, 7, 0), "EAGAIN");
		assert_false(edge(poller));
		words_send(other, 1, "c");
		assert_true(edge(poller));
		assert_false(edge(poller));
	}
	close(poller);
	naru_queue_close(other);
	naru_queue_close(queue);
}

/* More than a FIFO holds, and still each one is an edge; the level is what it was. */
static void test_for_ever(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	int poller = watch(queue, NARU_READABLE);

	words_send(queue, 2, "rests");
	assert_true(edge(poller));
	for (int i = 0; i < 70000; i++) {
		must_be(naru_queue_rearm(queue, NARU_READABLE), 0);
		words_send(queue, 1, "a");
		must(edge(poller));
		must(words_receive(queue, 1, 0)[0] == '1');
	}
	assert_true(level(queue, NARU_READABLE));
	assert_string_equal(words_receive(queue, 0, 0), "2 rests");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_false(level(queue, NARU_READABLE));
	close(poller);
	naru_queue_close(queue);
}

static void test_every_way_of_coming(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 50000, 0);
	int poller = watch(queue, NARU_READABLE);
	struct naru_item items[] = {{1, "x", 1}, {1, "y", 1}};
	struct naru_once once = {.session = {1, 2}, .number = 1};
	struct naru_message message;
	static char large[20000];

	words_send(queue, 9, "rests");
	assert_true(edge(poller));
#define comes(call)                                                                      \
	do {                                                                             \
		assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), 0);             \
		assert_false(edge(poller));                                              \
		assert_true((call) >= 0);                                                \
		assert_true(edge(poller));                                               \
	} while (0)
	comes(naru_queue_send_batch(queue, items, 2, 0));
	comes(naru_queue_send_once(queue, &once, items, 2, 0));
	comes(naru_queue_send(queue, 1, large, sizeof(large), 0));
	assert_int_equal(naru_queue_claim(queue, 3, 100, 0, &message), 0);
	comes(naru_queue_commit(queue, &message));
	assert_int_equal(naru_queue_take(queue, 3, 0, 0, &message), 0);
	comes(naru_queue_give_back(queue, &message));
#undef comes
	close(poller);
	naru_queue_close(queue);
}

/* Room for one message is not enough for who wants more. */
static void test_room(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 0);
	struct naru_queue_options more = NARU_INIT(more, .capacity = 200);
	int poller = watch(queue, NARU_WRITABLE);
	struct naru_message message;
	static char large[150];

	assert_true(edge(poller));
	for (int i = 0; i < 10; i++)
		assert_int_equal(naru_queue_send(queue, 1, large, 5, 0), 0);
	assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
#define goes(call)                                                                       \
	do {                                                                             \
		assert_int_equal(naru_queue_rearm(queue, NARU_WRITABLE), 0);             \
		assert_int_equal(naru_queue_send(queue, 1, large, 98, 0), -EAGAIN);      \
		assert_false(edge(poller));                                              \
		assert_true((call) >= 0);                                                \
		assert_true(edge(poller));                                               \
	} while (0)
	goes(naru_queue_receive(queue, 0, 0, large, sizeof(large), 0, NULL));
	goes(naru_queue_release(queue, &message));
	assert_int_equal(naru_queue_claim(queue, 3, 10, 0, &message), 0);
	goes(naru_queue_cancel(queue, &message));
	goes(naru_queue_set(queue, &more));
#undef goes
	close(poller);
	naru_queue_close(queue);
}

static void test_removal(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	int poller = watch(queue, NARU_READABLE);

	words_send(queue, 1, "a");
	assert_true(edge(poller));
	assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), 0);
	assert_int_equal(naru_queue_remove(((struct room *)*state)->space, "q"), 0);
	assert_true(edge(poller));
	assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), -EIDRM);
	assert_int_equal(naru_queue_rearm(queue, (enum naru_poll)0), -EINVAL);
	close(poller);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_each_message),
		in_a_room(test_for_ever),
		in_a_room(test_every_way_of_coming),
		in_a_room(test_room),
		in_a_room(test_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
