/* SPDX-License-Identifier: MIT */

#include <server/intake.h>

#include <errno.h>
#include <server/connection.h>
#include <server/peer.h>
#include <stdlib.h>

enum {
	HEADER = sizeof(struct nr_wire_frame),
	WINDOW_LARGE = 1 << 18, /* for who sends much */
	KEEP = 1 << 16,		/* of a buffer, from frame to frame */
	BUFFER_FIRST = 4096,
	LOOKS = 8,
};

int nr_intake_open(struct nr_intake *intake, struct naru_stream *stream)
{
	struct naru_stream_stat stat = {.size = sizeof(stat)};
	int r = naru_stream_stat(stream, &stat);

	if (r < 0)
		return r;
	*intake = (struct nr_intake){
		.window = 1,
		.capacity = stat.capacity,
		.is_socket = stat.transport != NARU_TRANSPORT_MEMORY,
	};
	return 0;
}

void nr_intake_close(struct nr_intake *intake)
{
	free(intake->bytes);
	*intake = (struct nr_intake){0};
}

static int resize(struct nr_connection *connection, size_t size)
{
	struct nr_intake *intake = &connection->intake;
	unsigned char *bytes;

	/* RELEASE is no larger: who has too much must be able to give it up. */
	if (size > KEEP && !nr_peer_affords(connection, intake->size, size))
		return -ENOBUFS;
	bytes = realloc(intake->bytes, size);
	if (!bytes)
		return -ENOBUFS;
	nr_peer_charge(connection, intake->size, size);
	intake->bytes = bytes;
	intake->size = size;
	return 0;
}

/* Room for what comes next of @length bytes: as much again as has come. */
static int make_room(struct nr_connection *connection, size_t length)
{
	struct nr_intake *intake = &connection->intake;
	size_t size = intake->size ? intake->size : BUFFER_FIRST;

	if (intake->used < intake->size && intake->size > 0)
		return 0;
	while (size <= intake->used)
		size *= 2;
	if (size > length && length > BUFFER_FIRST)
		size = length;
	return size > intake->size ? resize(connection, size) : 0;
}

static void drop_buffer(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;

	intake->used = 0;
	if (intake->size <= KEEP)
		return;
	nr_peer_charge(connection, intake->size, 0);
	free(intake->bytes);
	intake->bytes = NULL;
	intake->size = 0;
}

/* What is done with goes back to the stream, which may forget it. */
static int give_back(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;
	int r = 0;

	if (intake->taken > 0)
		r = naru_stream_consume(connection->stream, intake->taken);
	intake->seen = NULL;
	intake->seen_length = intake->taken = 0;
	return r;
}

/* Look for @least bytes. 1: they are there; 0: not yet, or never. */
static int look(struct nr_connection *connection, size_t least)
{
	struct nr_intake *intake = &connection->intake;
	bool was_empty = intake->seen_length == intake->taken;
	const void *data;
	ssize_t n;
	int r = give_back(connection);

	if (r < 0)
		return r;
	/* Once the buffer of a socket has grown, it is filled by one call. */
	if (intake->window > least)
		n = naru_stream_peek(connection->stream, intake->window, 0, &data);
	else
		n = -EAGAIN;
	intake->drained = intake->window > least && n == -EAGAIN;
	intake->window = 1;
	if (n == -EAGAIN)
		n = naru_stream_peek(connection->stream, least, 0, &data);
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	/* It would have filled the least buffer that there is. */
	if (intake->is_socket && was_empty && n < BUFFER_FIRST)
		intake->drained = true;
	intake->seen = data;
	intake->seen_length = (size_t)n;
	if ((size_t)n >= least)
		return 1;
	intake->ended = true;
	return 0;
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

/*
 * The stream has begun a frame; what is there of it becomes ours. 0: it has come as a
 * whole meanwhile, look again; 1: else. -ENOBUFS: as of nr_intake_next().
 */
static int take_part(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_intake *intake = &connection->intake;
	size_t size = BUFFER_FIRST, total = SIZE_MAX;
	const void *data;
	ssize_t n = naru_stream_peek(connection->stream, 1, 0, &data);
	int r;

	if (n <= 0)
		return n == -EAGAIN || n == 0 ? 1 : (int)n;
	if (n >= HEADER) {
		nr_wire_read(ret_frame, data, HEADER);
		total = HEADER + (size_t)ret_frame->length;
		if (check(connection, ret_frame) < 0 || (size_t)n >= total)
			return 0;
	}
	while (size < (size_t)n)
		size *= 2;
	if (size > intake->size && resize(connection, size) < 0) {
		if (n < HEADER)
			return -ENOMEM;
		r = naru_stream_consume(connection->stream, (size_t)n);
		intake->skip = total - (size_t)n;
		return r < 0 ? r : -ENOBUFS;
	}
	memcpy(intake->bytes, data, (size_t)n);
	intake->used = (size_t)n;
	r = naru_stream_consume(connection->stream, (size_t)n);
	return r < 0 ? r : 1;
}

/* Read on, up to @length bytes of the frame. 1: they are there. */
static int fill(struct nr_connection *connection, size_t length)
{
	struct nr_intake *intake = &connection->intake;

	while (intake->used < length) {
		size_t room;
		ssize_t n = make_room(connection, length);

		if (n < 0)
			return (int)n;
		room = (length < intake->size ? length : intake->size) - intake->used;
		n = naru_stream_read(connection->stream, intake->bytes + intake->used,
				     room, 0);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (n == 0) {
			intake->ended = true;
			return 0;
		}
		intake->used += (size_t)n;
	}
	return 1;
}

/* A frame of which we have a part already. */
static int next_copied(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_intake *intake = &connection->intake;
	int r = fill(connection, HEADER);

	if (r <= 0)
		return r == -ENOBUFS ? -ENOMEM : r;
	memcpy(ret_frame, intake->bytes, HEADER);
	r = check(connection, ret_frame);
	if (r == 0)
		r = fill(connection, HEADER + ret_frame->length);
	if (r == -EMSGSIZE || r == -ENOBUFS) {
		/* In shared memory the length may be another one by now. */
		if (intake->used < HEADER + (size_t)ret_frame->length)
			intake->skip = HEADER + (size_t)ret_frame->length - intake->used;
		drop_buffer(connection);
	}
	if (r <= 0)
		return r;
	intake->is_copied = true;
	intake->length = HEADER + (size_t)ret_frame->length;
	return NR_INTAKE_FRAME;
}

/* Bytes that nobody wants. 1: all are gone. */
static int skip(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;

	while (intake->skip > 0) {
		int r = look(connection, 1);

		if (r <= 0)
			return r;
		intake->taken = intake->seen_length < intake->skip ? intake->seen_length
								   : (size_t)intake->skip;
		intake->skip -= intake->taken;
	}
	return 1;
}

/* A frame that the stream has shown, or shows now, as a whole. */
static int next_seen(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_intake *intake = &connection->intake;
	size_t wanted = HEADER;
	int r;

	for (;;) {
		size_t there = intake->seen_length - intake->taken;

		if (there >= wanted) {
			nr_wire_read(ret_frame, intake->seen + intake->taken, HEADER);
			r = check(connection, ret_frame);
			if (r == -EMSGSIZE) {
				intake->taken += HEADER;
				intake->skip = ret_frame->length;
			}
			if (r < 0)
				return r;
			wanted = HEADER + ret_frame->length;
			if (there >= wanted) {
				intake->length = wanted;
				return NR_INTAKE_FRAME;
			}
		}
		if (wanted > intake->capacity || (there == 0 && intake->drained))
			return 0;
		if (intake->is_socket && intake->taken > BUFFER_FIRST / 2)
			intake->window = WINDOW_LARGE;
		r = look(connection, wanted);
		if (r <= 0)
			return r;
	}
}

int nr_intake_next(struct nr_connection *connection, struct nr_wire_frame *ret_frame)
{
	struct nr_intake *intake = &connection->intake;
	int r = 1;

	if (intake->skip > 0)
		r = skip(connection);
	if (r <= 0)
		return r;
	/* Who has the memory may make it seem whole, and not, for ever. */
	for (int i = 0; i < LOOKS && intake->used == 0; i++) {
		r = next_seen(connection, ret_frame);
		if (r != 0)
			return r;
		if (intake->drained && intake->seen_length == intake->taken)
			break;
		r = give_back(connection);
		if (r == 0)
			r = take_part(connection, ret_frame);
		if (r < 0)
			return r;
		if (r > 0)
			break;
	}
	if (intake->used == 0)
		return NR_INTAKE_NONE;
	return next_copied(connection, ret_frame);
}

const unsigned char *nr_intake_body(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;

	if (intake->is_copied)
		return intake->bytes + HEADER;
	if (!intake->seen && look(connection, intake->length) <= 0)
		return NULL;
	return intake->seen + intake->taken + HEADER;
}

void nr_intake_done(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;

	if (intake->is_copied)
		drop_buffer(connection);
	else
		intake->taken += intake->length;
	intake->is_copied = false;
	intake->length = 0;
}

int nr_intake_wait(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;
	size_t length = intake->length;
	int r;

	if (intake->is_copied || intake->seen_length - intake->taken > length)
		return 0;
	if (intake->size < length) {
		r = resize(connection, length);
		if (r < 0)
			return r;
	}
	memcpy(intake->bytes, intake->seen + intake->taken, length);
	intake->used = length;
	intake->is_copied = true;
	intake->taken += length;
	return give_back(connection);
}

bool nr_intake_is_cancelled(struct nr_connection *connection)
{
	struct nr_intake *intake = &connection->intake;
	size_t from = intake->is_copied ? 0 : intake->length, known = from;
	struct nr_wire_frame frame;

	/* All that there is to see, without the frames that are done with. */
	while (known < intake->capacity) {
		int r = look(connection, known + 1);

		if (r < 0)
			nr_connection_break(connection);
		if (r <= 0)
			break;
		known = intake->seen_length;
	}
	if (intake->seen_length == 0 && known > 0 && look(connection, known) < 0)
		nr_connection_break(connection);
	while (from <= intake->seen_length && intake->seen_length - from >= HEADER) {
		nr_wire_read(&frame, intake->seen + from, HEADER);
		if (frame.verb == NR_WIRE_CANCEL &&
		    frame.serial == connection->request.serial)
			return true;
		from += HEADER;
		if (frame.length > intake->seen_length - from)
			break;
		from += frame.length;
	}
	return false;
}

void nr_intake_settle(struct nr_connection *connection)
{
	connection->intake.drained = false;
	if (give_back(connection) < 0)
		nr_connection_break(connection);
}
