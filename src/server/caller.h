/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_CALLER_H
#define NARU_SERVER_CALLER_H

/* server/caller.h - who is at the other end of a connection */

#include <naru/stream.h>
#include <stdbool.h>

struct nr_caller {
	struct naru_stream_peer who;
	char host[64]; /* who.address without the port */
	char name[sizeof(((struct naru_stream_peer *)0)->name)]; /* for the log */
	bool local;    /* over a Unix socket, or shared memory: its end is its death */
	bool loopback; /* over the network, from this machine */
};

int nr_caller_describe(struct naru_stream *stream, struct nr_caller *ret_caller);

/* May one go on with what the other has begun? */
bool nr_caller_is_same(const struct nr_caller *one, const struct nr_caller *other);

#endif /* NARU_SERVER_CALLER_H */
