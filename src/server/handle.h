/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_HANDLE_H
#define NARU_SERVER_HANDLE_H

/* server/handle.h - what all parts of a server share */

#include <server/chains.h>
#include <server/loop.h>
#include <server/server.h>

/* What the scratch holds fits into a frame, whatever frame_max is. */
enum { NR_SERVER_SCRATCH = 1 << 16, NR_SERVER_FRAME_LEAST = 1 << 17 };
enum { NR_SERVER_VERBS = 16 };

/* For the metrics, since the server began. */
struct nr_counts {
	uint64_t requests[NR_SERVER_VERBS];
	uint64_t failed[NR_SERVER_VERBS]; /* of these */
	uint64_t connections;
	uint64_t bytes_in; /* of connections that are closed */
	uint64_t bytes_out;
};

struct nr_server {
	struct nr_server_options options;
	struct nr_loop loop;
	struct naru_space *space;
	uint64_t instance[2];

	struct nr_listening *listening; /* server/listen.h */
	int listening_count;
	struct nr_link connections; /* struct nr_connection */
	uint32_t connections_count;
	uint32_t refused_count; /* of these, those that are to be told to go */
	struct nr_listening *metrics;
	struct nr_link scrapes; /* struct nr_scrape */
	uint32_t scrapes_count;
	struct nr_counts counts;
	struct nr_chains peers;	   /* struct nr_peer */
	struct nr_chains sessions; /* struct nr_session */
	struct nr_chains served;   /* struct nr_served, by name */
	struct nr_link served_list;
	struct nr_rules *rules; /* NULL: the files' permissions decide */
	uint32_t rules_version;
	struct nr_timer tick; /* while requests wait */
	uint32_t waiting;     /* requests that do */

	struct nr_source control; /* an eventfd: somebody has set one of those below */
	_Atomic bool stop;
	_Atomic bool reload;
	bool stopping;
	bool crowded;  /* too many connections, and the log knows */
	bool short_of; /* descriptors, and the log knows */

	unsigned char *scratch; /* NR_SERVER_SCRATCH bytes */
};

/* A line for the log. */
void nr_server_log(struct nr_server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* NARU_SERVER_HANDLE_H */
