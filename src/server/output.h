/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_OUTPUT_H
#define NARU_SERVER_OUTPUT_H

/*
 * server/output.h - answers into a stream
 *
 * They are written where the stream has room for them, and sent at the end of the turn.
 * What it does not take waits in a buffer; meanwhile no request is looked at if that is
 * longer than the limit.
 */

#include <layout/wire.h>
#include <stddef.h>

struct nr_connection;

struct nr_output {
	/* Reserved in the stream, of which used bytes are written. */
	unsigned char *room;
	size_t room_length;
	size_t used;
	size_t window; /* what to ask for */

	/* What waits to be written, in [start, end). */
	unsigned char *bytes;
	size_t size;
	size_t start;
	size_t end;
};

/*
 * Room for at least @least bytes in one piece. NULL: the connection is broken. Nothing
 * else is written before nr_output_add().
 */
void *nr_output_begin(struct nr_connection *connection, size_t least, size_t *ret_room);
void nr_output_add(struct nr_connection *connection, size_t length);

/* Copy, or write at once. */
void nr_output_write(struct nr_connection *connection, const void *data, size_t length);

/* Send what can be sent now. */
void nr_output_flush(struct nr_connection *connection);

/* Bytes that wait. */
static inline size_t nr_output_waiting(const struct nr_output *output)
{
	return output->end - output->start;
}

void nr_output_close(struct nr_output *output);

/* An answer to the current request. @body may be NULL. */
void nr_answer(struct nr_connection *connection, int value, const void *body,
	       size_t length);

/* One message, in pieces: it may be large. */
void nr_answer_message(struct nr_connection *connection, int value, int64_t type,
		       const void *data, size_t length);

/* An error, and why. */
void nr_answer_error(struct nr_connection *connection, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The header of an answer whose body has @length bytes. */
struct nr_wire_frame nr_answer_frame(const struct nr_connection *connection, int value,
				     size_t length);

static inline size_t nr_wire_padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

#endif /* NARU_SERVER_OUTPUT_H */
