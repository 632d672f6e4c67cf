/* SPDX-License-Identifier: MIT */

/* The pollable descriptors: readable and writable, level-triggered. */

#include <errno.h>
#include <poll.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/epoll.h>
#include <unistd.h>

static bool ready(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	int r = poll(&poller, 1, 0);

	must(r >= 0);
	return r == 1 && poller.revents & POLLIN;
}

/* Wait for it; that it comes is the test. */
static void await_ready(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	while (poll(&poller, 1, -1) < 0)
		must(errno == EINTR);
	must(poller.revents & POLLIN);
}

/*
 * A call that would have to wait, by whoever polls, settles the descriptor: it may
 * say ready until then, as another process may have been faster.
 */
static void assert_not_readable(struct naru_queue *queue, int fd)
{
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_false(ready(fd));
}

static void assert_not_writable(struct naru_queue *queue, int fd)
{
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EAGAIN);
	assert_false(ready(fd));
}

static int fd_of(struct naru_queue *queue, enum naru_poll which)
{
	int fd = naru_queue_fd(queue, which);

	assert_true(fd >= 0);
	assert_int_equal(naru_queue_fd(queue, which), fd);
	return fd;
}

static void test_readable(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 0);
	int fd = fd_of(queue, NARU_READABLE);

	for (int i = 0; i < 10; i++) {
		assert_not_readable(queue, fd);
		words_send(queue, 1, "a");
		assert_true(ready(fd));
		assert_true(ready(fd));
		words_send(queue, 2, "b");
		assert_string_equal(words_receive(queue, 0, 0), "1 a");
		assert_true(ready(fd));
		assert_string_equal(words_receive(queue, 0, 0), "2 b");
	}
	assert_not_readable(queue, fd);
	naru_queue_close(queue);
}

static void test_readable_from_before(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 100, 0), *other;

	words_send(queue, 1, "a");
	other = room_reopen(room, "q");
	assert_true(ready(fd_of(other, NARU_READABLE)));
	naru_queue_close(other);
	other = room_reopen(room, "q");
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_not_readable(other, fd_of(other, NARU_READABLE));
	naru_queue_close(other);
	naru_queue_close(queue);
}

static void test_writable(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 5, 3);
	int fd = fd_of(queue, NARU_WRITABLE);

	for (int i = 0; i < 10; i++) {
		assert_true(ready(fd));
		words_send(queue, 1, "abc");
		assert_true(ready(fd));
		words_send(queue, 1, "de");
		assert_not_writable(queue, fd);
		assert_string_equal(words_receive(queue, 0, 0), "1 abc");
		assert_true(ready(fd));
		words_send(queue, 1, "");
		assert_true(ready(fd));
		words_send(queue, 1, "");
		assert_not_writable(queue, fd);
		assert_string_equal(words_receive(queue, 0, 0), "1 de");
		assert_string_equal(words_receive(queue, 0, 0), "1 ");
		assert_string_equal(words_receive(queue, 0, 0), "1 ");
	}
	naru_queue_close(queue);
}

static void test_every_way_of_sending_and_receiving(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 5, 3);
	int readable = fd_of(queue, NARU_READABLE);
	int writable = fd_of(queue, NARU_WRITABLE);
	struct naru_message message;
	char bytes[5] = "";
	struct naru_item item = {1, bytes, 5};

	for (int i = 0; i < 5; i++) {
		assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &message), 0);
		assert_not_writable(queue, writable);
		assert_not_readable(queue, readable);
		assert_int_equal(naru_queue_cancel(queue, &message), 0);
		assert_true(ready(writable));
		assert_int_equal(naru_queue_claim(queue, 1, 5, 0, &message), 0);
		assert_int_equal(naru_queue_commit(queue, &message), 0);
		assert_not_writable(queue, writable);
		assert_true(ready(readable));
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		assert_not_writable(queue, writable);
		assert_not_readable(queue, readable);
		assert_int_equal(naru_queue_give_back(queue, &message), 0);
		assert_true(ready(readable));
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		assert_int_equal(naru_queue_release(queue, &message), 0);
		assert_true(ready(writable));
		assert_not_readable(queue, readable);
		assert_int_equal(naru_queue_send_batch(queue, &item, 1, 0), 1);
		assert_not_writable(queue, writable);
		assert_true(ready(readable));
		assert_int_equal(naru_queue_receive_batch(queue, 1, 0, &item, 1, 0), 1);
		assert_true(ready(writable));
		assert_not_readable(queue, readable);
	}
	naru_queue_close(queue);
}

static void test_several_pollers(void **state)
{
	enum { POLLERS = 4 };
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 5, 3), *others[POLLERS];
	int fds[POLLERS];

	for (int i = 0; i < POLLERS; i++) {
		others[i] = room_reopen(room, "q");
		fds[i] = fd_of(others[i], NARU_READABLE);
	}
	for (int turn = 0; turn < 5; turn++) {
		words_send(queue, 1, "a");
		for (int i = 0; i < POLLERS; i++)
			assert_true(ready(fds[i]));
		assert_string_equal(words_receive(others[turn % POLLERS], 0, 0), "1 a");
		for (int i = 0; i < POLLERS; i++)
			assert_not_readable(others[i], fds[i]);
	}
	naru_queue_close(others[0]);
	words_send(queue, 1, "a");
	for (int i = 1; i < POLLERS; i++) {
		assert_true(ready(fds[i]));
		naru_queue_close(others[i]);
	}
	naru_queue_close(queue);
}

static int send_one(void *data)
{
	struct room *room = data;
	struct naru_queue *queue = room_reopen(room, "q");

	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	return 0;
}

static int receive_one(void *data)
{
	struct room *room = data;
	struct naru_queue *queue = room_reopen(room, "q");
	char byte;

	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), 1);
	return 0;
}

static void test_another_process_makes_it_ready(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 1, 1);
	int readable = fd_of(queue, NARU_READABLE);
	int writable = fd_of(queue, NARU_WRITABLE);

	for (int i = 0; i < 10; i++) {
		pid_t child = child_start(send_one, room);

		await_ready(readable);
		assert_int_equal(child_await(child), 0);
		assert_not_writable(queue, writable);
		child = child_start(receive_one, room);
		await_ready(writable);
		assert_int_equal(child_await(child), 0);
		assert_not_readable(queue, readable);
	}
	naru_queue_close(queue);
}

static void test_epoll(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 0);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = 5};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd_of(queue, NARU_READABLE), &event), 0);
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	words_send(queue, 1, "a");
	for (int i = 0; i < 3; i++)
		assert_int_equal(epoll_wait(epoll, &event, 1, 0), 1);
	assert_int_equal(event.data.u32, 5);
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	assert_int_equal(epoll_wait(epoll, &event, 1, 0), 0);
	close(epoll);
	naru_queue_close(queue);
}

static void test_ready_once_removed(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 1, 1);
	struct naru_queue *full = room_queue(room, "full", 1, 1);
	int readable = fd_of(queue, NARU_READABLE);
	int writable = fd_of(full, NARU_WRITABLE);

	words_send(full, 1, "x");
	assert_not_writable(full, writable);
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	assert_int_equal(naru_queue_remove(room->space, "full"), 0);
	assert_true(ready(readable));
	assert_true(ready(writable));
	assert_string_equal(words_receive(queue, 0, 0), "EIDRM");
	assert_int_equal(naru_queue_send(full, 1, "x", 1, 0), -EIDRM);
	assert_true(ready(readable));
	assert_true(ready(writable));
	naru_queue_close(queue);
	naru_queue_close(full);
}

static void test_which_is_checked(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 1, 1);

	assert_int_equal(naru_queue_fd(queue, (enum naru_poll)0), -EINVAL);
	assert_int_equal(naru_queue_fd(queue, (enum naru_poll)4), -EINVAL);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_readable),
		in_a_room(test_readable_from_before),
		in_a_room(test_writable),
		in_a_room(test_every_way_of_sending_and_receiving),
		in_a_room(test_several_pollers),
		in_a_room(test_another_process_makes_it_ready),
		in_a_room(test_epoll),
		in_a_room(test_ready_once_removed),
		in_a_room(test_which_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
