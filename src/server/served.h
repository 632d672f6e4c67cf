/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_SERVED_H
#define NARU_SERVER_SERVED_H

/*
 * server/served.h - a queue that clients use, and the requests that wait for it
 *
 * One handle for all clients; closed when the last one has gone. Requests wait in the
 * order in which they came. The queue's descriptor, edge-triggered, says that something
 * has changed; before each round naru_queue_rearm() is called, so that what comes during
 * the round makes it ready anew. Deaths are not told to those who poll, so that while
 * anybody waits there is a round each second as well.
 */

#include <naru/queue.h>
#include <server/chains.h>
#include <server/loop.h>

struct nr_connection;
struct nr_server;

/* Those who wait for messages (or for room), and for a word that there are any. */
struct nr_side {
	struct nr_source source; /* of the queue's descriptor */
	struct nr_task round;
	struct nr_link waiting; /* struct nr_connection */
	uint32_t count;		/* of these, those that send or take */
	uint64_t told;		/* times that the descriptor has become ready */
	enum naru_poll which;
	struct nr_served *served;
};

struct nr_served {
	struct nr_server *server;
	struct nr_node node;
	struct nr_link link; /* of the server's list */
	struct nr_waste waste;
	struct naru_queue *queue;
	uint32_t users;
	uint64_t stuck_until; /* server/stuck.h */
	bool gone;	      /* removed: not in the table any more */
	struct nr_side readable;
	struct nr_side writable;
	char name[NARU_NAME_MAX + 1];
};

/* Open it, or find it. naru_queue_open()'s errors; to be closed. */
int nr_served_open(struct nr_server *server, const char *name,
		   const struct naru_queue_options *options, bool exclusive,
		   struct nr_served **ret_served);
/* Accepts NULL. */
void nr_served_close(struct nr_served *served);

/*
 * Is the connection's request, a TAKE or a SEND that is new and has time to wait, behind
 * one that waits for the same thing? connection->wants is set.
 */
bool nr_served_is_behind(const struct nr_connection *connection, enum naru_poll which);

struct nr_side *nr_served_side(struct nr_served *served, enum naru_poll which);

/*
 * The connection's request waits, until it is tried again (nr_request_again()), by the
 * connection's due at the latest. 0: it waits.
 */
int nr_served_wait(struct nr_connection *connection, enum naru_poll which);
/* It waits no more. */
void nr_served_leave(struct nr_connection *connection);

/* Try all who wait, each second: server->tick. */
void nr_served_tick(struct nr_timer *timer);

#endif /* NARU_SERVER_SERVED_H */
