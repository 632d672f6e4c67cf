/* SPDX-License-Identifier: MIT */

/* server/hello.c - the first request, and the last */

#include <errno.h>
#include <server/access.h>
#include <server/limit.h>
#include <server/request.h>
#include <server/session.h>

static int refuse(struct nr_connection *connection, int error, const char *text)
{
	nr_answer_error(connection, error, "%s", text);
	nr_connection_end(connection);
	return NR_ANSWERED;
}

int nr_verb_hello(struct nr_connection *connection, const unsigned char *body)
{
	struct nr_server *server = connection->server;
	struct nr_wire_hello hello;
	struct nr_wire_hello_answer answer = {
		.version = NR_WIRE_VERSION,
		.frame_max = server->options.frame_max,
		.instance = {server->instance[0], server->instance[1]},
	};
	int r;

	nr_wire_read(&hello, body, sizeof(hello));
	if (connection->state != NR_CONNECTION_NEW)
		return refuse(connection, -EPROTO, "HELLO comes once");
	if (hello.magic != NR_WIRE_MAGIC)
		return refuse(connection, -EPROTO, "this is a server of naru's queues");
	if (hello.lowest > NR_WIRE_VERSION || hello.highest < NR_WIRE_VERSION)
		return refuse(connection, -EPROTONOSUPPORT,
			      "this server does not speak that version");
	if ((hello.session[0] == 0 && hello.session[1] == 0) ||
	    hello.lane >= NR_WIRE_LANES || hello.unused != 0)
		return refuse(connection, -EINVAL, "no such session, or lane");
	if (connection->refused) {
		nr_limit_refuse(connection);
		return NR_ANSWERED;
	}
	if (nr_access_enter(connection) < 0) {
		nr_connection_end(connection);
		return NR_ANSWERED;
	}
	r = nr_session_join(connection, hello.session, hello.lane);
	if (r == -EACCES)
		return refuse(connection, r, "the session is somebody else's");
	if (r < 0)
		return refuse(connection, r, naru_error_text(r));
	nr_timer_stop(&server->loop.timers, &connection->timer);
	connection->state = NR_CONNECTION_GREETED;
	nr_answer(connection, 0, &answer, sizeof(answer));
	return NR_ANSWERED;
}

int nr_verb_bye(struct nr_connection *connection, const unsigned char *body)
{
	(void)body;
	nr_session_give_back(connection->session);
	nr_connection_end(connection);
	return NR_ANSWERED;
}
