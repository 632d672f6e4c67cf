/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_UNCONFIRMED_H
#define NARU_REMOTE_UNCONFIRMED_H

/* remote/unconfirmed.h - sends that wait for no answer: NARU_UNCONFIRMED */

#include <remote/client.h>
#include <remote/send.h>

/*
 * Hand the messages over to the connection. How many, or why none; that may be what has
 * become of earlier ones.
 */
int nr_unconfirmed_send(struct nr_client *client, struct nr_send *send,
			struct nr_patience *patience);

/* What is left of the last one: as much as the connection takes, without waiting. */
void nr_unconfirmed_push(struct nr_client *client);

/* What was handed over is with the server, or the log says that it is not. */
void nr_unconfirmed_flush(struct nr_lane *lane);

#endif /* NARU_REMOTE_UNCONFIRMED_H */
