/* SPDX-License-Identifier: MIT */
/* tools/main.c - the naru command: finds what to run, and runs it */

#include <tools/command.h>

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <tools/program.h>
#include <tools/report.h>

const struct nr_command *const nr_commands[] = {
	&nr_command_send,   &nr_command_receive, &nr_command_ls,      &nr_command_stat,
	&nr_command_rm,	    &nr_command_doctor,	 &nr_command_segment, &nr_command_run,
	&nr_command_limits, &nr_command_listen,	 &nr_command_connect, &nr_command_serve,
	&nr_command_bench,  &nr_command_demo,	 &nr_command_help,    NULL,
};

const struct nr_command *nr_command_find(const char *name)
{
	for (int i = 0; nr_commands[i]; i++) {
		if (strcmp(nr_commands[i]->name, name) == 0)
			return nr_commands[i];
	}
	return NULL;
}

/*
 * What was printed may not have arrived: a full disk is told by fclose() only. Who had
 * nothing to print may have closed it before.
 */
static int close_output(int status)
{
	bool printed = __fpending(stdout) > 0;

	if (ferror(stdout) | (fclose(stdout) != 0 && (printed || errno != EBADF))) {
		nr_failed("cannot write to standard output: %s", strerror(errno));
		return status == NR_OK ? NR_FAILED : status;
	}
	return status;
}

static int bad_usage(const char *what, const char *argument)
{
	nr_failed("%s%s; see: naru help", what, argument);
	return NR_BAD_USAGE;
}

/* The options before the command. getopt_long() would reorder those behind it. */
static int read_globals(struct nr_tool *tool, int argc, char **argv, int *ret_first)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--version") == 0) {
			printf("naru %s\n", naru_version());
			return NR_OK;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return nr_command_help.run(tool, 1, (char *[]){argv[0], NULL});
		if (strncmp(argv[i], "--space=", 8) == 0)
			tool->space_path = argv[i] + 8;
		else if (strcmp(argv[i], "--space") != 0)
			return bad_usage("unknown option ", argv[i]);
		else
			tool->space_path = argv[++i];
		if (!tool->space_path || !*tool->space_path)
			return bad_usage("--space needs a value: DIR", "");
	}
	*ret_first = i;
	return NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	const struct nr_command *command;
	int first = 0;
	int status = read_globals(tool, argc, argv, &first);

	if (first == 0)
		return status;
	if (first == argc)
		return bad_usage("give a command", "");
	command = nr_command_find(argv[first]);
	if (!command)
		return bad_usage("there is no command ", argv[first]);
	return command->run(tool, argc - first, argv + first);
}

int main(int argc, char **argv)
{
	struct nr_tool tool = {0};
	int status;

	nr_program_use_modules();
	status = run(&tool, argc, argv);

	naru_space_close(tool.space);
	return close_output(status);
}
