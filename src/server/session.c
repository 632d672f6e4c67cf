/* SPDX-License-Identifier: MIT */

#include <server/session.h>

#include <errno.h>
#include <server/connection.h>
#include <server/served.h>
#include <stdlib.h>

static struct nr_session *find(struct nr_server *server, const uint64_t id[2],
			       uint64_t hash)
{
	struct nr_node *node = nr_chains_find(&server->sessions, hash);

	for (; node; node = nr_chains_next(node)) {
		struct nr_session *session = nr_of(node, struct nr_session, node);

		if (session->id[0] == id[0] && session->id[1] == id[1])
			return session;
	}
	return NULL;
}

static void end(struct nr_session *session)
{
	struct nr_server *server = session->server;

	nr_session_give_back(session);
	nr_timer_stop(&server->loop.timers, &session->grace);
	nr_chains_remove(&server->sessions, &session->node);
	nr_chains_free(&session->held);
	free(session);
}

static void grace_is_over(struct nr_timer *timer)
{
	struct nr_session *session = nr_of(timer, struct nr_session, grace);

	nr_server_log(session->server,
		      "%s: has not come back; what it held is given back: %zu",
		      session->caller.name, session->held.count);
	end(session);
}

static int add(struct nr_server *server, const uint64_t id[2], uint64_t hash,
	       const struct nr_caller *caller, struct nr_session **ret_session)
{
	struct nr_session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return -ENOMEM;
	session->server = server;
	session->id[0] = id[0];
	session->id[1] = id[1];
	session->caller = *caller;
	session->grace.fire = grace_is_over;
	nr_list_init(&session->lanes);
	r = nr_chains_add(&server->sessions, &session->node, hash);
	if (r < 0)
		free(session);
	else
		*ret_session = session;
	return r;
}

/* The one that has broken without our knowing it. */
static void break_lane(struct nr_session *session, uint32_t lane)
{
	struct nr_link *link = session->lanes.next;

	for (; link != &session->lanes; link = link->next) {
		struct nr_connection *other =
			nr_of(link, struct nr_connection, lane_link);

		if (other->lane == lane) {
			nr_connection_break(other);
			return;
		}
	}
}

int nr_session_join(struct nr_connection *connection, const uint64_t id[2], uint32_t lane)
{
	struct nr_server *server = connection->server;
	uint64_t hash = nr_hash(id, 2 * sizeof(id[0]));
	struct nr_session *session = find(server, id, hash);
	int r = 0;

	if (!session)
		r = add(server, id, hash, &connection->caller, &session);
	else if (!nr_caller_is_same(&session->caller, &connection->caller))
		r = -EACCES;
	if (r < 0)
		return r;
	nr_timer_stop(&server->loop.timers, &session->grace);
	connection->session = session;
	connection->lane = lane;
	break_lane(session, lane);
	nr_list_append(&session->lanes, &connection->lane_link);
	return 0;
}

void nr_session_leave(struct nr_connection *connection)
{
	struct nr_session *session = connection->session;
	struct nr_server *server = connection->server;
	uint64_t due;

	if (!session)
		return;
	connection->session = NULL;
	nr_list_remove(&connection->lane_link);
	if (!nr_list_empty(&session->lanes))
		return;
	due = nr_timers_due(server->options.grace_ms);
	if (session->held.count == 0 || connection->caller.local || server->stopping ||
	    server->options.grace_ms < 0 ||
	    nr_timer_set(&server->loop.timers, &session->grace, due) < 0)
		end(session);
}

struct nr_holding *nr_session_find(struct nr_session *session, uint64_t delivery)
{
	struct nr_node *node =
		nr_chains_find(&session->held, nr_hash(&delivery, sizeof(delivery)));

	for (; node; node = nr_chains_next(node)) {
		struct nr_holding *holding = nr_of(node, struct nr_holding, node);

		if (holding->delivery == delivery)
			return holding;
	}
	return NULL;
}

int nr_session_hold(struct nr_session *session, uint64_t delivery,
		    struct nr_served *served, const struct naru_message *message)
{
	struct nr_holding *holding;
	int r;

	if (session->held.count >= session->server->options.held)
		return -ENOBUFS;
	holding = malloc(sizeof(*holding));
	if (!holding)
		return -ENOMEM;
	*holding = (struct nr_holding){
		.delivery = delivery, .served = served, .message = *message};
	r = nr_chains_add(&session->held, &holding->node,
			  nr_hash(&delivery, sizeof(delivery)));
	if (r < 0)
		free(holding);
	else
		served->users++;
	return r;
}

void nr_session_drop(struct nr_session *session, struct nr_holding *holding)
{
	nr_chains_remove(&session->held, &holding->node);
	nr_served_close(holding->served);
	free(holding);
}

void nr_session_give_back(struct nr_session *session)
{
	struct nr_node *node;

	while ((node = nr_chains_any(&session->held))) {
		struct nr_holding *holding = nr_of(node, struct nr_holding, node);

		/* It fails if the queue was removed: then there is no place to go back
		 * to. */
		naru_queue_give_back(holding->served->queue, &holding->message);
		nr_session_drop(session, holding);
	}
}

void nr_sessions_close(struct nr_server *server)
{
	struct nr_node *node;

	while ((node = nr_chains_any(&server->sessions)))
		end(nr_of(node, struct nr_session, node));
	nr_chains_free(&server->sessions);
}
