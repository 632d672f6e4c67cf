/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_FRAME_H
#define NARU_REMOTE_FRAME_H

/*
 * remote/frame.h - frames of layout/wire.h go out, and come in
 *
 * A failure of these has broken the connection (lane->stream is NULL), but for -ENOMEM,
 * and where a comment says otherwise.
 */

#include <remote/lane.h>

/* Bytes with the zeros behind them. */
static inline uint64_t nr_frame_padded(uint64_t length)
{
	return (length + 7) & ~UINT64_C(7);
}

/*
 * Begin a frame whose body has @length bytes, a multiple of 8.
 *
 * @whole	it is built before anything of it goes out
 */
int nr_frame_begin(struct nr_lane *lane, const struct nr_wire_frame *frame, bool whole);

/*
 * The next bytes of the body; @data is used until nr_frame_send(), or copied. -EINTR: as
 * there, but these bytes are not in it: it is to be begun anew.
 */
int nr_frame_put(struct nr_lane *lane, const void *data, size_t length);
/* The same, with zeros up to a multiple of 8. */
int nr_frame_put_padded(struct nr_lane *lane, const void *data, size_t length);

/*
 * All of it is there: send it. -EINTR: a signal handler ran, and nothing of it has been
 * sent; the connection stays.
 */
int nr_frame_send(struct nr_lane *lane);

/*
 * Send as much of it as the connection takes until the caller's time is over; the rest
 * stays in the lane. -EAGAIN, -ETIMEDOUT, -EINTR: nothing was sent, and it is forgotten.
 */
int nr_frame_hand_over(struct nr_lane *lane);
/* The rest of an earlier one. -EAGAIN, -ETIMEDOUT, -EINTR: the connection stays. */
int nr_frame_finish(struct nr_lane *lane);

/*
 * Wait for the next frame, and read its head. Its body is lane->left bytes.
 *
 * -EINTR, -EAGAIN	a signal handler ran; the time is over; the connection stays
 * -EBADMSG		it cannot be a frame
 */
int nr_frame_await(struct nr_lane *lane, int timeout_ms, struct nr_wire_frame *ret_frame);

/* The next bytes of the body. -EBADMSG: there are not so many. */
int nr_frame_read(struct nr_lane *lane, void *to, size_t length);
int nr_frame_skip(struct nr_lane *lane, uint64_t length);
/* The same, with what pads it. */
int nr_frame_read_padded(struct nr_lane *lane, void *to, size_t length);

#endif /* NARU_REMOTE_FRAME_H */
