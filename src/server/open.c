/* SPDX-License-Identifier: MIT */

/* server/open.c - OPEN, REMOVE */

#include <errno.h>
#include <server/access.h>
#include <server/limit.h>
#include <server/name.h>
#include <server/request.h>
#include <server/served.h>
#include <server/session.h>
#include <server/stuck.h>
#include <unistd.h>

/* The lane's own queue from now on. */
static void use(struct nr_connection *connection, struct nr_served *served)
{
	const uint64_t *id = connection->session->id;

	/* Who he is, is known better by now. */
	connection->session->caller = connection->caller;
	nr_served_close(connection->served);
	connection->served = served;
	connection->send_once =
		(struct naru_once){.session = {id[0], id[1] + connection->lane}};
	connection->release_once = connection->send_once;
}

/* It is open; may this client use it for anything? */
static int answer_opened(struct nr_connection *connection, struct nr_served *served)
{
	const uint32_t uses =
		NR_RIGHT_SEND | NR_RIGHT_RECEIVE | NR_RIGHT_SET | NR_RIGHT_LOOK;
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct nr_wire_open_answer answer;
	int r = nr_stuck_stat(served, &stat);

	if (r < 0) {
		nr_served_close(served);
		return nr_queue_error(connection, r, "OPEN");
	}
	connection->rights = nr_access_rights(connection, served->name, &stat);
	connection->rules_version = connection->server->rules_version;
	if (!(connection->rights & uses)) {
		nr_access_deny_use(connection, served->name, &stat);
		nr_served_close(served);
		return NR_ANSWERED;
	}
	use(connection, served);
	answer = (struct nr_wire_open_answer){
		.capacity = stat.capacity,
		.messages = stat.capacity_messages,
	};
	nr_answer(connection, 0, &answer, sizeof(answer));
	return NR_ANSWERED;
}

/* It is to be made. What is wrong has been answered. */
static int create(struct nr_connection *connection, const char *name,
		  struct naru_queue_options *options, struct nr_served **ret_served)
{
	uint32_t uid = nr_caller_uid(&connection->caller);
	bool exclusive = connection->request.flags & NR_WIRE_EXCLUSIVE;
	int r = nr_access_check(connection, NR_RIGHT_CREATE, name, NULL);

	if (r == 0)
		r = nr_access_check_owner(connection, name, options);
	if (r == 0)
		r = nr_limit_capacity(connection, name, options);
	if (r < 0)
		return r;
	options->flags |= NARU_CREATE;
	/* As if the client had made it itself. */
	if (!connection->server->rules && uid != geteuid() &&
	    !(options->flags & NARU_SET_OWNER)) {
		options->flags |= NARU_SET_OWNER;
		options->owner = uid;
	}
	r = nr_served_open(connection->server, name, options, exclusive, ret_served);
	if (r < 0)
		nr_queue_error(connection, r, name);
	return r;
}

static struct naru_queue_options options_of(const struct nr_connection *connection,
					    const struct nr_wire_open *open)
{
	uint16_t flags = connection->request.flags;

	return (struct naru_queue_options){
		.size = sizeof(struct naru_queue_options),
		.flags = (flags & NR_WIRE_OWNER ? NARU_SET_OWNER : 0) |
			 (flags & NR_WIRE_GROUP ? NARU_SET_GROUP : 0),
		.mode = open->mode,
		.capacity = open->capacity,
		.messages = open->messages,
		.owner = open->owner,
		.group = open->group,
	};
}

int nr_verb_open(struct nr_connection *connection, const unsigned char *body)
{
	uint16_t flags = connection->request.flags;
	struct naru_queue_options options;
	char name[NARU_NAME_MAX + 1];
	struct nr_served *served;
	struct nr_wire_open open;
	int r;

	nr_wire_read(&open, body, sizeof(open));
	if (nr_name_read(connection, body, sizeof(open), open.name_length, name) < 0)
		return NR_ANSWERED;
	options = options_of(connection, &open);
	r = flags & NR_WIRE_CREATE && flags & NR_WIRE_EXCLUSIVE
		    ? -ENOENT
		    : nr_served_open(connection->server, name, NULL, false, &served);
	if (r == -ENOENT && flags & NR_WIRE_CREATE) {
		if (create(connection, name, &options, &served) < 0)
			return NR_ANSWERED;
		r = 0;
	}
	return r < 0 ? nr_queue_error(connection, r, name)
		     : answer_opened(connection, served);
}

int nr_verb_remove(struct nr_connection *connection, const unsigned char *body)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	char name[NARU_NAME_MAX + 1];
	struct nr_served *served;
	struct nr_wire_remove remove;
	int r;

	nr_wire_read(&remove, body, sizeof(remove));
	if (nr_name_read(connection, body, sizeof(remove), remove.name_length, name) < 0)
		return NR_ANSWERED;
	r = nr_served_open(connection->server, name, NULL, false, &served);
	if (r == 0) {
		r = nr_stuck_stat(served, &stat);
		nr_served_close(served);
	}
	/* What is damaged may be removed, too. */
	if (nr_access_check(connection, NR_RIGHT_REMOVE, name, r == 0 ? &stat : NULL) < 0)
		return NR_ANSWERED;
	r = naru_queue_remove(connection->server->space, name);
	if (r < 0)
		return nr_queue_error(connection, r, name);
	nr_answer(connection, 0, NULL, 0);
	return NR_ANSWERED;
}
