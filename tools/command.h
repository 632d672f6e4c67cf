/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_COMMAND_H
#define NARU_TOOLS_COMMAND_H

/*
 * tools/command.h - what a command of the tool is
 *
 * One file a command. Each defines one struct nr_command; main.c lists them all,
 * and the help, the manual and the completion are checked against that list.
 */

#include <naru/queue.h>
#include <stdbool.h>
#include <stddef.h>

enum nr_status {
	NR_OK = 0,
	NR_FAILED = 1,
	NR_BAD_USAGE = 2,
	NR_TIMED_OUT = 124,   /* as of timeout(1) */
	NR_INTERRUPTED = 130, /* as of a shell, for SIGINT */
};

struct nr_tool {
	const char *space_path; /* --space; NULL: the default space */
	struct naru_space *space;
};

/* An option of a command. It fills a field of the command's own struct. */
struct nr_option {
	const char *name;  /* without the dashes */
	char letter;	   /* or 0 */
	const char *value; /* what to call its value; NULL: it has none */
	const char *help;

	/*
	 * Reads @text into @ret, of the type of the field. Returns NULL, or what
	 * it should have been, such as "a number". Unused without a value: then
	 * the field is a bool.
	 */
	const char *(*parse)(const char *text, void *ret);
	size_t offset; /* of the field */
};

struct nr_command {
	const char *name;
	const char *usage;		 /* what follows the name */
	const char *summary;		 /* one line */
	const char *text;		 /* the rest of its help; may be NULL */
	const struct nr_option *options; /* up to one without a name; or NULL */
	bool strict; /* the first argument ends the options: the rest are another's */

	/* argv[0] is the command's name. Returns an exit status. */
	int (*run)(struct nr_tool *tool, int argc, char **argv);
};

extern const struct nr_command nr_command_send;
extern const struct nr_command nr_command_receive;
extern const struct nr_command nr_command_ls;
extern const struct nr_command nr_command_stat;
extern const struct nr_command nr_command_rm;
extern const struct nr_command nr_command_run;
extern const struct nr_command nr_command_limits;
extern const struct nr_command nr_command_doctor;
extern const struct nr_command nr_command_segment;
extern const struct nr_command nr_command_listen;
extern const struct nr_command nr_command_connect;
extern const struct nr_command nr_command_serve;
extern const struct nr_command nr_command_bench;
extern const struct nr_command nr_command_demo;
extern const struct nr_command nr_command_help;

/* All of them, in the order of the help; the last is NULL. */
extern const struct nr_command *const nr_commands[];

/* NULL: there is none of that name. */
const struct nr_command *nr_command_find(const char *name);

/* Print the help of one command to standard output. */
void nr_command_help_print(const struct nr_command *command);

#endif /* NARU_TOOLS_COMMAND_H */
