/* SPDX-License-Identifier: MIT */

/* stream/place.c - the public calls that work in place */

#include <errno.h>
#include <stream/handle.h>

static int settle(struct naru_stream *stream, enum naru_poll which)
{
	const struct nr_gauge *gauge =
		which == NARU_READABLE ? &stream->readable : &stream->writable;

	return nr_gauge_is_open(gauge) ? stream->transport->settle(stream, which) : 0;
}

/* Read into the buffer until @least bytes are there. */
static ssize_t peek_socket(struct naru_stream *stream, size_t least,
			   struct nr_deadline *deadline, const void **ret_data)
{
	struct nr_buffer *buffer = &stream->in, taken;
	int r = nr_buffer_grow(buffer, least);

	while (r == 0 && nr_buffer_used(buffer) < least) {
		struct iovec part = {
			.iov_base = buffer->bytes + buffer->end,
			.iov_len = buffer->size - buffer->end,
		};
		ssize_t n;

		/* A read takes from the buffer first: it must not see this one. */
		taken = *buffer;
		*buffer = (struct nr_buffer){0};
		n = stream->transport->read(stream, &part, 1, deadline);
		*buffer = taken;
		if (n == 0)
			break;
		if (n < 0)
			r = (int)n;
		else
			buffer->end += (size_t)n;
	}
	if (r < 0)
		return r;
	*ret_data = buffer->bytes + buffer->start;
	return (ssize_t)nr_buffer_used(buffer);
}

ssize_t naru_stream_peek(struct naru_stream *stream, size_t least, int timeout_ms,
			 const void **ret_data)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	ssize_t n;
	int r;

	if (least == 0)
		return -EINVAL;
	n = stream->memory.capacity
		    ? nr_memory_peek(&stream->memory, least, &deadline, ret_data)
		    : peek_socket(stream, least, &deadline, ret_data);
	stream->seen = n > 0 ? (size_t)n : 0;
	r = settle(stream, NARU_READABLE);
	return r < 0 && n == 0 ? r : n;
}

int naru_stream_consume(struct naru_stream *stream, size_t length)
{
	if (length > stream->seen)
		return -EINVAL;
	stream->seen -= length;
	stream->bytes_read += length;
	if (stream->memory.capacity)
		nr_memory_consume(&stream->memory, length);
	else
		nr_buffer_skip(&stream->in, length);
	return settle(stream, NARU_READABLE);
}

ssize_t naru_stream_reserve(struct naru_stream *stream, size_t least, int timeout_ms,
			    void **ret_data)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	ssize_t n;

	if (least == 0)
		return -EINVAL;
	if (stream->ended)
		return -EPIPE;
	if (stream->memory.capacity) {
		n = nr_memory_reserve(&stream->memory, least, &deadline, ret_data);
	} else {
		n = nr_buffer_grow(&stream->out, least);
		if (n == 0) {
			n = (ssize_t)stream->out.size;
			*ret_data = stream->out.bytes;
		}
	}
	stream->reserved = n > 0 ? (size_t)n : 0;
	if (n < 0)
		settle(stream, NARU_WRITABLE);
	return n;
}

ssize_t naru_stream_commit(struct naru_stream *stream, size_t length, int timeout_ms)
{
	if (length > stream->reserved)
		return -EINVAL;
	stream->reserved = 0;
	if (length == 0)
		return 0;
	if (!stream->memory.capacity)
		return naru_stream_write(stream, stream->out.bytes, length, timeout_ms);
	if (stream->ended)
		return -EPIPE;
	nr_memory_commit(&stream->memory, length);
	stream->bytes_written += length;
	settle(stream, NARU_WRITABLE);
	return (ssize_t)length;
}
