/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_SERVER_H
#define NARU_SERVER_SERVER_H

/*
 * server/server.h - the server of queues, for naru serve and for tests
 *
 * It is a program like any other that uses queues: on the public API alone. What it and
 * its clients say to each other is in layout/wire.h; docs/design/wire.md has the reasons.
 */

#include <naru/queue.h>
#include <naru/stream.h>

struct nr_server;

/* A field left zero takes its default, if one is named. */
struct nr_server_options {
	const char *const *urls;		  /* where to listen; the last is NULL */
	const struct naru_stream_options *stream; /* of the listeners; or NULL */
	const char *const *patterns; /* of queues that are served, as of fnmatch(3); the
					last is NULL; NULL: all */
	const char *access;	     /* a file; NULL: see server/access.h */
	const char *metrics;	     /* a URL to listen at, for HTTP; or NULL */

	int grace_ms;	    /* default 10,000; -1: none */
	int hello_ms;	    /* default 10,000 */
	uint32_t frame_max; /* bytes; default 64 MiB */
	uint32_t output; /* bytes that wait to be read by a connection before its requests
			    wait, too; default 1 MiB */
	uint64_t memory; /* bytes of buffers, for one client; default 256 MiB */
	uint32_t connections;	       /* default 4,096 */
	uint32_t connections_per_peer; /* default: as many */
	uint32_t held;		       /* messages of one session; default 65,536 */
	uint64_t capacity; /* bytes of a queue that a client makes, or changes, at most;
			      default 1 GiB */

	/* One line for whoever runs the server. */
	void (*log)(void *data, const char *line);
	void *log_data;
};

/*
 * Listen. @space: NULL for the default one. The names in @options must stay while it is
 * open. What fails is said by the log.
 */
int nr_server_open(struct naru_space *space, const struct nr_server_options *options,
		   struct nr_server **ret_server);

/* Give back what clients hold, and close all. Accepts NULL. */
void nr_server_close(struct nr_server *server);

/* Where the @nth listener is, with the real port; NULL: there are no more. */
const char *nr_server_url(struct nr_server *server, int nth);
/* Where the metrics are; NULL: nowhere. */
const char *nr_server_metrics_url(struct nr_server *server);

/* One turn of the loop. @wait: until something happens. */
int nr_server_turn(struct nr_server *server, bool wait);

/* Turn until nr_server_stop(); then answer all who wait with -ESHUTDOWN. */
int nr_server_run(struct nr_server *server);

/* From any thread, and from a signal handler. */
void nr_server_stop(struct nr_server *server);
/* The same: read the file of access again. */
void nr_server_reload(struct nr_server *server);

#endif /* NARU_SERVER_SERVER_H */
