/* SPDX-License-Identifier: MIT */

#include <server/request.h>

#include <errno.h>
#include <server/access.h>
#include <server/peer.h>
#include <server/served.h>
#include <server/session.h>
#include <server/stuck.h>

struct verb {
	const char *name;
	int (*run)(struct nr_connection *connection, const unsigned char *body);
	uint32_t length; /* of the body, at least */
	uint16_t flags;	 /* that it knows */
	bool needs_queue;
	bool gives_up;	 /* what the client has: that is always possible */
	uint32_t rights; /* one of these */
};

enum {
	OPEN_FLAGS = NR_WIRE_CREATE | NR_WIRE_EXCLUSIVE | NR_WIRE_OWNER | NR_WIRE_GROUP,
	TAKE_FLAGS = NR_WIRE_QUIET | NR_WIRE_EXCEPT | NR_WIRE_TRUNCATE,
};

/* It came too late, or is for what is behind it; nr_intake_is_cancelled() knows. */
static int run_cancel(struct nr_connection *connection, const unsigned char *body)
{
	(void)connection;
	(void)body;
	return NR_ANSWERED;
}

static const struct verb verbs[] = {
	[NR_WIRE_HELLO] = {"HELLO", nr_verb_hello, sizeof(struct nr_wire_hello), 0, false,
			   false, 0},
	[NR_WIRE_BYE] = {"BYE", nr_verb_bye, 0, 0, false, false, 0},
	[NR_WIRE_OPEN] = {"OPEN", nr_verb_open, sizeof(struct nr_wire_open), OPEN_FLAGS,
			  false, false, 0},
	[NR_WIRE_REMOVE] = {"REMOVE", nr_verb_remove, sizeof(struct nr_wire_remove), 0,
			    false, false, 0},
	[NR_WIRE_LIST] = {"LIST", nr_verb_list, 0, 0, false, false, 0},
	[NR_WIRE_SPACE] = {"SPACE", nr_verb_space, 0, 0, false, false, 0},
	[NR_WIRE_SEND] = {"SEND", nr_verb_send, sizeof(struct nr_wire_send),
			  NR_WIRE_QUIET, true, false, NR_RIGHT_SEND},
	[NR_WIRE_TAKE] = {"TAKE", nr_verb_take, sizeof(struct nr_wire_take), TAKE_FLAGS,
			  true, false, NR_RIGHT_RECEIVE},
	[NR_WIRE_RELEASE] = {"RELEASE", nr_verb_release, sizeof(struct nr_wire_release),
			     0, true, true, NR_RIGHT_RECEIVE},
	[NR_WIRE_GIVE_BACK] = {"GIVE_BACK", nr_verb_give_back,
			       sizeof(struct nr_wire_give_back), 0, true, true, 0},
	[NR_WIRE_LOOK] = {"LOOK", nr_verb_look, sizeof(struct nr_wire_look),
			  NR_WIRE_TRUNCATE, true, false, NR_RIGHT_LOOK},
	[NR_WIRE_STAT] = {"STAT", nr_verb_stat, 0, 0, true, false, NR_RIGHT_LOOK},
	[NR_WIRE_SET] = {"SET", nr_verb_set, sizeof(struct nr_wire_set),
			 NR_WIRE_OWNER | NR_WIRE_GROUP, true, false, NR_RIGHT_SET},
	[NR_WIRE_WATCH] = {"WATCH", nr_verb_watch, sizeof(struct nr_wire_watch),
			   NR_WIRE_NEXT, true, false, NR_RIGHT_SEND | NR_RIGHT_RECEIVE},
	[NR_WIRE_CANCEL] = {"CANCEL", run_cancel, 0, 0, false, false, 0},
};

const char *nr_request_name(unsigned verb)
{
	return verb < sizeof(verbs) / sizeof(verbs[0]) ? verbs[verb].name : NULL;
}

static const struct verb *verb_of(const struct nr_connection *connection)
{
	uint16_t verb = connection->request.verb;

	return nr_request_name(verb) ? &verbs[verb] : NULL;
}

/* 0, or an answer was given. */
static int check(struct nr_connection *connection, const struct verb *verb)
{
	const struct nr_wire_frame *request = &connection->request;

	if (connection->state == NR_CONNECTION_NEW && request->verb != NR_WIRE_HELLO) {
		nr_answer_error(connection, -EPROTO, "say HELLO first");
		return -EPROTO;
	}
	if (!verb) {
		nr_answer_error(connection, -EOPNOTSUPP, "verb %u is not known here",
				request->verb);
		return -EOPNOTSUPP;
	}
	if (request->flags & ~(unsigned)verb->flags) {
		nr_answer_error(connection, -EINVAL, "%s does not know the flags 0x%x",
				verb->name, request->flags & ~(unsigned)verb->flags);
		return -EINVAL;
	}
	if (request->length < verb->length) {
		nr_answer_error(connection, -EBADMSG,
				"%s has a body of %u bytes, and not of %u", verb->name,
				verb->length, request->length);
		return -EBADMSG;
	}
	if (verb->needs_queue && !connection->served) {
		nr_answer_error(connection, -EBADF, "%s needs a queue: say OPEN first",
				verb->name);
		return -EBADF;
	}
	return 0;
}

/* The lines may have changed since OPEN. */
static void renew_rights(struct nr_connection *connection)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	const struct nr_served *served = connection->served;

	if (connection->rules_version == connection->server->rules_version)
		return;
	connection->rules_version = connection->server->rules_version;
	connection->rights = 0;
	if (nr_stuck_stat(connection->served, &stat) == 0)
		connection->rights = nr_access_rights(connection, served->name, &stat);
}

/* 0, or an answer was given. */
static int check_rights(struct nr_connection *connection, const struct verb *verb)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	const struct nr_served *served = connection->served;
	uint32_t lowest = verb->rights & -verb->rights;
	int r;

	if (verb->rights == 0)
		return 0;
	renew_rights(connection);
	if (connection->rights & verb->rights)
		return 0;
	r = nr_stuck_stat(connection->served, &stat);
	if (r < 0) {
		nr_queue_error(connection, r, verb->name);
		return r;
	}
	r = nr_access_check(connection, (enum nr_right)lowest, served->name, &stat);
	if (r == 0)
		/* It has been given the right meanwhile: OPEN would say so, too. */
		connection->rights |= lowest;
	return r;
}

/* Whoever leaves much of what he has asked for unread. */
static int check_memory(struct nr_connection *connection)
{
	if (!nr_peer_is_overdrawn(connection))
		return 0;
	nr_answer_error(
		connection, -ENOBUFS,
		"%s uses all the memory that one client may have: read the answers",
		connection->caller.name);
	return -ENOBUFS;
}

static void request_timed_out(struct nr_timer *timer)
{
	struct nr_connection *connection = nr_of(timer, struct nr_connection, timer);

	nr_request_end(connection, -ETIMEDOUT);
}

/* It waits now; or an error was answered. */
static bool begin_to_wait(struct nr_connection *connection, enum naru_poll which)
{
	struct nr_timers *timers = &connection->server->loop.timers;
	int r = -EAGAIN;

	if (connection->request.value != 0)
		r = nr_intake_wait(connection);
	if (r == 0)
		r = nr_served_wait(connection, which);
	connection->timer.fire = request_timed_out;
	if (r == 0) {
		r = nr_timer_set(timers, &connection->timer,
				 nr_timers_due(connection->request.value));
		if (r == 0 && nr_connection_is_outlived(connection))
			r = nr_connection_bound(connection);
		if (r < 0)
			nr_served_leave(connection);
	}
	if (r < 0)
		nr_queue_error(connection, r, verb_of(connection)->name);
	return r == 0;
}

void nr_request_handle(struct nr_connection *connection)
{
	const struct verb *verb = verb_of(connection);
	const unsigned char *body;
	int which = NR_ANSWERED;

	connection->done = 0;
	connection->done_end = 0;
	if (check(connection, verb) == 0 && check_rights(connection, verb) == 0 &&
	    (verb->gives_up || check_memory(connection) == 0)) {
		body = nr_intake_body(connection);
		if (body)
			which = verb->run(connection, body);
		else
			nr_connection_break(connection);
	}
	if (which == NR_ANSWERED || !begin_to_wait(connection, (enum naru_poll)which))
		nr_intake_done(connection);
	/* There is no second HELLO. */
	if (connection->state == NR_CONNECTION_NEW)
		nr_connection_end(connection);
	if (verb)
		connection->server->counts.requests[connection->request.verb]++;
}

/* What waited does no longer, and the next one comes. */
static void finish(struct nr_connection *connection)
{
	nr_served_leave(connection);
	nr_timer_stop(&connection->server->loop.timers, &connection->timer);
	nr_intake_done(connection);
	nr_connection_wake(connection);
}

bool nr_request_again(struct nr_connection *connection)
{
	const unsigned char *body;
	int which = NR_ANSWERED;

	body = nr_intake_body(connection);
	if (body)
		which = verb_of(connection)->run(connection, body);
	else
		nr_connection_break(connection);
	if (which != NR_ANSWERED)
		return false;
	finish(connection);
	return true;
}

void nr_request_end(struct nr_connection *connection, int error)
{
	nr_queue_error(connection, error, verb_of(connection)->name);
	finish(connection);
}

int nr_queue_error(struct nr_connection *connection, int error, const char *what)
{
	/* These are the course of things. */
	if (error == -EAGAIN || error == -ETIMEDOUT || error == -EINTR)
		nr_answer(connection, error, NULL, 0);
	else
		nr_answer_error(connection, error, "%s: %s", what,
				naru_error_text(error));
	return NR_ANSWERED;
}
