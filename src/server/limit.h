/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_LIMIT_H
#define NARU_SERVER_LIMIT_H

/* server/limit.h - how many clients there may be */

#include <naru/queue.h>
#include <server/connection.h>

/* Descriptors for as many connections as are allowed, or as many as can be had. */
void nr_limit_raise(struct nr_server *server);

/*
 * One more connection has come. 0; -EUSERS: it is to be told so, when it has said HELLO
 * (nr_limit_refuse()); -EBUSY: there are so many of those that it is closed.
 */
int nr_limit_admit(struct nr_connection *connection);

/* Its HELLO has come: say why it cannot stay. */
void nr_limit_refuse(struct nr_connection *connection);

/*
 * May a client have a queue of this capacity, in bytes and messages? All of its memory
 * is reserved at once, and nobody is served meanwhile. -EINVAL has been answered.
 */
int nr_limit_capacity(struct nr_connection *connection, const char *name,
		      const struct naru_queue_options *options);

#endif /* NARU_SERVER_LIMIT_H */
