/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_LIMIT_H
#define NARU_SERVER_LIMIT_H

/* server/limit.h - how many clients there may be */

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

#endif /* NARU_SERVER_LIMIT_H */
