/* SPDX-License-Identifier: MIT */

#include <server/output.h>

#include <errno.h>
#include <naru/stream.h>
#include <server/connection.h>
#include <server/peer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	WINDOW_FIRST = 4096,
	WINDOW_LARGE = 1 << 16,
	BUFFER_FIRST = 4096,
	KEEP = 1 << 16, /* of a buffer that is empty */
	TEXT_MAX = 512,
};

static int resize(struct nr_connection *connection, size_t size)
{
	struct nr_output *output = &connection->output;
	unsigned char *bytes = NULL;

	/* What is answered must be said; who has too much is not read from. */
	nr_peer_charge(connection, output->size, size);
	if (size > 0) {
		bytes = realloc(output->bytes, size);
		if (!bytes)
			return -ENOMEM;
	} else {
		free(output->bytes);
	}
	output->bytes = bytes;
	output->size = size;
	return 0;
}

/* Room in the buffer. */
static unsigned char *grow(struct nr_connection *connection, size_t least)
{
	struct nr_output *output = &connection->output;
	size_t used = nr_output_waiting(output), size = BUFFER_FIRST;

	if (output->size - output->end >= least)
		return output->bytes + output->end;
	if (output->start > 0 && used > 0)
		memmove(output->bytes, output->bytes + output->start, used);
	output->start = 0;
	output->end = used;
	while (size < used + least)
		size *= 2;
	if (size > output->size && resize(connection, size) < 0) {
		nr_connection_break(connection);
		return NULL;
	}
	return output->bytes + output->end;
}

static void keep(struct nr_connection *connection, const void *data, size_t length)
{
	unsigned char *room = length > 0 ? grow(connection, length) : NULL;

	if (!room)
		return;
	memcpy(room, data, length);
	connection->output.end += length;
}

/* What was written to the room of the stream is sent; the rest waits. */
static void commit(struct nr_connection *connection)
{
	struct nr_output *output = &connection->output;
	size_t used = output->used;
	ssize_t n;

	output->used = 0;
	output->room_length = 0;
	if (used == 0)
		return;
	n = naru_stream_commit(connection->stream, used, 0);
	if (n == -EAGAIN)
		n = 0;
	if (n < 0)
		nr_connection_break(connection);
	else
		keep(connection, output->room + n, used - (size_t)n);
}

/* False: the stream has no such room now. */
static bool reserve(struct nr_connection *connection, size_t least)
{
	struct nr_output *output = &connection->output;
	size_t window = output->window ? output->window : WINDOW_FIRST;
	void *room;
	ssize_t n = -EAGAIN;

	if (window > least)
		n = naru_stream_reserve(connection->stream, window, 0, &room);
	if (n == -EAGAIN || n == -EMSGSIZE)
		n = naru_stream_reserve(connection->stream, least, 0, &room);
	if (n < 0) {
		if (n != -EAGAIN && n != -EMSGSIZE)
			nr_connection_break(connection);
		return false;
	}
	output->room = room;
	output->room_length = (size_t)n;
	return true;
}

void *nr_output_begin(struct nr_connection *connection, size_t least, size_t *ret_room)
{
	struct nr_output *output = &connection->output;
	unsigned char *room;

	if (connection->state == NR_CONNECTION_BROKEN)
		return NULL;
	if (nr_output_waiting(output) == 0 &&
	    output->room_length - output->used < least) {
		if (output->used > 0)
			output->window = WINDOW_LARGE;
		commit(connection);
		if (nr_output_waiting(output) == 0)
			reserve(connection, least);
		if (connection->state == NR_CONNECTION_BROKEN)
			return NULL;
	}
	if (output->room_length - output->used >= least) {
		*ret_room = output->room_length - output->used;
		return output->room + output->used;
	}
	room = grow(connection, least);
	*ret_room = output->size - output->end;
	return room;
}

void nr_output_add(struct nr_connection *connection, size_t length)
{
	struct nr_output *output = &connection->output;

	if (output->room_length > 0)
		output->used += length;
	else
		output->end += length;
}

void nr_output_write(struct nr_connection *connection, const void *data, size_t length)
{
	ssize_t n = 0;

	if (connection->state == NR_CONNECTION_BROKEN || length == 0)
		return;
	commit(connection);
	if (nr_output_waiting(&connection->output) == 0 &&
	    connection->state != NR_CONNECTION_BROKEN)
		n = naru_stream_write(connection->stream, data, length, 0);
	if (n < 0 && n != -EAGAIN)
		nr_connection_break(connection);
	else
		keep(connection, (const char *)data + (n > 0 ? n : 0),
		     length - (n > 0 ? (size_t)n : 0));
}

/* Wait until the stream takes more; or no longer. */
static void await_room(struct nr_connection *connection, bool wait)
{
	struct nr_source *source = &connection->writable;
	int r = 0;

	if (wait && source->fd < 0) {
		source->fd = naru_stream_fd(connection->stream, NARU_WRITABLE);
		r = source->fd < 0 ? source->fd : 0;
	}
	if (r == 0 && source->fd >= 0)
		r = nr_loop_watch(&connection->server->loop, source, wait ? EPOLLIN : 0);
	if (r < 0)
		nr_connection_break(connection);
}

void nr_output_flush(struct nr_connection *connection)
{
	struct nr_output *output = &connection->output;
	ssize_t n;

	commit(connection);
	while (nr_output_waiting(output) > 0 &&
	       connection->state != NR_CONNECTION_BROKEN) {
		n = naru_stream_write(connection->stream, output->bytes + output->start,
				      nr_output_waiting(output), 0);
		if (n == -EAGAIN)
			break;
		if (n < 0)
			nr_connection_break(connection);
		else
			output->start += (size_t)n;
	}
	if (connection->state == NR_CONNECTION_BROKEN)
		return;
	if (nr_output_waiting(output) == 0) {
		output->start = output->end = 0;
		if (output->size > KEEP)
			resize(connection, 0);
	}
	await_room(connection, nr_output_waiting(output) > 0);
}

void nr_output_close(struct nr_output *output)
{
	free(output->bytes);
	*output = (struct nr_output){0};
}

struct nr_wire_frame nr_answer_frame(const struct nr_connection *connection, int value,
				     size_t length)
{
	return (struct nr_wire_frame){
		.length = (uint32_t)length,
		.verb = connection->request.verb | NR_WIRE_ANSWER,
		.value = value,
		.serial = connection->request.serial,
	};
}

void nr_answer(struct nr_connection *connection, int value, const void *body,
	       size_t length)
{
	struct nr_wire_frame frame =
		nr_answer_frame(connection, value, nr_wire_padded(length));
	size_t padded = nr_wire_padded(length), room;
	unsigned char *to = nr_output_begin(connection, sizeof(frame) + padded, &room);

	if (value < 0 && connection->request.verb < NR_SERVER_VERBS)
		connection->server->counts.failed[connection->request.verb]++;
	if (!to)
		return;
	memcpy(to, &frame, sizeof(frame));
	if (length > 0)
		memcpy(to + sizeof(frame), body, length);
	memset(to + sizeof(frame) + length, 0, padded - length);
	nr_output_add(connection, sizeof(frame) + padded);
}

void nr_answer_message(struct nr_connection *connection, int value, int64_t type,
		       const void *data, size_t length)
{
	static const unsigned char zeros[8];
	struct nr_wire_item item = {.type = type, .length = length};
	struct nr_wire_frame frame =
		nr_answer_frame(connection, value, sizeof(item) + nr_wire_padded(length));

	nr_output_write(connection, &frame, sizeof(frame));
	nr_output_write(connection, &item, sizeof(item));
	nr_output_write(connection, data, length);
	nr_output_write(connection, zeros, nr_wire_padded(length) - length);
}

void nr_answer_error(struct nr_connection *connection, int error, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	nr_answer(connection, error, text, strlen(text));
}
