/* SPDX-License-Identifier: MIT */

/* server/open.c - OPEN, REMOVE */

#include <errno.h>
#include <server/name.h>
#include <server/request.h>
#include <server/served.h>
#include <server/session.h>
#include <string.h>

static int answer_opened(struct nr_connection *connection)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct nr_wire_open_answer answer;
	int r = naru_queue_stat(connection->served->queue, &stat);

	if (r < 0)
		return nr_queue_error(connection, r, "OPEN");
	answer = (struct nr_wire_open_answer){
		.capacity = stat.capacity,
		.messages = stat.capacity_messages,
	};
	nr_answer(connection, 0, &answer, sizeof(answer));
	return NR_ANSWERED;
}

/* The lane's own queue from now on. */
static void use(struct nr_connection *connection, struct nr_served *served)
{
	const uint64_t *id = connection->session->id;

	nr_served_close(connection->served);
	connection->served = served;
	connection->send_once =
		(struct naru_once){.session = {id[0], id[1] + connection->lane}};
	connection->release_once = connection->send_once;
}

int nr_verb_open(struct nr_connection *connection, const unsigned char *body)
{
	uint16_t flags = connection->request.flags;
	struct naru_queue_options options = NARU_INIT(options, .flags = 0);
	char name[NARU_NAME_MAX + 1];
	struct nr_served *served;
	struct nr_wire_open open;
	int r;

	nr_wire_read(&open, body, sizeof(open));
	r = nr_name_read(connection, body, sizeof(open), open.name_length, name);
	if (r < 0)
		return NR_ANSWERED;
	options.capacity = open.capacity;
	options.messages = open.messages;
	options.mode = open.mode;
	options.owner = open.owner;
	options.group = open.group;
	if (flags & NR_WIRE_CREATE)
		options.flags |= NARU_CREATE;
	if (flags & NR_WIRE_OWNER)
		options.flags |= NARU_SET_OWNER;
	if (flags & NR_WIRE_GROUP)
		options.flags |= NARU_SET_GROUP;
	r = nr_served_open(connection->server, name, &options,
			   (flags & NR_WIRE_CREATE) && (flags & NR_WIRE_EXCLUSIVE),
			   &served);
	if (r < 0)
		return nr_queue_error(connection, r, name);
	use(connection, served);
	return answer_opened(connection);
}

int nr_verb_remove(struct nr_connection *connection, const unsigned char *body)
{
	char name[NARU_NAME_MAX + 1];
	struct nr_wire_remove remove;
	int r;

	nr_wire_read(&remove, body, sizeof(remove));
	r = nr_name_read(connection, body, sizeof(remove), remove.name_length, name);
	if (r < 0)
		return NR_ANSWERED;
	r = naru_queue_remove(connection->server->space, name);
	if (r < 0)
		return nr_queue_error(connection, r, name);
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
