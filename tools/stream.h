/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_STREAM_H
#define NARU_TOOLS_STREAM_H

/* tools/stream.h - what naru listen and naru connect have in common */

#include <naru/stream.h>
#include <stdbool.h>
#include <tools/command.h>

/* What to say when @error is of a call on the stream at @url. An exit status. */
int nr_stream_failed(const char *url, int error);

int nr_no_threads(void);

/* The log goes to standard error from now on; and the space, if one was given. */
int nr_stream_begin(struct nr_tool *tool);

struct nr_carry {
	struct naru_stream *stream;
	const char *url;
	int in;		     /* what it brings is written to the stream; up to its end */
	const char *in_name; /* for messages */
	int out;	     /* what the stream brings goes there */
	uint64_t total;	     /* bytes that will come from in, for a bar; 0: not known */
	bool stop;	     /* do not wait for in's end when the stream has ended */
	bool close_out;	     /* out is a pipe, whose reader is to see the end */
};

/*
 * Carry bytes both ways until both have ended. The stream is closed then. An exit status;
 * why it failed has been said.
 */
int nr_carry(struct nr_carry *carry);

#endif /* NARU_TOOLS_STREAM_H */
