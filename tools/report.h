/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_REPORT_H
#define NARU_TOOLS_REPORT_H

/*
 * tools/report.h - what the tool says when something fails: one line on standard
 * error that tells what to do. All of these return the exit status that fits.
 */

#include <tools/command.h>

int nr_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int nr_bad_usage(const struct nr_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For naru_set_log(): a line of the library's. */
void nr_print_log(void *data, const char *line);

/* Control characters become "?": they may be another's, and a terminal obeys them. */
void nr_make_plain(char *text);

/* errno says why @what ("read", say) of a file failed. */
int nr_file_failed(const char *what, const char *path);

/* What to do about an error that is not naru's own; NULL: ask the doctor. */
const char *nr_remedy(int error);

/* @error is of a call that opened or used the space. */
int nr_space_failed(const char *path, int error);

/* The options that the reader of an error must repeat to reach the same space. */
const char *nr_space_option(const struct nr_tool *tool);

/* @error is of a call that made, opened or used the queue @name. */
int nr_queue_failed(struct nr_tool *tool, const char *name, int error);

/* Open tool->space. Says why if it fails. Returns an exit status. */
int nr_tool_open_space(struct nr_tool *tool);

/* The same, and the queue. @options may be NULL. */
int nr_tool_open_queue(struct nr_tool *tool, const char *name,
		       const struct naru_queue_options *options,
		       struct naru_queue **ret_queue);

#endif /* NARU_TOOLS_REPORT_H */
