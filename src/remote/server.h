/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_SERVER_H
#define NARU_REMOTE_SERVER_H

/* remote/server.h - where a server of queues is, and how to get there */

#include <naru/stream.h>

struct nr_server {
	char *url;		  /* as of naru/stream.h */
	struct naru_space *space; /* of this machine, if one was given */
	struct naru_stream_options options; /* the strings are its own */
};

/*
 * @space	of this machine: where local:// is. NULL: the default one
 * @options	NULL: what the environment says, $NARU_TLS_CERTIFICATE and so on
 *
 * -EINVAL	@url is none, or an option is out of range
 */
int nr_server_set_up(struct nr_server *server, struct naru_space *space, const char *url,
		     const struct naru_stream_options *options);
int nr_server_copy(struct nr_server *server, const struct nr_server *other);
void nr_server_clear(struct nr_server *server);

#endif /* NARU_REMOTE_SERVER_H */
