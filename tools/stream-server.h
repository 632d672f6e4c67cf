/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_STREAM_SERVER_H
#define NARU_TOOLS_STREAM_SERVER_H

/* tools/stream-server.h - a command whose standard input and output are a connection */

#include <naru/stream.h>
#include <stdbool.h>

/*
 * Run it; the stream is closed when both have ended. @wait: come back then, with the
 * command's exit status; else at once.
 */
int nr_stream_serve(struct naru_stream *stream, const char *url, char *const *command,
		    bool wait);

#endif /* NARU_TOOLS_STREAM_SERVER_H */
