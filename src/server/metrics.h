/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_METRICS_H
#define NARU_SERVER_METRICS_H

/* server/metrics.h - figures of the server and its queues, as Prometheus reads them */

#include <server/listen.h>

/* The text, of format 0.0.4; to be freed. NULL: there is no memory. */
char *nr_metrics_print(struct nr_server *server);

/* A request for it comes in by HTTP. Closes the stream if it fails. */
int nr_scrape_open(struct nr_listening *listening, struct naru_stream *stream);
void nr_scrapes_close(struct nr_server *server);

#endif /* NARU_SERVER_METRICS_H */
