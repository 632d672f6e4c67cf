/* SPDX-License-Identifier: MIT */

#include <remote/frame.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than so many bytes are not copied together with others. */
enum { DIRECT = 16384, OUT_FIRST = 4096, OUT_MAX = 65536 };

static size_t used(const struct nr_lane *lane)
{
	return lane->out_end - lane->out_start;
}

/* Room for @length bytes more. */
static int grow(struct nr_lane *lane, size_t length)
{
	size_t size = lane->out_size ? lane->out_size : OUT_FIRST;
	unsigned char *bytes;
	int saved = errno;

	while (size - lane->out_end < length)
		size *= 2;
	if (size == lane->out_size)
		return 0;
	bytes = realloc(lane->out, size);
	errno = saved;
	if (!bytes)
		return -ENOMEM;
	lane->out = bytes;
	lane->out_size = size;
	return 0;
}

static int fail(struct nr_lane *lane, int error)
{
	nr_lane_break(lane);
	return error;
}

/*
 * Write what is built, and @length bytes behind it, whatever it takes. It is a failure if
 * the network moves nothing in its time.
 */
static int write_all(struct nr_lane *lane, const void *data, size_t length)
{
	struct iovec parts[2] = {
		{.iov_base = lane->out + lane->out_start, .iov_len = used(lane)},
		{.iov_base = (void *)(uintptr_t)data, .iov_len = length},
	};
	int first = 0;

	while (first < 2) {
		int ms = nr_patience_limit_ms(lane->patience);
		ssize_t n;

		if (parts[first].iov_len == 0) {
			first++;
			continue;
		}
		if (ms >= 0 && ms < NR_NETWORK_MS && lane->out_begun)
			ms = NR_NETWORK_MS;
		n = naru_stream_writev(lane->stream, parts + first, 2 - first, ms);
		if (n == -EINTR) {
			nr_patience_interrupt(lane->patience);
			if (!lane->out_begun)
				return (int)n;
			continue;
		}
		if (n < 0)
			return fail(lane, n == -EAGAIN ? -ETIMEDOUT : (int)n);
		lane->out_begun = true;
		for (size_t left = (size_t)n; left > 0; first++) {
			size_t gone =
				left < parts[first].iov_len ? left : parts[first].iov_len;

			parts[first].iov_base = (char *)parts[first].iov_base + gone;
			parts[first].iov_len -= gone;
			left -= gone;
			if (parts[first].iov_len)
				break;
		}
	}
	lane->out_start = lane->out_end = 0;
	return 0;
}

int nr_frame_begin(struct nr_lane *lane, const struct nr_wire_frame *frame, bool whole)
{
	int r;

	lane->out_start = lane->out_end = 0;
	lane->out_begun = false;
	lane->out_whole = whole;
	r = grow(lane, sizeof(*frame) + (whole ? frame->length : 0));
	if (r < 0)
		return r;
	memcpy(lane->out, frame, sizeof(*frame));
	lane->out_end = sizeof(*frame);
	return 0;
}

int nr_frame_put(struct nr_lane *lane, const void *data, size_t length)
{
	int r;

	if (length == 0)
		return 0;
	if (!lane->out_whole && (length >= DIRECT || lane->out_end + length > OUT_MAX))
		return write_all(lane, data, length);
	r = lane->out_size - lane->out_end < length ? grow(lane, length) : 0;
	if (r < 0)
		return lane->out_begun ? fail(lane, r) : r;
	memcpy(lane->out + lane->out_end, data, length);
	lane->out_end += length;
	return 0;
}

int nr_frame_put_padded(struct nr_lane *lane, const void *data, size_t length)
{
	static const char zeros[8];
	int r = nr_frame_put(lane, data, length);

	return r < 0 ? r : nr_frame_put(lane, zeros, nr_frame_padded(length) - length);
}

int nr_frame_send(struct nr_lane *lane)
{
	return write_all(lane, NULL, 0);
}

/* Write some of what is built. 0: all of it has gone. */
static int write_some(struct nr_lane *lane)
{
	while (used(lane) > 0) {
		int ms = nr_patience_wait_ms(lane->patience);
		ssize_t n = naru_stream_write(lane->stream, lane->out + lane->out_start,
					      used(lane), ms);

		if (n == -EAGAIN || n == -ETIMEDOUT || n == -EINTR)
			return (int)n;
		if (n < 0)
			return fail(lane, (int)n);
		lane->out_begun = true;
		lane->out_start += (size_t)n;
	}
	lane->out_start = lane->out_end = 0;
	return 0;
}

int nr_frame_hand_over(struct nr_lane *lane)
{
	int r = write_some(lane);

	if (r == 0 || (lane->stream && lane->out_begun))
		return 0;
	lane->out_start = lane->out_end = 0;
	return r;
}

int nr_frame_finish(struct nr_lane *lane)
{
	return write_some(lane);
}
