/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_CONNECTION_H
#define NARU_SERVER_CONNECTION_H

/*
 * server/connection.h - a lane: requests come in, answers go out
 *
 * A connection works off its requests in order (advance), until the stream has no
 * more, or one has to wait, or the client does not read its answers. A request that
 * waits is in a list of its queue (server/served.h), and stays at the front of the
 * intake; when it is tried again it is read again.
 *
 * A connection that is broken is closed at the end of its turn only, so that whoever
 * finds out need not care.
 */

#include <layout/wire.h>
#include <server/caller.h>
#include <server/handle.h>
#include <server/intake.h>
#include <server/output.h>

struct nr_listening;
struct nr_peer;
struct nr_session;
struct nr_served;

enum nr_connection_state {
	NR_CONNECTION_NEW, /* HELLO has not come */
	NR_CONNECTION_GREETED,
	NR_CONNECTION_ENDING, /* answers are written, requests not looked at */
	NR_CONNECTION_BROKEN, /* to be closed */
};

struct nr_connection {
	struct nr_server *server;
	struct nr_link link; /* of the server's */
	struct nr_waste waste;
	struct naru_stream *stream;
	enum nr_connection_state state;
	struct nr_caller caller;
	bool refused; /* there are too many: it is told so, and closed */
	struct nr_peer *peer;
	uint64_t memory; /* bytes of its buffers */
	struct nr_task advance;
	struct nr_timer timer; /* for HELLO; then, of the request that waits */

	struct nr_source readable;
	struct nr_source writable;
	struct nr_intake intake;
	struct nr_output output;

	struct nr_session *session; /* NULL before HELLO */
	struct nr_link lane_link;   /* of the session's */
	uint32_t lane;

	struct nr_served *served; /* NULL before OPEN */
	uint32_t rights;	  /* of enum nr_right, with that queue */
	uint32_t rules_version;	  /* of which these are */
	struct naru_once send_once;
	struct naru_once release_once;

	/* The request that is worked at, or waits. */
	struct nr_wire_frame request;
	struct nr_link waiting; /* in a list of the queue's */
	enum naru_poll waits;	/* 0: it does not */
	uint32_t done;		/* items of a SEND that are in the queue */
	size_t done_end;	/* bytes of the body that these took */
	int64_t wants;		/* of a TAKE: the selection; of a SEND: bytes */
	uint64_t turn;		/* of a WATCH with NEXT: in which it came */
	uint64_t told;		/* how often the descriptor was ready before */
	uint64_t passed;	/* messages that came (went) before */
	uint64_t there;		/* and those that were there */
};

/* The stream, which has come there, becomes the connection's. */
int nr_connection_open(struct nr_listening *listening, struct naru_stream *stream);

/* At the end of the turn it will be closed. */
void nr_connection_break(struct nr_connection *connection);

/* No more requests; close it when what is to be written is written. */
void nr_connection_end(struct nr_connection *connection);

/* Work at it in this turn, or the next. */
void nr_connection_wake(struct nr_connection *connection);

/*
 * Has the client ended, while a QUIET SEND of it waits? It is to arrive although nobody
 * hears of it.
 */
bool nr_connection_is_outlived(const struct nr_connection *connection);
/* But not for ever: it waits for as long as the server's grace time is. -ENOMEM. */
int nr_connection_bound(struct nr_connection *connection);

/* Has something come in behind the request that waits: a CANCEL, or the end? */
void nr_connection_look_behind(struct nr_connection *connection);

/* Close all, at once. */
void nr_connections_close(struct nr_server *server);

#endif /* NARU_SERVER_CONNECTION_H */
