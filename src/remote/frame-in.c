/* SPDX-License-Identifier: MIT */

#include <remote/frame.h>

#include <errno.h>
#include <string.h>

/* What is fetched at once, so that small pieces do not each cost a system call. */
enum { SMALL = 4096, FETCH = 65536 };

static int fail(struct nr_lane *lane, ssize_t error)
{
	nr_lane_break(lane);
	return error == -EAGAIN ? -ETIMEDOUT : (int)error;
}

int nr_frame_await(struct nr_lane *lane, int timeout_ms, struct nr_wire_frame *ret_frame)
{
	struct nr_wire_frame frame;
	const void *bytes;
	ssize_t n = naru_stream_peek(lane->stream, sizeof(frame), timeout_ms, &bytes);

	if (n == -EINTR || n == -EAGAIN || n == -ETIMEDOUT)
		return n == -EINTR ? -EINTR : -EAGAIN;
	if (n < (ssize_t)sizeof(frame))
		return fail(lane, n < 0 ? n : -ECONNRESET);
	memcpy(&frame, bytes, sizeof(frame));
	naru_stream_consume(lane->stream, sizeof(frame));
	if (frame.length % 8 || frame.length > lane->frame_max ||
	    !(frame.verb & NR_WIRE_ANSWER))
		return fail(lane, -EBADMSG);
	lane->left = frame.length;
	*ret_frame = frame;
	return 0;
}

/* The body's next @least bytes are looked at, in place. */
static int peek(struct nr_lane *lane, size_t least, const void **ret_bytes)
{
	size_t fetch = lane->left < FETCH ? lane->left : FETCH;
	ssize_t n;

	do {
		n = naru_stream_peek(lane->stream, fetch > SMALL ? fetch : least,
				     NR_NETWORK_MS, ret_bytes);
		if (n == -EINTR)
			nr_patience_interrupt(lane->patience);
	} while (n == -EINTR);
	if (n < (ssize_t)least)
		return fail(lane, n < 0 ? n : -ECONNRESET);
	return 0;
}

/* Large pieces go straight to where they are wanted. */
static int read_large(struct nr_lane *lane, unsigned char *to, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = naru_stream_read(lane->stream, to + done, length - done,
					     NR_NETWORK_MS);

		if (n == -EINTR)
			nr_patience_interrupt(lane->patience);
		else if (n <= 0)
			return fail(lane, n < 0 ? n : -ECONNRESET);
		else
			done += (size_t)n;
	}
	return 0;
}

int nr_frame_read(struct nr_lane *lane, void *to, size_t length)
{
	const void *bytes;
	int r;

	if (length > lane->left)
		return fail(lane, -EBADMSG);
	if (length == 0)
		return 0;
	if (length > SMALL) {
		r = read_large(lane, to, length);
	} else {
		r = peek(lane, length, &bytes);
		if (r == 0) {
			memcpy(to, bytes, length);
			naru_stream_consume(lane->stream, length);
		}
	}
	if (r == 0)
		lane->left -= (uint32_t)length;
	return r;
}

int nr_frame_skip(struct nr_lane *lane, uint64_t length)
{
	unsigned char scrap[SMALL];

	while (length > 0) {
		size_t piece = length < sizeof(scrap) ? (size_t)length : sizeof(scrap);
		int r = nr_frame_read(lane, scrap, piece);

		if (r < 0)
			return r;
		length -= piece;
	}
	return 0;
}

int nr_frame_read_padded(struct nr_lane *lane, void *to, size_t length)
{
	int r = nr_frame_read(lane, to, length);

	return r < 0 ? r : nr_frame_skip(lane, nr_frame_padded(length) - length);
}
