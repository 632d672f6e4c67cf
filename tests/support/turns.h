/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TURNS_H
#define SUPPORT_TURNS_H

/*
 * support/turns.h - a server of queues in no thread: it does what there is to do when the
 * test says so
 */

#include <support/serving.h>

/* At a TCP port of the loopback interface. @options: NULL, or what is chosen; its urls
 * are not.
 */
struct nr_server *turns_start(struct room *room, const struct nr_server_options *options);

/* All that there is to do now; far less than the second after which all are tried. */
void turns_take(struct nr_server *server);

/* A lane that has opened the queue "q", which is made if need be. */
struct lane turns_open(struct room *room, struct nr_server *server, uint32_t flags,
		       uint64_t session);

#endif /* SUPPORT_TURNS_H */
