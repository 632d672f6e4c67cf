/* SPDX-License-Identifier: MIT */

/* stream/stream.c - the public calls on a stream, whatever carries it */

#include <base/options.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <stream/handle.h>
#include <sys/file.h>
#include <sys/poller.h>

int nr_stream_open(int fd, const struct nr_transport *transport,
		   struct naru_stream **ret_stream)
{
	struct naru_stream *stream;
	int saved = errno;

	stream = calloc(1, sizeof(*stream));
	errno = saved;
	if (!stream) {
		nr_file_close(fd);
		return -ENOMEM;
	}
	stream->transport = transport;
	stream->fd = fd;
	stream->readable = stream->writable = NR_GAUGE_CLOSED;
	*ret_stream = stream;
	return 0;
}

struct naru_stream *naru_stream_close(struct naru_stream *stream)
{
	int saved = errno;

	if (!stream)
		return NULL;
	nr_gauge_close(&stream->readable);
	nr_gauge_close(&stream->writable);
	/* The last bytes of TLS want the socket; shared memory wants it closed first. */
	if (stream->transport != &nr_transport_memory)
		stream->transport->close(stream);
	nr_file_close(stream->fd);
	if (stream->transport == &nr_transport_memory)
		stream->transport->close(stream);
	nr_buffer_free(&stream->in);
	nr_buffer_free(&stream->out);
	free(stream);
	errno = saved;
	return NULL;
}

/* After a call that may have changed what poll(2) is to say. */
static ssize_t settle(struct naru_stream *stream, enum naru_poll which, ssize_t result)
{
	const struct nr_gauge *gauge =
		which == NARU_READABLE ? &stream->readable : &stream->writable;
	int r;

	if (__builtin_expect(!nr_gauge_is_open(gauge), 1))
		return result;
	r = stream->transport->settle(stream, which);
	/* What was done is done. */
	return r < 0 && result == 0 ? r : result;
}

/* Neither too many, nor too many bytes. */
static bool parts_are_sane(const struct iovec *parts, int count)
{
	size_t sum = 0;

	if (count < 0 || count > IOV_MAX)
		return false;
	for (int i = 0; i < count; i++) {
		if (parts[i].iov_len > SSIZE_MAX - sum)
			return false;
		sum += parts[i].iov_len;
	}
	return true;
}

static bool parts_are_empty(const struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++)
		if (parts[i].iov_len)
			return false;
	return true;
}

static ssize_t read_parts(struct naru_stream *stream, const struct iovec *parts,
			  int count, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	ssize_t n = stream->transport->read(stream, parts, count, &deadline);

	stream->seen = 0;
	if (n > 0)
		stream->bytes_read += (uint64_t)n;
	return settle(stream, NARU_READABLE, n);
}

ssize_t naru_stream_read(struct naru_stream *stream, void *buffer, size_t size,
			 int timeout_ms)
{
	const struct iovec part = {.iov_base = buffer, .iov_len = size};

	if (size == 0)
		return 0;
	if (size > SSIZE_MAX)
		return -EINVAL;
	return read_parts(stream, &part, 1, timeout_ms);
}

ssize_t naru_stream_readv(struct naru_stream *stream, const struct iovec *parts,
			  int count, int timeout_ms)
{
	if (!parts_are_sane(parts, count))
		return -EINVAL;
	if (parts_are_empty(parts, count))
		return 0;
	return read_parts(stream, parts, count, timeout_ms);
}

static ssize_t write_parts(struct naru_stream *stream, const struct iovec *parts,
			   int count, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	ssize_t n;

	if (stream->ended)
		return -EPIPE;
	n = stream->transport->write(stream, parts, count, &deadline);
	stream->reserved = 0;
	if (n > 0)
		stream->bytes_written += (uint64_t)n;
	return settle(stream, NARU_WRITABLE, n);
}

ssize_t naru_stream_write(struct naru_stream *stream, const void *data, size_t length,
			  int timeout_ms)
{
	const struct iovec part = {.iov_base = (void *)data, .iov_len = length};

	if (length == 0)
		return 0;
	if (length > SSIZE_MAX)
		return -EINVAL;
	return write_parts(stream, &part, 1, timeout_ms);
}

ssize_t naru_stream_writev(struct naru_stream *stream, const struct iovec *parts,
			   int count, int timeout_ms)
{
	if (!parts_are_sane(parts, count))
		return -EINVAL;
	if (parts_are_empty(parts, count))
		return 0;
	return write_parts(stream, parts, count, timeout_ms);
}

int naru_stream_shutdown(struct naru_stream *stream)
{
	int r;

	if (stream->ended)
		return 0;
	r = stream->transport->end(stream);
	if (r < 0)
		return r;
	stream->ended = true;
	return 0;
}

static int open_gauge(struct naru_stream *stream, enum naru_poll which)
{
	struct nr_memory *memory = &stream->memory;
	struct nr_gauge *gauge =
		which == NARU_READABLE ? &stream->readable : &stream->writable;
	int r;

	if (memory->capacity == 0)
		return nr_gauge_open(gauge, stream->fd,
				     which == NARU_READABLE ? EPOLLIN | EPOLLRDHUP
							    : EPOLLOUT);
	if (which == NARU_READABLE) {
		nr_memory_poll_in(memory);
		return nr_gauge_open(gauge, stream->fd, EPOLLIN | EPOLLRDHUP);
	}
	r = nr_memory_make_room_fd(memory);
	if (memory->room_fd < 0)
		/* The peer is gone, and that is ready for ever. */
		return nr_load_relaxed(&memory->gone)
			       ? nr_gauge_open(gauge, stream->fd, EPOLLRDHUP)
			       : r;
	nr_memory_poll_out(memory);
	r = nr_gauge_open(gauge, memory->room_fd, EPOLLIN);
	if (r < 0)
		return r;
	r = nr_gauge_add(gauge, stream->fd, EPOLLRDHUP);
	if (r < 0)
		nr_gauge_close(gauge);
	return r;
}

int naru_stream_fd(struct naru_stream *stream, enum naru_poll which)
{
	struct nr_gauge *gauge =
		which == NARU_READABLE ? &stream->readable : &stream->writable;
	int r;

	if (which != NARU_READABLE && which != NARU_WRITABLE)
		return -EINVAL;
	if (nr_gauge_is_open(gauge))
		return gauge->poller;
	r = open_gauge(stream, which);
	if (r == 0)
		r = stream->transport->settle(stream, which);
	if (r < 0) {
		nr_gauge_close(gauge);
		return r;
	}
	return gauge->poller;
}

int naru_stream_stat(struct naru_stream *stream, struct naru_stream_stat *ret_stat)
{
	const struct nr_memory *memory = &stream->memory;
	struct naru_stream_stat stat = {
		.transport = stream->transport->kind,
		.capacity = memory->capacity ? memory->capacity : NR_BUFFER_MAX,
		.written = stream->bytes_written,
		.read = stream->bytes_read,
		.readable = stream->transport->readable(stream),
		.sleeps = nr_load_relaxed(&memory->sleeps),
	};

	return nr_options_return(ret_stat, sizeof(stat), &stat);
}
