/* SPDX-License-Identifier: MIT */
/* tools/stat.c - naru stat: all there is to know about one queue */

#include <tools/command.h>

#include <inttypes.h>
#include <stdio.h>
#include <tools/away.h>
#include <tools/fields.h>
#include <tools/json.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/units.h>

struct stat_options {
	bool json;
};

static const struct nr_option options[] = {
	{"json", 'j', NULL,
	 "print JSON, with every number in full; times are nanoseconds", NULL,
	 offsetof(struct stat_options, json)},
	{0},
};

static void print_text(struct nr_tool *tool, const char *name,
		       const struct naru_queue_stat *stat)
{
	char one[NR_UNIT_MAX], two[NR_UNIT_MAX];

	printf(nr_is_url(name) ? "queue          %s\n" : "queue          %s in %s\n",
	       name, nr_where(tool, name));
	printf("messages       %s of %s\n", nr_print_count(stat->messages, one),
	       nr_print_count(stat->capacity_messages, two));
	printf("bytes          %s of %s\n", nr_print_size(stat->bytes, one),
	       nr_print_size(stat->capacity, two));
	printf("held           %s messages, %s: claimed or taken now\n",
	       nr_print_count(stat->held_messages, one),
	       nr_print_size(stat->held_bytes, two));
	printf("sent           %s since it was created\n",
	       nr_print_count(stat->sent, one));
	printf("received       %s\n", nr_print_count(stat->received, one));
	printf("waiting        %" PRIu32 " senders, %" PRIu32 " receivers\n",
	       stat->waiting_senders, stat->waiting_receivers);
	nr_field_use("last send", stat->last_send, stat->last_sender);
	nr_field_use("last receive", stat->last_receive, stat->last_receiver);
	nr_field_use("changed", stat->changed, 0);
	nr_field_permissions(stat->mode, stat->uid, stat->gid);
	printf("memory         %s\n", nr_print_size(stat->memory, one));
}

static void print_json(struct nr_tool *tool, const char *name,
		       const struct naru_queue_stat *stat)
{
	struct json_object *root = json_object_new_object();

	nr_json_text(root, "name", name);
	nr_json_text(root, "space", nr_where(tool, name));
	nr_json_queue(root, stat);
	nr_json_print(root);
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct stat_options given = {0};
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	int first = nr_options_parse(tool, &nr_command_stat, argc, argv, &given);
	struct naru_queue *queue;
	int status, r;

	if (first <= 0)
		return -first;
	if (argc - first != 1)
		return nr_bad_usage(&nr_command_stat, "it takes the name of one queue");
	status = nr_tool_open_queue(tool, argv[first], NULL, &queue);
	if (status != NR_OK)
		return status;
	r = naru_queue_stat(queue, &stat);
	if (r < 0)
		status = nr_queue_failed(tool, argv[first], r);
	else if (given.json)
		print_json(tool, argv[first], &stat);
	else
		print_text(tool, argv[first], &stat);
	naru_queue_close(queue);
	return status;
}

const struct nr_command nr_command_stat = {
	.name = "stat",
	.usage = "[--json] QUEUE",
	.summary = "show how full a queue is, and who uses it",
	.options = options,
	.run = run,
};
