/* SPDX-License-Identifier: MIT */

#include <stream/plain.h>

#include <errno.h>
#include <sys/call.h>
#include <sys/ioctl.h>
#include <sys/poller.h>
#include <sys/sockets.h>

enum { PARTS_AT_ONCE = 64 };

enum direction { READING, WRITING };

int nr_plain_error(ssize_t error)
{
	/*
	 * To us a timeout is the caller's; here the other host does not answer, for which
	 * the kernel may also say why it thinks so.
	 */
	switch (error) {
	case -ETIMEDOUT:
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -ENETDOWN:
	case -EHOSTDOWN:
		return -ECONNRESET;
	default:
		return (int)error;
	}
}

int nr_plain_wait(int fd, short events, struct nr_deadline *deadline)
{
	struct pollfd socket = {.fd = fd, .events = events};
	int r;

	if (deadline->timeout_ms == 0)
		return -EAGAIN;
	r = nr_poll_descriptors(&socket, 1, nr_deadline_until(deadline));
	return r == 0 ? nr_deadline_error(deadline) : r < 0 ? r : 0;
}

/* Without a timeout it is the socket's own call that sleeps: one instead of three. */
static ssize_t receive(int fd, const struct iovec *part, struct nr_deadline *deadline)
{
	bool wait = deadline->timeout_ms < 0;

	for (;;) {
		ssize_t n = nr_socket_receive(fd, part->iov_base, part->iov_len, wait);
		int r = 0;

		if (n != -EAGAIN)
			return n < 0 ? nr_plain_error(n) : n;
		if (!wait)
			r = nr_plain_wait(fd, POLLIN, deadline);
		if (r < 0)
			return r;
	}
}

/*
 * The kernel tells once that a connection is broken off, and then calls it the end, or
 * -EPIPE. To us it stays broken, also if bytes were moved before. @done: bytes; @n: 0, or
 * why not more.
 */
static ssize_t outcome(struct naru_stream *stream, enum direction direction, ssize_t done,
		       ssize_t n)
{
	if (n == -ECONNRESET)
		stream->failed[direction] = (int)n;
	return done > 0 ? done : n;
}

static ssize_t plain_read(struct naru_stream *stream, const struct iovec *parts,
			  int count, struct nr_deadline *deadline)
{
	ssize_t done = 0;

	for (int i = 0; i < count; i++) {
		struct nr_deadline at_once = nr_deadline_in(0);
		ssize_t n;

		if (parts[i].iov_len == 0)
			continue;
		n = (ssize_t)nr_buffer_take(&stream->in, parts[i].iov_base,
					    parts[i].iov_len);
		if (n == 0 && stream->failed[READING])
			n = stream->failed[READING];
		if (n == 0)
			n = receive(stream->fd, &parts[i],
				    done > 0 ? &at_once : deadline);
		if (n <= 0)
			return outcome(stream, READING, done, n);
		done += n;
		if ((size_t)n < parts[i].iov_len)
			break;
	}
	return done;
}

/* One call for all of the parts, as writev(2); a header and what it is about. */
static ssize_t send_parts(int fd, const struct iovec *parts, int count, bool wait)
{
	struct msghdr message = {.msg_iov = (void *)parts, .msg_iovlen = (size_t)count};

	if (count == 1)
		return nr_socket_send(fd, parts[0].iov_base, parts[0].iov_len, wait);
	return nr_call_once(SYS_sendmsg, fd, &message,
			    MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
}

struct rest {
	struct iovec parts[PARTS_AT_ONCE];
	int first, count;
};

static void advance(struct rest *rest, size_t sent)
{
	while (rest->first < rest->count && sent >= rest->parts[rest->first].iov_len)
		sent -= rest->parts[rest->first++].iov_len;
	if (rest->first == rest->count)
		return;
	rest->parts[rest->first].iov_base =
		(char *)rest->parts[rest->first].iov_base + sent;
	rest->parts[rest->first].iov_len -= sent;
}

static ssize_t send_rest(struct naru_stream *stream, struct rest *rest,
			 struct nr_deadline *deadline)
{
	int fd = stream->fd;
	bool wait = deadline->timeout_ms < 0;
	ssize_t done = 0, n;

	advance(rest, 0);
	while (rest->first < rest->count) {
		n = send_parts(fd, rest->parts + rest->first, rest->count - rest->first,
			       wait);
		if (n == -EAGAIN)
			n = wait ? 0 : nr_plain_wait(fd, POLLOUT, deadline);
		else if (n < 0)
			n = nr_plain_error(n);
		if (n < 0)
			return outcome(stream, WRITING, done, n);
		advance(rest, (size_t)n);
		done += n;
	}
	return done;
}

static ssize_t plain_write(struct naru_stream *stream, const struct iovec *parts,
			   int count, struct nr_deadline *deadline)
{
	ssize_t done = 0;

	if (stream->failed[WRITING])
		return stream->failed[WRITING];
	for (int i = 0; i < count; i += PARTS_AT_ONCE) {
		struct rest rest = {.count = count - i < PARTS_AT_ONCE ? count - i
								       : PARTS_AT_ONCE};
		size_t wanted = 0;
		ssize_t n;

		for (int j = 0; j < rest.count; j++) {
			rest.parts[j] = parts[i + j];
			wanted += parts[i + j].iov_len;
		}
		n = send_rest(stream, &rest, deadline);
		if (n < 0)
			return done > 0 ? done : n;
		done += n;
		if ((size_t)n < wanted)
			break;
	}
	return done;
}

static int plain_end(struct naru_stream *stream)
{
	int r = nr_socket_end(stream->fd);

	return r == -ENOTCONN ? 0 : r;
}

int nr_plain_settle(struct naru_stream *stream, enum naru_poll which, size_t buffered)
{
	if (which == NARU_WRITABLE)
		return nr_gauge_mark(&stream->writable, stream->ended);
	return nr_gauge_mark(&stream->readable, buffered > 0);
}

static int plain_settle(struct naru_stream *stream, enum naru_poll which)
{
	return nr_plain_settle(stream, which, nr_buffer_used(&stream->in));
}

uint64_t nr_plain_readable(const struct naru_stream *stream)
{
	int bytes = 0;

	if (nr_call(SYS_ioctl, stream->fd, FIONREAD, &bytes) < 0 || bytes < 0)
		bytes = 0;
	return (uint64_t)bytes + nr_buffer_used(&stream->in);
}

static uint64_t plain_readable(struct naru_stream *stream)
{
	return nr_plain_readable(stream);
}

static void plain_close(struct naru_stream *stream)
{
	(void)stream;
}

const struct nr_transport nr_transport_unix = {
	.kind = NARU_TRANSPORT_UNIX,
	.read = plain_read,
	.write = plain_write,
	.end = plain_end,
	.settle = plain_settle,
	.readable = plain_readable,
	.close = plain_close,
};

const struct nr_transport nr_transport_tcp = {
	.kind = NARU_TRANSPORT_TCP,
	.read = plain_read,
	.write = plain_write,
	.end = plain_end,
	.settle = plain_settle,
	.readable = plain_readable,
	.close = plain_close,
};
