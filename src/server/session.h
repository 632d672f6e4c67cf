/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_SESSION_H
#define NARU_SERVER_SESSION_H

/*
 * server/session.h - a client's handle: its lanes, and what it holds
 *
 * A session ends when its last lane has broken and it holds nothing, or has not come
 * back within the grace time; what it holds is given back then.
 */

#include <naru/queue.h>
#include <server/caller.h>
#include <server/chains.h>
#include <server/loop.h>

struct nr_connection;
struct nr_served;
struct nr_server;

/* A message that was taken for a client, and is not released. */
struct nr_holding {
	struct nr_node node;
	uint64_t delivery;
	struct nr_served *served;
	struct naru_message message;
};

struct nr_session {
	struct nr_server *server;
	struct nr_node node;
	uint64_t id[2];
	struct nr_caller caller;
	struct nr_link lanes;  /* struct nr_connection */
	struct nr_chains held; /* struct nr_holding */
	struct nr_timer grace;
};

/*
 * The connection becomes its lane of the session @id; another one of the same lane is
 * broken.
 *
 * -EACCES	the session is somebody else's
 */
int nr_session_join(struct nr_connection *connection, const uint64_t id[2],
		    uint32_t lane);

/* The connection has broken. */
void nr_session_leave(struct nr_connection *connection);

/* NULL: it is not held. */
struct nr_holding *nr_session_find(struct nr_session *session, uint64_t delivery);
/* The message is the session's now. -ENOBUFS: it holds too many; -ENOMEM. */
int nr_session_hold(struct nr_session *session, uint64_t delivery,
		    struct nr_served *served, const struct naru_message *message);
/* It is no more: it has been released, or given back. */
void nr_session_drop(struct nr_session *session, struct nr_holding *holding);

/* Give back all that it holds. */
void nr_session_give_back(struct nr_session *session);

/* Of all. */
void nr_sessions_close(struct nr_server *server);

#endif /* NARU_SERVER_SESSION_H */
