/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_CLIENT_H
#define NARU_REMOTE_CLIENT_H

/*
 * remote/client.h - a handle of a queue, or of a space, that a server has
 *
 * Lanes are taken for one call and given back; who finds none that is idle makes one.
 * So there is no lock while a call waits.
 */

#include <pthread.h>
#include <remote/lane.h>
#include <remote/place.h>
#include <remote/tokens.h>
#include <stdatomic.h>

struct nr_ahead;
struct nr_watch;

/* Messages that were brought, and what is to become of them. */
struct nr_delivered {
	struct nr_delivered *next;
	uint64_t number; /* of their RELEASE */
	uint64_t *deliveries;
	struct naru_item
		*items; /* with bytes of their own; NULL: nobody waits for them */
	uint32_t count;
};

struct nr_client {
	struct nr_place place;
	char queue[NARU_NAME_MAX + 1];	  /* ""; of a space */
	struct naru_queue_options create; /* what the first OPEN says */
	bool exclusive;
	bool unconfirmed;

	_Atomic int32_t pid;	    /* whose the lanes are */
	_Atomic bool reached;	    /* the server has answered the first OPEN */
	_Atomic bool removed;	    /* the queue */
	_Atomic uint64_t capacity;  /* of the queue, as last heard of */
	_Atomic uint32_t frame_max; /* as last heard of */
	uint64_t name[2];	    /* of the session */

	pthread_mutex_t guard; /* of what follows */
	struct nr_lane *idle;  /* used last, used first */
	uint32_t lanes;	       /* that were ever made */
	struct nr_lane *lane[NR_WIRE_LANES];
	struct nr_delivered *ready; /* received for calls that have failed */
	struct nr_ahead *ahead;	    /* fetched, and not yet received */
	struct nr_tokens tokens;
	struct nr_watch *watch[2]; /* of NARU_READABLE, NARU_WRITABLE */

	struct nr_lane *outward;  /* of unconfirmed sends, and nothing else; never idle */
	_Atomic uint32_t sending; /* of outward: 0: free; else remote/unconfirmed.c */

	struct nr_client *previous, *following; /* of all of this process */
};

/*
 * @server	a copy is made
 * @queue	"": of a space
 */
int nr_client_open(const struct nr_place *place, const char *queue,
		   struct nr_client **ret_client);

/* Say goodbye, and close all. What it holds goes back. */
void nr_client_close(struct nr_client *client);

/* The queue was removed: nobody needs to ask again. */
void nr_client_end(struct nr_client *client);

/* Are there messages that the server has brought, and nobody has received? */
bool nr_client_has_messages(struct nr_client *client);

/* A lane for one call. -EIDRM; -EUSERS: so many wait already; -ENOMEM. */
int nr_client_take_lane(struct nr_client *client, struct nr_patience *patience,
			struct nr_lane **ret_lane);
void nr_client_give_lane(struct nr_client *client, struct nr_lane *lane);

/* One more, which nobody else uses unless it is given. client->guard is held. */
int nr_client_new_lane(struct nr_client *client, struct nr_lane **ret_lane);

/* Free messages that nobody wants any more. */
void nr_delivered_free(struct nr_delivered *delivered);
void nr_delivered_free_all(struct nr_delivered **list);

#endif /* NARU_REMOTE_CLIENT_H */
