/* SPDX-License-Identifier: MIT */

/* server/take.c - TAKE: messages for a client, held until it releases them */

#include <errno.h>
#include <server/request.h>
#include <server/served.h>
#include <server/session.h>
#include <string.h>

enum {
	HEADER = sizeof(struct nr_wire_frame),
	ITEM = sizeof(struct nr_wire_item),
	PIECE_MAX = 1 << 17, /* a larger message is written on its own */
	BATCH_BYTES = 1 << 16,
	QUIET_MAX = 256, /* messages of an answer to a QUIET one */
};

/* The answer as it grows. */
struct answer {
	struct nr_connection *connection;
	unsigned char *bytes; /* where it is written; NULL: not begun */
	size_t room;
	size_t used;
	uint32_t count;
};

static size_t cut(const struct nr_connection *connection, size_t length, uint64_t room)
{
	return length > room && connection->request.flags & NR_WIRE_TRUNCATE
		       ? (size_t)room
		       : length;
}

/* 0; -EAGAIN: not in this answer any more; or why it cannot be. */
static int admit(struct answer *answer, size_t length, uint64_t room)
{
	size_t size = ITEM + nr_wire_padded(length);

	if (length > room)
		return -EMSGSIZE;
	if (answer->count == 0)
		return size > answer->connection->server->options.frame_max ? -EFBIG : 0;
	return size > answer->room - answer->used ? -EAGAIN : 0;
}

static void put(unsigned char *to, int64_t type, const void *data, size_t length)
{
	struct nr_wire_item item = {.type = type, .length = length};

	memcpy(to, &item, ITEM);
	if (length > 0)
		memcpy(to + ITEM, data, length);
	memset(to + ITEM + length, 0, nr_wire_padded(length) - length);
}

static void add(struct answer *answer, int64_t type, const void *data, size_t length)
{
	size_t size = ITEM + nr_wire_padded(length);

	if (answer->count == 0) {
		size_t most = HEADER + size > BATCH_BYTES ? HEADER + size : BATCH_BYTES;

		answer->bytes =
			nr_output_begin(answer->connection, HEADER + size, &answer->room);
		if (answer->room > most)
			answer->room = most;
		answer->used = HEADER;
	}
	answer->count++;
	if (answer->bytes)
		put(answer->bytes + answer->used, type, data, length);
	answer->used += size;
}

/* The count's header, now that it is known. */
static int finish(struct answer *answer)
{
	struct nr_wire_frame frame = nr_answer_frame(
		answer->connection, (int)answer->count, answer->used - HEADER);

	if (answer->count == 0 || !answer->bytes)
		return NR_ANSWERED;
	memcpy(answer->bytes, &frame, sizeof(frame));
	nr_output_add(answer->connection, answer->used);
	return NR_ANSWERED;
}

static int fail(struct nr_connection *connection, int error)
{
	if (error == -EFBIG) {
		nr_answer_error(connection, -EMSGSIZE,
				"the message does not fit in a frame of this server");
		return NR_ANSWERED;
	}
	if (error == -ENOBUFS) {
		nr_answer_error(connection, error,
				"the session holds %zu messages: release some",
				connection->session->held.count);
		return NR_ANSWERED;
	}
	return nr_queue_error(connection, error, "TAKE");
}

static uint64_t room_of(const unsigned char *body, uint32_t nth)
{
	uint64_t room;

	nr_wire_read(&room, body + sizeof(struct nr_wire_take) + nth * sizeof(room),
		     sizeof(room));
	return room;
}

/* What the same TAKE has brought before. */
static int bring_again(struct nr_connection *connection, const struct nr_wire_take *take,
		       const unsigned char *body)
{
	struct answer answer = {.connection = connection};

	for (uint32_t i = 0; i < take->count; i++) {
		struct nr_holding *holding =
			nr_session_find(connection->session, take->delivery + i);
		const struct naru_message *message;
		size_t length;
		int r;

		if (!holding)
			break;
		message = &holding->message;
		length = cut(connection, message->length, room_of(body, i));
		r = admit(&answer, length, room_of(body, i));
		if (r < 0 && i == 0)
			return fail(connection, r);
		if (r < 0 || (i > 0 && length > PIECE_MAX))
			break;
		if (length > PIECE_MAX) {
			nr_answer_message(connection, 1, message->type, message->data,
					  length);
			return NR_ANSWERED;
		}
		add(&answer, message->type, message->data, length);
	}
	return finish(&answer);
}

/* One message, into the answer. 0; or why not: then it is not taken. */
static int take_one(struct answer *answer, const struct nr_wire_take *take, uint64_t room)
{
	struct nr_connection *connection = answer->connection;
	struct nr_served *served = connection->served;
	bool quiet = connection->request.flags & NR_WIRE_QUIET;
	struct naru_message message;
	size_t length;
	int r = naru_queue_take(served->queue, take->select,
				connection->request.flags & NR_WIRE_EXCEPT ? NARU_EXCEPT
									   : 0,
				0, &message);

	if (r < 0)
		return r;
	length = cut(connection, message.length, room);
	r = admit(answer, length, room);
	if (r == 0 && answer->count > 0 && length > PIECE_MAX)
		r = -EAGAIN;
	if (r == 0 && !quiet)
		r = nr_session_hold(connection->session, take->delivery + answer->count,
				    served, &message);
	if (r < 0) {
		naru_queue_give_back(served->queue, &message);
		return r;
	}
	if (length > PIECE_MAX)
		nr_answer_message(connection, 1, message.type, message.data, length);
	else
		add(answer, message.type, message.data, length);
	if (quiet)
		naru_queue_release(served->queue, &message);
	return length > PIECE_MAX ? 1 : 0;
}

static int take_some(struct nr_connection *connection, const struct nr_wire_take *take,
		     const unsigned char *body)
{
	struct answer answer = {.connection = connection};

	for (uint32_t i = 0; i < take->count; i++) {
		int r = take_one(&answer, take, room_of(body, i));

		if (r > 0)
			return NR_ANSWERED;
		if (r == -EAGAIN && i == 0)
			return NR_WAITS_TO_READ;
		if (r < 0 && i == 0)
			return fail(connection, r);
		if (r < 0)
			break;
	}
	return finish(&answer);
}

/*
 * Small messages that need not be held, many at a time. -EMSGSIZE: the first is not
 * small.
 */
static ssize_t take_quietly(struct nr_connection *connection,
			    const struct nr_wire_take *take, const unsigned char *body)
{
	int flags = (connection->request.flags & NR_WIRE_EXCEPT ? NARU_EXCEPT : 0) |
		    (connection->request.flags & NR_WIRE_TRUNCATE ? NARU_TRUNCATE : 0);
	uint32_t count = take->count < QUIET_MAX ? take->count : QUIET_MAX;
	size_t slot = NR_SERVER_SCRATCH / count - ITEM;
	struct answer answer = {.connection = connection};
	struct naru_item items[QUIET_MAX];
	ssize_t n;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t room = room_of(body, i);

		/* A cut must be the client's wish. */
		if (room > slot && flags & NARU_TRUNCATE)
			return -EMSGSIZE;
		items[i].data = connection->server->scratch + i * slot;
		items[i].length = room < slot ? (size_t)room : slot;
	}
	n = naru_queue_receive_batch(connection->served->queue, take->select, flags,
				     items, count, 0);
	if (n <= 0)
		return n;
	for (ssize_t i = 0; i < n; i++)
		answer.used += ITEM + nr_wire_padded(items[i].length);
	answer.bytes = nr_output_begin(connection, HEADER + answer.used, &answer.room);
	answer.used = HEADER;
	for (ssize_t i = 0; i < n && answer.bytes; i++) {
		put(answer.bytes + answer.used, items[i].type, items[i].data,
		    items[i].length);
		answer.used += ITEM + nr_wire_padded(items[i].length);
	}
	answer.count = (uint32_t)n;
	finish(&answer);
	return n;
}

static bool is_sane(const struct nr_connection *connection,
		    const struct nr_wire_take *take)
{
	uint64_t last = take->delivery + take->count;

	return take->count >= 1 && take->count <= NR_WIRE_BATCH_MAX &&
	       take->unused == 0 &&
	       take->delivery >> NR_WIRE_LANE_SHIFT == connection->lane &&
	       last >> NR_WIRE_LANE_SHIFT == connection->lane &&
	       connection->request.length - sizeof(*take) >=
		       take->count * sizeof(uint64_t);
}

int nr_verb_take(struct nr_connection *connection, const unsigned char *body)
{
	struct nr_wire_take take;

	nr_wire_read(&take, body, sizeof(take));
	if (!is_sane(connection, &take))
		return nr_queue_error(connection, -EINVAL, "TAKE");
	connection->wants = take.select;
	if (nr_session_find(connection->session, take.delivery))
		return bring_again(connection, &take, body);
	if (nr_served_is_behind(connection, NARU_READABLE))
		return NR_WAITS_TO_READ;
	if (connection->request.flags & NR_WIRE_QUIET) {
		ssize_t n = take_quietly(connection, &take, body);

		if (n == -EAGAIN)
			return NR_WAITS_TO_READ;
		if (n != -EMSGSIZE)
			return n < 0 ? fail(connection, (int)n) : NR_ANSWERED;
	}
	return take_some(connection, &take, body);
}
