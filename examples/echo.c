/* SPDX-License-Identifier: MIT */

/*
 * examples/echo.c - a server for many clients: echo URL
 *
 * One epoll instance, no threads. Each client gets back what it sends.
 */

#include <errno.h>
#include <naru/stream.h>
#include <stdio.h>
#include <sys/epoll.h>

static void accept_all(struct naru_listener *listener, int poller)
{
	struct naru_stream *stream;

	while (naru_accept(listener, 0, &stream) == 0) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = stream};
		int fd = naru_stream_fd(stream, NARU_READABLE);

		if (fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
			naru_stream_close(stream);
	}
}

/* In place: what has come is written back from where it lies. */
static void serve(struct naru_stream *stream)
{
	const void *seen;
	ssize_t length = naru_stream_peek(stream, 1, 0, &seen);

	if (length > 0) {
		/* A client that does not read is waited for, for a second at most. */
		length = naru_stream_write(stream, seen, (size_t)length, 1000);
		if (length > 0)
			naru_stream_consume(stream, (size_t)length);
	}
	if (length <= 0 && length != -EAGAIN)
		naru_stream_close(stream);
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct naru_listener *listener;
	int poller = epoll_create1(0), r;

	if (argc != 2) {
		fprintf(stderr, "usage: %s URL\n", argv[0]);
		return 2;
	}
	r = naru_listen(NULL, argv[1], NULL, &listener);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], naru_error_text(r));
		return 1;
	}
	epoll_ctl(poller, EPOLL_CTL_ADD, naru_listener_fd(listener), &event);
	for (;;) {
		int count = epoll_wait(poller, &event, 1, -1);

		if (count < 0 && errno != EINTR)
			break;
		if (count == 1 && event.data.ptr)
			serve(event.data.ptr);
		else if (count == 1)
			accept_all(listener, poller);
	}
	naru_listener_close(listener);
	return 1;
}
