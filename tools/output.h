/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_OUTPUT_H
#define NARU_TOOLS_OUTPUT_H

/*
 * tools/output.h - messages on their way to standard output
 *
 * A message must not leave the queue before it has arrived. So this tells how
 * many did, and the caller releases those and gives the others back.
 */

#include <naru/queue.h>
#include <stdbool.h>

enum { NR_OUTPUT_BATCH = 256 };

struct nr_output {
	bool print_type; /* "N<tab>" before each message */
	int terminator;	 /* byte after each message; -1: none */

	/*
	 * Standard output is a pipe: write one message, and count it only when the
	 * reader has read it. Bytes that are in the pipe when the reader goes, as
	 * head(1) does, are lost; this way they are those of a message that is
	 * still in the queue.
	 */
	bool one_by_one;
};

/*
 * Write up to NR_OUTPUT_BATCH messages, from the first on.
 *
 * @ret_count	how many arrived; also set on failure
 *
 * Returns 0 or a negative errno.
 */
int nr_output_messages(const struct nr_output *output,
		       const struct naru_message *messages, size_t count,
		       size_t *ret_count);

/* Is standard output a pipe? */
bool nr_output_is_pipe(void);

#endif /* NARU_TOOLS_OUTPUT_H */
