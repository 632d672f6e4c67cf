/* SPDX-License-Identifier: MIT */

/* server/look.c - LOOK, STAT, SET */

#include <errno.h>
#include <server/access.h>
#include <server/limit.h>
#include <server/request.h>
#include <server/stuck.h>
#include <stdlib.h>

static ssize_t look_at(struct nr_connection *connection, const struct nr_wire_look *look,
		       void *buffer, size_t size)
{
	int flags = connection->request.flags & NR_WIRE_TRUNCATE ? NARU_TRUNCATE : 0;
	int64_t type;
	ssize_t n = nr_stuck(connection->served);

	if (n == 0)
		n = nr_stuck_note(connection->served,
				  (int)naru_queue_look(connection->served->queue,
						       look->nth, flags, buffer, size,
						       &type));
	if (n >= 0)
		nr_answer_message(connection, 0, type, buffer, (size_t)n);
	return n;
}

int nr_verb_look(struct nr_connection *connection, const unsigned char *body)
{
	size_t most = connection->server->options.frame_max - sizeof(struct nr_wire_item);
	struct nr_wire_look look;
	void *buffer;
	ssize_t n;

	nr_wire_read(&look, body, sizeof(look));
	if (look.room < most)
		most = (size_t)look.room;
	if (most <= NR_SERVER_SCRATCH) {
		n = look_at(connection, &look, connection->server->scratch, most);
	} else {
		buffer = malloc(most);
		n = buffer ? look_at(connection, &look, buffer, most) : -ENOMEM;
		free(buffer);
	}
	return n < 0 ? nr_queue_error(connection, (int)n, "LOOK") : NR_ANSWERED;
}

int nr_verb_stat(struct nr_connection *connection, const unsigned char *body)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	const struct nr_served *served = connection->served;
	struct nr_wire_stat_answer answer;
	int r = nr_stuck_stat(connection->served, &stat);

	(void)body;
	if (r < 0)
		return nr_queue_error(connection, r, "STAT");
	answer = (struct nr_wire_stat_answer){
		.messages = stat.messages,
		.bytes = stat.bytes,
		.capacity = stat.capacity,
		.capacity_messages = stat.capacity_messages,
		.held_messages = stat.held_messages,
		.held_bytes = stat.held_bytes,
		.sent = stat.sent,
		.received = stat.received,
		.last_send = stat.last_send,
		.last_receive = stat.last_receive,
		.changed = stat.changed,
		.memory = stat.memory,
		.waiting_senders = stat.waiting_senders + served->writable.count,
		.waiting_receivers = stat.waiting_receivers + served->readable.count,
		.last_sender = stat.last_sender,
		.last_receiver = stat.last_receiver,
		.uid = stat.uid,
		.gid = stat.gid,
		.mode = stat.mode,
	};
	nr_answer(connection, 0, &answer, sizeof(answer));
	return NR_ANSWERED;
}

int nr_verb_set(struct nr_connection *connection, const unsigned char *body)
{
	uint16_t flags = connection->request.flags;
	struct naru_queue_options options = NARU_INIT(options, .flags = 0);
	struct nr_wire_set set;
	int r;

	nr_wire_read(&set, body, sizeof(set));
	options.capacity = set.capacity;
	options.messages = set.messages;
	options.mode = set.mode;
	options.owner = set.owner;
	options.group = set.group;
	if (flags & NR_WIRE_OWNER)
		options.flags |= NARU_SET_OWNER;
	if (flags & NR_WIRE_GROUP)
		options.flags |= NARU_SET_GROUP;
	if (nr_access_check_owner(connection, connection->served->name, &options) < 0)
		return NR_ANSWERED;
	if (nr_limit_capacity(connection, connection->served->name, &options) < 0)
		return NR_ANSWERED;
	r = nr_stuck(connection->served);
	if (r == 0)
		r = nr_stuck_note(connection->served,
				  naru_queue_set(connection->served->queue, &options));
	if (r < 0)
		return nr_queue_error(connection, r, "SET");
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
