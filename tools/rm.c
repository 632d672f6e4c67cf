/* SPDX-License-Identifier: MIT */
/* tools/rm.c - naru rm: remove queues, and segments */

#include <tools/command.h>

#include <errno.h>
#include <tools/away.h>
#include <tools/options.h>
#include <tools/report.h>

static int run(struct nr_tool *tool, int argc, char **argv)
{
	int first = nr_options_parse(tool, &nr_command_rm, argc, argv, NULL);
	int status = NR_OK;

	if (first <= 0)
		return -first;
	if (argc == first)
		return nr_bad_usage(&nr_command_rm, "say which queue");
	for (int i = first; i < argc; i++) {
		int r;

		/* For the first that needs it. */
		if (!tool->space && (!nr_is_url(argv[i]) || tool->space_path))
			status = nr_tool_open_space(tool);
		if (!tool->space && status != NR_OK)
			return status;
		if (nr_is_url(argv[i]))
			nr_away_begin();
		r = naru_queue_remove(tool->space, argv[i]);
		if (r < 0 && nr_is_away(tool, argv[i]))
			status = nr_queue_failed(tool, argv[i], r);
		else if (r == -ENOENT)
			status = nr_failed(
				"no queue \"%s\" in %s; see which there are with: "
				"naru ls",
				argv[i], naru_space_path(tool->space));
		else if (r == -EACCES || r == -EPERM)
			status = nr_failed(
				"no permission to remove \"%s\"; ask the owner of it "
				"or of %s",
				argv[i], naru_space_path(tool->space));
		else if (r < 0)
			status = nr_queue_failed(tool, argv[i], r);
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
