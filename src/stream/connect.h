/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_CONNECT_H
#define NARU_STREAM_CONNECT_H

/* stream/connect.h - for who must know of a connection before there is one */

#include <naru/stream.h>

/*
 * As naru_connect(). @socket: while it waits for the other end, this holds the descriptor
 * that it waits with, else -1; a child of fork that has no use for it closes it.
 */
int nr_connect(struct naru_space *space, const char *url,
	       const struct naru_stream_options *options, int timeout_ms,
	       _Atomic int *socket, struct naru_stream **ret_stream);

#endif /* NARU_STREAM_CONNECT_H */
