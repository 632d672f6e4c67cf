/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_LISTEN_H
#define NARU_SERVER_LISTEN_H

/* server/listen.h - where clients come in */

#include <server/handle.h>

/* One listener. */
struct nr_listening {
	struct nr_server *server;
	struct naru_listener *listener;
	struct nr_source source;
	struct nr_timer again; /* after descriptors ran out */
	int (*open)(struct nr_listening *listening, struct naru_stream *stream);
};

/* What comes in is given to @open, which closes it if it fails. */
int nr_listening_open(struct nr_server *server, const char *url,
		      const struct naru_stream_options *options,
		      int (*open)(struct nr_listening *listening,
				  struct naru_stream *stream),
		      struct nr_listening *listening);
void nr_listening_close(struct nr_listening *listening);

#endif /* NARU_SERVER_LISTEN_H */
