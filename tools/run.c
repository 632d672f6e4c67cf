/* SPDX-License-Identifier: MIT */
/* tools/run.c - naru run: run a program with System V IPC on naru */

#include <tools/command.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/away.h>
#include <tools/options.h>
#include <tools/program.h>
#include <tools/report.h>
#include <unistd.h>

enum { CANNOT_RUN = 126, NOT_FOUND = 127 }; /* as of a shell */

static int set_preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *preload;
	int r;

	if (!old || !old[0])
		return setenv("LD_PRELOAD", library, 1);
	/* A run within a run. */
	if (strstr(old, library))
		return 0;
	if (asprintf(&preload, "%s:%s", library, old) < 0)
		return -1;
	r = setenv("LD_PRELOAD", preload, 1);
	free(preload);
	return r;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	int first = nr_options_parse(tool, &nr_command_run, argc, argv, NULL);
	char library[PATH_MAX];
	int status;

	if (first <= 0)
		return -first;
	if (argc == first)
		return nr_bad_usage(&nr_command_run, "say which program");
	status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	if (nr_is_away(tool, ""))
		return nr_space_failed(naru_space_path(tool->space), -EOPNOTSUPP);
	if (!nr_program_library(library) && getenv("NARU_SYSV_LIBRARY"))
		return nr_failed("NARU_SYSV_LIBRARY is no library that can be read: %s",
				 getenv("NARU_SYSV_LIBRARY"));
	if (!nr_program_library(library))
		return nr_failed("libnaru-sysv.so is neither beside this program nor "
				 "installed; set NARU_SYSV_LIBRARY to its path");
	/* The program's children, and those that change their user, use it as well. */
	if (setenv("NARU_SPACE", naru_space_path(tool->space), 1) < 0 ||
	    set_preload(library) < 0)
		return nr_failed("cannot set the environment: %s", strerror(errno));
	fflush(NULL);
	execvp(argv[first], argv + first);
	status = errno == ENOENT ? NOT_FOUND : CANNOT_RUN;
	nr_failed("cannot run %s: %s", argv[first], strerror(errno));
	return status;
}

const struct nr_command nr_command_run = {
	.name = "run",
	.usage = "[--] PROGRAM [ARGUMENT...]",
	.summary = "run a program with its System V IPC in the space",
	.text = "Its shared memory, message queues and semaphores, and those of its "
		"children, are\nnaru's, and in the space: naru-sysv(7). Whether that can "
		"be: naru doctor -- PROGRAM\n",
	.strict = true,
	.run = run,
};
