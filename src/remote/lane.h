/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_LANE_H
#define NARU_REMOTE_LANE_H

/*
 * remote/lane.h - one of a session's connections, and what outlives it
 *
 * A lane belongs to one thread at a time. When its connection breaks, it is made again,
 * and the request that was under way is repeated: remote/exchange.h.
 */

#include <layout/wire.h>
#include <naru/queue.h>
#include <naru/stream.h>
#include <remote/patience.h>

struct nr_client;
struct nr_delivered;

enum { NR_LANE_REFUSED = 16 };

struct nr_lane {
	struct nr_client *client;
	struct nr_lane *next; /* of the idle ones */
	uint32_t number;
	uint32_t serial; /* of the last request */

	_Atomic int socket; /* of a connection that is being made; -1: stream/connect.h */
	struct naru_stream *stream;   /* NULL: it is not connected */
	uint32_t frame_max;	      /* of this connection's server */
	struct nr_patience *patience; /* of the call that it works for */

	/* Of the next ones: layout/wire.h. */
	uint64_t sends;
	uint64_t releases;
	uint64_t deliveries;

	unsigned char *out; /* a frame that is built, or what is left of one */
	size_t out_start, out_end, out_size;
	bool out_whole; /* nothing of it goes out before its end */
	bool out_begun; /* something of it has gone out */
	uint32_t left;	/* bytes of the answer that are to be read */

	/* What the server was asked for, and nobody knows what became of it. */
	uint64_t doubt;
	uint32_t doubt_count;
	struct nr_delivered *unreleased;

	/* What the server did not want to have back, for some reason that may pass. */
	uint64_t refused[NR_LANE_REFUSED];
	uint32_t refused_count;

	/* Of nr_client.outward. */
	bool unconfirmed; /* something was sent without an answer */
	int late;	  /* how that failed, if it did; not yet told */
	uint32_t unheard; /* frames sent since the server was last listened to */
};

/* Close its connection. What was under way may be repeated by another one. */
void nr_lane_break(struct nr_lane *lane);

void nr_lane_free(struct nr_lane *lane);

/*
 * Connect, if it is not, and say what has to be said first. A failure leaves it
 * without a connection.
 *
 * -EPROTO	the other end is no server of queues
 * -EPROTONOSUPPORT	it is one of another version
 * -EIDRM	the queue is not there any more
 */
int nr_lane_ready(struct nr_lane *lane);

/* Is it worth while to try again? @error comes from a connection that broke. */
bool nr_lane_may_mend(const struct nr_lane *lane, int error);

#endif /* NARU_REMOTE_LANE_H */
