/* SPDX-License-Identifier: MIT */

#include <server/connection.h>

#include <errno.h>
#include <server/limit.h>
#include <server/listen.h>
#include <server/peer.h>
#include <server/request.h>
#include <server/served.h>
#include <server/session.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { REQUESTS_AT_ONCE = 16 }; /* then it is another one's turn */

static void free_connection(struct nr_waste *waste)
{
	free(nr_of(waste, struct nr_connection, waste));
}

static void count_bytes(struct nr_connection *connection)
{
	struct nr_counts *counts = &connection->server->counts;
	struct naru_stream_stat stat = {.size = sizeof(stat)};

	if (naru_stream_stat(connection->stream, &stat) < 0)
		return;
	counts->bytes_in += stat.read;
	counts->bytes_out += stat.written;
}

static void close_connection(struct nr_connection *connection)
{
	struct nr_server *server = connection->server;

	nr_served_leave(connection);
	nr_session_leave(connection);
	nr_served_close(connection->served);
	nr_timer_stop(&server->loop.timers, &connection->timer);
	nr_list_remove(&connection->advance.link);
	nr_loop_watch(&server->loop, &connection->readable, 0);
	if (connection->writable.fd >= 0)
		nr_loop_watch(&server->loop, &connection->writable, 0);
	count_bytes(connection);
	naru_stream_close(connection->stream);
	nr_peer_charge(connection, connection->intake.size, 0);
	nr_peer_charge(connection, connection->output.size, 0);
	nr_intake_close(&connection->intake);
	nr_output_close(&connection->output);
	nr_peer_close(server, connection->peer);
	nr_list_remove(&connection->link);
	server->connections_count--;
	server->refused_count -= connection->refused;
	connection->waste.free = free_connection;
	nr_loop_throw_away(&server->loop, &connection->waste);
}

void nr_connection_wake(struct nr_connection *connection)
{
	nr_loop_later(&connection->server->loop, &connection->advance);
}

void nr_connection_break(struct nr_connection *connection)
{
	connection->state = NR_CONNECTION_BROKEN;
	nr_connection_wake(connection);
}

void nr_connection_end(struct nr_connection *connection)
{
	if (connection->state != NR_CONNECTION_BROKEN)
		connection->state = NR_CONNECTION_ENDING;
	nr_connection_wake(connection);
}

static bool may_go_on(const struct nr_connection *connection)
{
	return connection->state <= NR_CONNECTION_GREETED && !connection->waits &&
	       nr_output_waiting(&connection->output) <=
		       connection->server->options.output;
}

/* A frame that cannot be had. */
static void refuse(struct nr_connection *connection, int error)
{
	switch (error) {
	case -EMSGSIZE:
		nr_answer_error(connection, error, "a frame has at most %u bytes here",
				connection->server->options.frame_max);
		break;
	case -ENOBUFS:
		nr_answer_error(connection, error,
				"%s uses all the memory that one client may have",
				connection->caller.name);
		break;
	case -EBADMSG:
		nr_answer_error(connection, error,
				"that is no frame: its length is no multiple of 8");
		nr_connection_end(connection);
		break;
	default:
		nr_connection_break(connection);
	}
	if (connection->state == NR_CONNECTION_NEW)
		nr_connection_end(connection);
}

/* True: the stream has been read to its present end. */
static bool work(struct nr_connection *connection)
{
	for (int i = 0; i < REQUESTS_AT_ONCE && may_go_on(connection); i++) {
		int r = nr_intake_next(connection, &connection->request);

		if (r == NR_INTAKE_NONE) {
			if (connection->intake.ended)
				nr_connection_end(connection);
			return true;
		}
		if (r == NR_INTAKE_FRAME)
			nr_request_handle(connection);
		else
			refuse(connection, r);
	}
	return false;
}

/* What is unread is not told again and again: it is read when it can be. */
static void watch(struct nr_connection *connection, bool idle)
{
	uint32_t events = EPOLLIN;

	if (connection->intake.ended)
		events = 0;
	else if (!idle && !may_go_on(connection) &&
		 !(connection->waits && connection->intake.is_copied))
		events |= EPOLLET;
	if (nr_loop_watch(&connection->server->loop, &connection->readable, events) < 0)
		nr_connection_break(connection);
}

static void advance(struct nr_task *task)
{
	struct nr_connection *connection = nr_of(task, struct nr_connection, advance);
	bool idle = false;

	if (nr_output_waiting(&connection->output) > 0)
		nr_output_flush(connection);
	if (may_go_on(connection))
		idle = work(connection);
	nr_intake_settle(connection);
	nr_output_flush(connection);
	/* What it has written may have been what it waited for. */
	if (!idle && may_go_on(connection))
		nr_connection_wake(connection);
	if (connection->state == NR_CONNECTION_ENDING && !connection->waits &&
	    nr_output_waiting(&connection->output) == 0)
		connection->state = NR_CONNECTION_BROKEN;
	if (connection->state != NR_CONNECTION_BROKEN)
		watch(connection, idle);
	if (connection->state == NR_CONNECTION_BROKEN)
		close_connection(connection);
}

bool nr_connection_is_outlived(const struct nr_connection *connection)
{
	return connection->intake.ended && connection->request.verb == NR_WIRE_SEND &&
	       connection->request.flags & NR_WIRE_QUIET;
}

static void give_up(struct nr_timer *timer)
{
	struct nr_connection *connection = nr_of(timer, struct nr_connection, timer);

	nr_server_log(connection->server,
		      "%s: has gone, and what it sent has found no room in %s: lost",
		      connection->caller.name, connection->served->name);
	nr_connection_break(connection);
}

int nr_connection_bound(struct nr_connection *connection)
{
	int grace_ms = connection->server->options.grace_ms;
	uint64_t due = nr_timers_due(grace_ms < 0 ? 0 : grace_ms);

	if (connection->timer.place && connection->timer.due <= due)
		return 0;
	connection->timer.fire = give_up;
	return nr_timer_set(&connection->server->loop.timers, &connection->timer, due);
}

void nr_connection_look_behind(struct nr_connection *connection)
{
	const struct nr_intake *intake = &connection->intake;
	bool cancelled = nr_intake_is_cancelled(connection), unread;
	uint32_t events = EPOLLIN;

	unread = intake->seen_length > (intake->is_copied ? 0 : intake->length);
	if (cancelled)
		nr_request_end(connection, -EINTR);
	else if (intake->ended && (!nr_connection_is_outlived(connection) ||
				   nr_connection_bound(connection) < 0))
		nr_connection_break(connection);
	nr_intake_settle(connection);
	if (connection->state == NR_CONNECTION_BROKEN || !connection->waits)
		return;
	if (intake->ended)
		events = 0;
	else if (unread || !intake->is_copied)
		events |= EPOLLET;
	if (nr_loop_watch(&connection->server->loop, &connection->readable, events) < 0)
		nr_connection_break(connection);
}

static void is_readable(struct nr_source *source)
{
	struct nr_connection *connection = nr_of(source, struct nr_connection, readable);

	if (connection->waits)
		nr_connection_look_behind(connection);
	else
		nr_connection_wake(connection);
}

static void is_writable(struct nr_source *source)
{
	nr_connection_wake(nr_of(source, struct nr_connection, writable));
}

static void said_nothing(struct nr_timer *timer)
{
	struct nr_connection *connection = nr_of(timer, struct nr_connection, timer);

	nr_server_log(connection->server, "%s: has connected and says nothing",
		      connection->caller.name);
	nr_connection_break(connection);
}

static int begin(struct nr_connection *connection)
{
	struct nr_server *server = connection->server;
	int r = nr_intake_open(&connection->intake, connection->stream);

	if (r == 0)
		r = naru_stream_fd(connection->stream, NARU_READABLE);
	if (r < 0)
		return r;
	connection->readable = (struct nr_source){.fd = r, .ready = is_readable};
	r = nr_loop_watch(&server->loop, &connection->readable, EPOLLIN);
	if (r < 0)
		return r;
	connection->timer.fire = said_nothing;
	return nr_timer_set(&server->loop.timers, &connection->timer,
			    nr_timers_due(server->options.hello_ms));
}

int nr_connection_open(struct nr_listening *listening, struct naru_stream *stream)
{
	struct nr_server *server = listening->server;
	struct nr_connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection) {
		naru_stream_close(stream);
		return -ENOMEM;
	}
	connection->server = server;
	connection->stream = stream;
	connection->readable.fd = -1;
	connection->writable = (struct nr_source){.fd = -1, .ready = is_writable};
	connection->advance.run = advance;
	nr_list_init(&connection->advance.link);
	nr_list_init(&connection->waiting);
	nr_list_init(&connection->lane_link);
	r = nr_caller_describe(stream, naru_listener_url(listening->listener),
			       &connection->caller);
	if (r == 0)
		r = nr_peer_open(server, &connection->caller, &connection->peer);
	if (r < 0) {
		naru_stream_close(stream);
		free(connection);
		return r;
	}
	nr_list_append(&server->connections, &connection->link);
	server->connections_count++;
	server->counts.connections++;
	r = nr_limit_admit(connection);
	if (r == 0 || r == -EUSERS)
		r = begin(connection);
	if (r < 0)
		close_connection(connection);
	return r;
}

void nr_connections_close(struct nr_server *server)
{
	while (!nr_list_empty(&server->connections))
		close_connection(
			nr_of(server->connections.next, struct nr_connection, link));
}
