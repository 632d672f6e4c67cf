/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_INPUT_H
#define NARU_TOOLS_INPUT_H

/*
 * tools/input.h - a file or standard input, read whole or by lines
 */

#include <naru/queue.h>
#include <stdbool.h>
#include <stdint.h>

struct nr_input {
	int fd;
	const char *name; /* for messages */
	uint64_t total;	  /* bytes of a regular file that lie ahead; else 0 */
	char *buffer;
	size_t size;
	size_t start; /* buffer[start, end) is read and not handed out */
	size_t end;
	size_t scanned; /* there is no newline in buffer[start, scanned) */
	bool ended;
};

/* @path: NULL is standard input. Says why if it fails. Returns an exit status. */
int nr_input_open(struct nr_input *input, const char *path);
void nr_input_close(struct nr_input *input);

/* All of it, valid until the input is closed. An exit status. */
int nr_input_all(struct nr_input *input, struct naru_item *ret_item);

/*
 * Up to @count lines, without their newlines, but only those that are there: it
 * waits for the first and not for the others. Valid until the next call. A last
 * line without a newline counts. *ret_count is 0 at the end. An exit status.
 */
int nr_input_lines(struct nr_input *input, struct naru_item *ret_items, size_t count,
		   size_t *ret_count);

#endif /* NARU_TOOLS_INPUT_H */
