/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_EXCHANGE_H
#define NARU_REMOTE_EXCHANGE_H

/* remote/exchange.h - one request and its answer, also when the connection breaks */

#include <remote/frame.h>
#include <sys/types.h>

struct nr_exchange {
	uint16_t verb; /* 0: nothing is sent; the lane is to be ready, that is all */
	uint16_t flags;
	bool waits; /* the server may wait with it: it is told how long, and cancelled */
	bool once;  /* it has a number, so that it is done once: SEND, RELEASE */
	size_t length; /* of the body: a multiple of 8 */
	int (*write)(struct nr_lane *lane,
		     void *data); /* the body; NULL: there is none */
	/* The body of an answer that is no error; NULL: there must be none. */
	int (*read)(struct nr_lane *lane, const struct nr_wire_frame *answer, void *data);
	void *data;

	bool single; /* a second try could not tell what has become of the first */

	unsigned tries;	 /* times that it was sent, at least in part */
	bool unresolved; /* it failed, and may have been done */
};

/*
 * Send the request, and wait for its answer, whose value is returned. If the connection
 * breaks, it is made again, and the request sent again, in lane->patience's time.
 *
 * -ECONNRESET	it may have been done: no answer came in time; or, of what is done once,
 *the repetition failed before anybody looked whether the first try was done
 */
int nr_exchange_run(struct nr_lane *lane, struct nr_exchange *exchange);

/* The same, by the connection that is there. lane->stream tells whether it broke. */
int nr_exchange_once(struct nr_lane *lane, struct nr_exchange *exchange);

/* Take a lane of the session for one exchange. */
int nr_exchange_by(struct nr_client *client, struct nr_exchange *exchange,
		   struct nr_patience *patience);

/* For nr_exchange.read: a body of so many bytes, to there. */
struct nr_exchange_bytes {
	void *to;
	size_t length;
};
int nr_exchange_read_all(struct nr_lane *lane, const struct nr_wire_frame *answer,
			 void *bytes);

/* This is an answer to something that was not to be answered unless it failed. */
int nr_exchange_note(struct nr_lane *lane, const struct nr_wire_frame *answer);

/* Read the rest of an answer that is @error, and log what it says. */
int nr_exchange_explain(struct nr_lane *lane, int error);

/* A request without a body, whose answer is a struct of that length. */
int nr_exchange_fetch(struct nr_client *client, uint16_t verb, void *answer,
		      size_t length);

#endif /* NARU_REMOTE_EXCHANGE_H */
