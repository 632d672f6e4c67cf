/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_INTAKE_H
#define NARU_SERVER_INTAKE_H

/*
 * server/intake.h - frames out of a stream
 *
 * A frame that is there as a whole is used where the stream has it. In shared memory the
 * peer may change it at any time: so a header is copied (nr_wire_read()), checked, and
 * only the copy is used. Of a frame that is there in part, the part is copied, so that
 * the stream's descriptor is not ready for what we have seen; it costs as much memory as
 * has come.
 */

#include <layout/wire.h>
#include <naru/stream.h>
#include <stdbool.h>
#include <string.h>

/* Copy, once: what is seen afterwards is the copy. */
static inline void nr_wire_read(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
	__asm__ volatile("" ::: "memory");
}

struct nr_intake {
	/* What the stream shows: taken bytes of it are done with. */
	const unsigned char *seen;
	size_t seen_length;
	size_t taken;
	size_t window;	 /* what to ask it for */
	size_t capacity; /* what it can show at most */
	bool is_socket;
	bool drained; /* the socket has no more, as far as this turn knows */

	/* The frame that is copied. */
	unsigned char *bytes;
	size_t size;
	size_t used;

	uint64_t skip;	/* bytes of a frame that is not wanted */
	size_t length;	/* of the current frame, header included; 0: there is none */
	bool is_copied; /* the current frame */
	bool ended;	/* the peer writes no more */
};

struct nr_connection;

enum nr_intake_result {
	NR_INTAKE_NONE = 0,  /* nothing more now; or the end, see ended */
	NR_INTAKE_FRAME = 1, /* @ret_frame is the current one */
};

int nr_intake_open(struct nr_intake *intake, struct naru_stream *stream);
void nr_intake_close(struct nr_intake *intake);

/*
 * The next frame. Its header is checked, and in @ret_frame.
 *
 * -EBADMSG	the length is not one
 * -EMSGSIZE	it is longer than frame_max; @ret_frame is set, the frame will be skipped
 * -ENOBUFS	as -EMSGSIZE, but it is the client's memory that is used up
 */
int nr_intake_next(struct nr_connection *connection, struct nr_wire_frame *ret_frame);

/* The body of the current frame; NULL: the stream is broken. Valid until the next call.
 */
const unsigned char *nr_intake_body(struct nr_connection *connection);

/* The current frame is done with. */
void nr_intake_done(struct nr_connection *connection);

/*
 * The current frame has to wait. So that the descriptor tells of what comes behind it, it
 * is copied if there is nothing behind it. -ENOMEM, -ENOBUFS: it cannot.
 */
int nr_intake_wait(struct nr_connection *connection);

/* While it waits: is there a CANCEL for it? Notices the end, too. */
bool nr_intake_is_cancelled(struct nr_connection *connection);

/* The turn ends: give back to the stream what is done with. */
void nr_intake_settle(struct nr_connection *connection);

#endif /* NARU_SERVER_INTAKE_H */
