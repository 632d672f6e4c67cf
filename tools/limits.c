/* SPDX-License-Identifier: MIT */
/* tools/limits.c - naru limits: what System V objects a space admits */

#include <tools/command.h>

#include <errno.h>
#include <inttypes.h>
#include <naru/sysv.h>
#include <stdio.h>
#include <string.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/units.h>

static const struct {
	const char *name;
	size_t offset;
	const char *what;
} limits[] = {
#define LIMIT(name, what)                                                                \
	{                                                                                \
#name, offsetof(struct naru_sysv_limits, name), what                     \
	}
	LIMIT(shmmax, "bytes of a segment"),
	LIMIT(shmall, "pages of 4 KiB of all segments"),
	LIMIT(shmmni, "segments"),
	LIMIT(msgmax, "bytes of a message"),
	LIMIT(msgmnb, "bytes of a queue, until its owner sets another msg_qbytes"),
	LIMIT(msgmni, "queues"),
	LIMIT(semmsl, "semaphores of a set"),
	LIMIT(semmns, "semaphores of all sets"),
	LIMIT(semopm, "operations of a semop(2)"),
	LIMIT(semmni, "sets"),
};

enum { COUNT = sizeof(limits) / sizeof(limits[0]) };

static uint64_t *field(struct naru_sysv_limits *of, int limit)
{
	return (void *)((unsigned char *)of + limits[limit].offset);
}

/* "msgmnb=65536" */
static bool read_one(const char *text, struct naru_sysv_limits *wanted)
{
	const char *value = strchr(text, '=');

	for (int i = 0; value && i < COUNT; i++)
		if (strlen(limits[i].name) == (size_t)(value - text) &&
		    strncmp(limits[i].name, text, (size_t)(value - text)) == 0)
			return nr_read_size(value + 1, field(wanted, i)) == NULL;
	return false;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct naru_sysv_limits wanted = NARU_INIT(wanted, .shmmax = 0), now = wanted;
	int first = nr_options_parse(tool, &nr_command_limits, argc, argv, NULL);
	int status, r = 0;

	if (first <= 0)
		return -first;
	for (int i = first; i < argc; i++)
		if (!read_one(argv[i], &wanted))
			return nr_bad_usage(&nr_command_limits,
					    "it is NAME=NUMBER, a name that naru limits "
					    "prints and a number from 1 up, such as "
					    "msgmnb=16M, not \"%s\"",
					    argv[i]);
	status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	if (argc > first)
		r = naru_sysv_set_limits(tool->space, &wanted);
	if (r == -EINVAL)
		return nr_failed("a limit is more than can be: 32768 objects of a kind, "
				 "2 GiB of a message or a queue");
	if (r == 0)
		r = naru_sysv_get_limits(tool->space, &now);
	if (r < 0)
		return nr_space_failed(naru_space_path(tool->space), r);
	for (int i = 0; argc == first && i < COUNT; i++)
		printf("%-6s  %20" PRIu64 "  %s\n", limits[i].name, *field(&now, i),
		       limits[i].what);
	return NR_OK;
}

const struct nr_command nr_command_limits = {
	.name = "limits",
	.usage = "[NAME=NUMBER...]",
	.summary = "print or set the limits of System V IPC in the space",
	.text = "They hold for what is made afterwards. Who may write to the space may "
		"set them.\n",
	.run = run,
};
