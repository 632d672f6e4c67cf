/* SPDX-License-Identifier: MIT */

#include <server/input.h>

#include <errno.h>
#include <server/connection.h>
#include <server/peer.h>
#include <stdlib.h>

enum {
	HEADER = sizeof(struct nr_wire_frame),
	WINDOW_LARGE = 1 << 18, /* for who sends much */
	KEEP = 1 << 16,		/* of a buffer, from frame to frame */
	BUFFER_FIRST = 4096,
};

int nr_input_open(struct nr_input *input, struct naru_stream *stream)
{
	struct naru_stream_stat stat = {.size = sizeof(stat)};
	int r = naru_stream_stat(stream, &stat);

	if (r < 0)
		return r;
	*input = (struct nr_input){
		.window = 1,
		.capacity = stat.capacity,
		.is_socket = stat.transport != NARU_TRANSPORT_MEMORY,
	};
	return 0;
}

void nr_input_close(struct nr_input *input)
{
	free(input->bytes);
	*input = (struct nr_input){0};
}

static int resize(struct nr_connection *connection, size_t size)
{
	struct nr_input *input = &connection->input;
	unsigned char *bytes;

	bytes = nr_peer_charge(connection->server, connection->peer, input->size, size)
			? realloc(input->bytes, size)
			: NULL;
	if (!bytes) {
		nr_peer_charge(connection->server, connection->peer, size, input->size);
		return -ENOBUFS;
	}
	input->bytes = bytes;
	input->size = size;
	return 0;
}

/* Room for what comes next of @length bytes: as much again as has come. */
static int make_room(struct nr_connection *connection, size_t length)
{
	struct nr_input *input = &connection->input;
	size_t size = input->size ? input->size : BUFFER_FIRST;

	if (input->used < input->size && input->size > 0)
		return 0;
	while (size <= input->used)
		size *= 2;
	if (size > length && length > BUFFER_FIRST)
		size = length;
	return size > input->size ? resize(connection, size) : 0;
}

static void drop_buffer(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;

	input->used = 0;
	if (input->size <= KEEP)
		return;
	nr_peer_charge(connection->server, connection->peer, input->size, 0);
	free(input->bytes);
	input->bytes = NULL;
	input->size = 0;
}

/* What is done with goes back to the stream, which may forget it. */
static int give_back(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;
	int r = 0;

	if (input->taken > 0)
		r = naru_stream_consume(connection->stream, input->taken);
	input->seen = NULL;
	input->seen_length = input->taken = 0;
	return r;
}

/* Look for @least bytes. 1: they are there; 0: not yet, or never. */
static int look(struct nr_connection *connection, size_t least)
{
	struct nr_input *input = &connection->input;
	const void *data;
	ssize_t n;
	int r = give_back(connection);

	if (r < 0)
		return r;
	/* Once the buffer of a socket has grown, it is filled by one call. */
	if (input->window > least)
		n = naru_stream_peek(connection->stream, input->window, 0, &data);
	else
		n = -EAGAIN;
	input->window = 1;
	if (n == -EAGAIN)
		n = naru_stream_peek(connection->stream, least, 0, &data);
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	input->seen = data;
	input->seen_length = (size_t)n;
	if ((size_t)n >= least)
		return 1;
	input->ended = true;
	return 0;
}

/* The stream has begun a frame; what is there of it becomes ours. */
static int take_part(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;
	size_t size = BUFFER_FIRST;
	const void *data;
	ssize_t n = naru_stream_peek(connection->stream, 1, 0, &data);

	if (n <= 0)
		return n == -EAGAIN ? 0 : (int)n;
	while (size < (size_t)n)
		size *= 2;
	if (size > input->size && resize(connection, size) < 0)
		return -ENOMEM;
	memcpy(input->bytes, data, (size_t)n);
	input->used = (size_t)n;
	return naru_stream_consume(connection->stream, (size_t)n);
}

static int check(struct nr_connection *connection, const struct nr_wire_frame *frame)
{
	uint32_t max = connection->server->options.frame_max;

	if (connection->state == NR_CONNECTION_NEW && max > NR_WIRE_FRAME_MIN)
		max = NR_WIRE_FRAME_MIN;
	if (frame->length % 8)
		return -EBADMSG;
	return frame->length > max ? -EMSGSIZE : 0;
}

/* Read on, up to @length bytes of the frame. 1: they are there. */
static int fill(struct nr_connection *connection, size_t length)
{
	struct nr_input *input = &connection->input;

	while (input->used < length) {
		size_t room;
		ssize_t n = make_room(connection, length);

		if (n < 0)
			return (int)n;
		room = (length < input->size ? length : input->size) - input->used;
		n = naru_stream_read(connection->stream, input->bytes + input->used, room,
				     0);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (n == 0) {
			input->ended = true;
			return 0;
		}
		input->used += (size_t)n;
	}
	return 1;
}

/* A frame of which we have a part already. */
static int next_copied(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_input *input = &connection->input;
	int r = fill(connection, HEADER);

	if (r <= 0)
		return r == -ENOBUFS ? -ENOMEM : r;
	memcpy(ret_frame, input->bytes, HEADER);
	r = check(connection, ret_frame);
	if (r == 0)
		r = fill(connection, HEADER + ret_frame->length);
	if (r == -EMSGSIZE || r == -ENOBUFS) {
		/* In shared memory the length may be another one by now. */
		if (input->used < HEADER + (size_t)ret_frame->length)
			input->skip = HEADER + (size_t)ret_frame->length - input->used;
		drop_buffer(connection);
	}
	if (r <= 0)
		return r;
	input->is_copied = true;
	input->length = HEADER + (size_t)ret_frame->length;
	return NR_INPUT_FRAME;
}

/* Bytes that nobody wants. 1: all are gone. */
static int skip(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;

	while (input->skip > 0) {
		int r = look(connection, 1);

		if (r <= 0)
			return r;
		input->taken = input->seen_length < input->skip ? input->seen_length
								: (size_t)input->skip;
		input->skip -= input->taken;
	}
	return 1;
}

/* A frame that the stream has shown, or shows now, as a whole. */
static int next_seen(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_input *input = &connection->input;
	size_t wanted = HEADER;
	int r;

	for (;;) {
		size_t there = input->seen_length - input->taken;

		if (there >= wanted) {
			nr_wire_read(ret_frame, input->seen + input->taken, HEADER);
			r = check(connection, ret_frame);
			if (r == -EMSGSIZE) {
				input->taken += HEADER;
				input->skip = ret_frame->length;
			}
			if (r < 0)
				return r;
			wanted = HEADER + ret_frame->length;
			if (there >= wanted) {
				input->length = wanted;
				return NR_INPUT_FRAME;
			}
		}
		if (wanted > input->capacity)
			return 0;
		if (input->is_socket && input->taken > BUFFER_FIRST / 2)
			input->window = WINDOW_LARGE;
		r = look(connection, wanted);
		if (r <= 0)
			return r;
	}
}

int nr_input_next(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_input *input = &connection->input;
	int r = 1;

	if (input->skip > 0)
		r = skip(connection);
	if (r <= 0)
		return r;
	if (input->used == 0) {
		r = next_seen(connection, ret_frame);
		if (r != 0)
			return r;
		r = give_back(connection);
		if (r == 0)
			r = take_part(connection);
		if (r < 0 || input->used == 0)
			return r;
	}
	return next_copied(connection, ret_frame);
}

const unsigned char *nr_input_body(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;

	if (input->is_copied)
		return input->bytes + HEADER;
	if (!input->seen && look(connection, input->length) <= 0)
		return NULL;
	return input->seen + input->taken + HEADER;
}

void nr_input_done(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;

	if (input->is_copied)
		drop_buffer(connection);
	else
		input->taken += input->length;
	input->is_copied = false;
	input->length = 0;
}

int nr_input_wait(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;
	size_t length = input->length;
	int r;

	if (input->is_copied || input->seen_length - input->taken > length)
		return 0;
	if (input->size < length) {
		r = resize(connection, length);
		if (r < 0)
			return r;
	}
	memcpy(input->bytes, input->seen + input->taken, length);
	input->used = length;
	input->is_copied = true;
	input->taken += length;
	return give_back(connection);
}

bool nr_input_is_cancelled(struct nr_connection *connection)
{
	struct nr_input *input = &connection->input;
	size_t from = input->is_copied ? 0 : input->length, known = from;
	struct nr_wire_frame frame;

	/* All that there is to see, without the frames that are done with. */
	while (known < input->capacity) {
		int r = look(connection, known + 1);

		if (r < 0)
			nr_connection_break(connection);
		if (r <= 0)
			break;
		known = input->seen_length;
	}
	if (input->seen_length == 0 && known > 0 && look(connection, known) < 0)
		nr_connection_break(connection);
	while (from <= input->seen_length && input->seen_length - from >= HEADER) {
		nr_wire_read(&frame, input->seen + from, HEADER);
		if (frame.verb == NR_WIRE_CANCEL &&
		    frame.serial == connection->request.serial)
			return true;
		from += HEADER + (size_t)frame.length;
	}
	return false;
}

void nr_input_settle(struct nr_connection *connection)
{
	if (give_back(connection) < 0)
		nr_connection_break(connection);
}
