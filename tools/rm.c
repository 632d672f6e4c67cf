/* SPDX-License-Identifier: MIT */
/* tools/rm.c - naru rm: remove queues, and segments */

#include <tools/command.h>

#include <errno.h>
#include <tools/away.h>
#include <tools/object.h>
#include <tools/options.h>
#include <tools/report.h>

static int remove_one(struct nr_tool *tool, const char *name)
{
	int status, r;

	if (nr_is_url(name)) {
		nr_away_begin();
	} else {
		status = nr_check_name(name, "queue");
		if (status != NR_OK)
			return status;
	}
	r = naru_queue_remove(tool->space, name);
	if (r == 0)
		return NR_OK;
	if (nr_is_away(tool, name))
		return nr_queue_failed(tool, name, r);
	if (r == -ENOENT)
		return nr_failed("no queue \"%s\" in %s; see which there are with: "
				 "naru %sls",
				 name, naru_space_path(tool->space),
				 nr_space_option(tool));
	if (r == -EACCES || r == -EPERM)
		return nr_failed("no permission to remove \"%s\"; ask the owner of it "
				 "or of %s",
				 name, naru_space_path(tool->space));
	return nr_queue_failed(tool, name, r);
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	int first = nr_options_parse(tool, &nr_command_rm, argc, argv, NULL);
	bool needs_space = tool->space_path != NULL;
	int status = NR_OK;

	if (first <= 0)
		return -first;
	if (argc == first)
		return nr_bad_usage(&nr_command_rm, "say which queue");
	for (int i = first; i < argc; i++)
		needs_space |= nr_is_name(argv[i]);
	if (needs_space)
		status = nr_tool_open_space(tool);
	if (status != NR_OK)
		return status;
	for (int i = first; i < argc; i++) {
		int result = remove_one(tool, argv[i]);

		if (result != NR_OK)
			status = result;
	}
	return status;
}

const struct nr_command nr_command_rm = {
	.name = "rm",
	.usage = "OBJECT...",
	.summary = "remove queues, and the messages in them; or segments",
	.text = "Processes that wait for a removed queue are told at once; those that\n"
		"have attached a removed segment keep it.\n",
	.run = run,
};
