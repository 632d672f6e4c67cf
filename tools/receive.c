/* SPDX-License-Identifier: MIT */
/* tools/receive.c - naru receive: take messages out of a queue */

#include <tools/command.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tools/options.h>
#include <tools/output.h>
#include <tools/progress.h>
#include <tools/report.h>
#include <tools/units.h>
#include <unistd.h>

struct receive_options {
	int64_t select;
	bool except;
	uint64_t count;
	bool follow;
	bool null;
	bool raw;
	bool print_type;
	int timeout_ms;
	bool nonblock;
};

#define FIELD(name) offsetof(struct receive_options, name)

static const struct nr_option options[] = {
	{"type", 't', "N", "only type N; with -N the lowest type up to N", nr_read_select,
	 FIELD(select)},
	{"except", 'x', NULL, "with --type: any type but that one", NULL, FIELD(except)},
	{"count", 'c', "N", "receive N messages; default 1", nr_read_count, FIELD(count)},
	{"follow", 'f', NULL, "go on until stopped", NULL, FIELD(follow)},
	{"null", '0', NULL, "end each message with a NUL byte, not a newline", NULL,
	 FIELD(null)},
	{"raw", 'r', NULL, "add nothing to the messages' bytes", NULL, FIELD(raw)},
	{"print-type", 'p', NULL, "begin each message with its type and a tab", NULL,
	 FIELD(print_type)},
	{"nonblock", 'n', NULL, "fail when there is no message, do not wait", NULL,
	 FIELD(nonblock)},
	{"timeout", 'w', "SECONDS", "wait so long for a message, then end with 124",
	 nr_read_seconds, FIELD(timeout_ms)},
	{0},
};

struct receiving {
	struct nr_tool *tool;
	const struct receive_options *options;
	const char *name;
	struct naru_queue *queue;
	struct nr_output output;
	struct naru_message messages[NR_OUTPUT_BATCH];
	uint64_t done;
};

static int explain(const struct receiving *receiving, int r)
{
	const struct receive_options *given = receiving->options;
	const char *which = given->select ? "message of that type" : "message";
	char after[64 + 2 * NR_UNIT_MAX] = "";
	char done[NR_UNIT_MAX];

	if (receiving->done > 0)
		snprintf(after, sizeof(after), " after %s",
			 nr_print_count(receiving->done, done));
	switch (-r) {
	case EAGAIN:
		if (given->nonblock)
			return nr_failed(
				"no %s in queue \"%s\"%s; wait for one by leaving "
				"--nonblock away",
				which, receiving->name, after);
		/* fall through */
	case ETIMEDOUT:
		nr_failed("no %s came to queue \"%s\" in %g s%s", which, receiving->name,
			  given->timeout_ms / 1000.0, after);
		return NR_TIMED_OUT;
	default:
		return nr_queue_failed(receiving->tool, receiving->name, r);
	}
}

/*
 * Take what is there, up to @room messages, and wait for the first.
 * Returns how many, or the error of the first.
 */
static int take(struct receiving *receiving, uint64_t room)
{
	enum { BYTES = 1 << 20 };
	const struct receive_options *given = receiving->options;
	int flags = given->except ? NARU_EXCEPT : 0;
	int timeout_ms = given->nonblock ? 0 : given->timeout_ms;
	size_t bytes = 0;
	int count = 0;

	if (room > NR_OUTPUT_BATCH)
		room = NR_OUTPUT_BATCH;
	if (receiving->output.one_by_one)
		room = 1;
	while ((uint64_t)count < room && bytes < BYTES) {
		int r = naru_queue_take(receiving->queue, given->select, flags,
					count == 0 ? timeout_ms : 0,
					&receiving->messages[count]);

		if (r < 0)
			return count > 0 ? count : r;
		bytes += receiving->messages[count++].length;
	}
	return count;
}

static int output_failed(const struct receiving *receiving, int r, size_t back)
{
	unsigned long long count = back;

	if (r == -EPIPE)
		return nr_failed("the reader of standard output went away; back in queue "
				 "\"%s\": %llu",
				 receiving->name, count);
	return nr_failed(
		"cannot write to standard output: %s; back in queue \"%s\": %llu",
		strerror(-r), receiving->name, count);
}

static int receive_some(struct receiving *receiving, uint64_t room)
{
	struct naru_message *messages = receiving->messages;
	int taken = take(receiving, room);
	size_t count, arrived;
	int r, status, failed = 0;

	if (taken < 0)
		return explain(receiving, taken);
	count = (size_t)taken;
	r = nr_output_messages(&receiving->output, messages, count, &arrived);
	for (size_t i = 0; i < count; i++) {
		int error =
			i < arrived
				? naru_queue_release(receiving->queue, &messages[i])
				: naru_queue_give_back(receiving->queue, &messages[i]);

		if (error < 0)
			failed = error;
	}
	receiving->done += arrived;
	if (r < 0)
		return output_failed(receiving, r, count - arrived);
	if (failed == 0)
		return NR_OK;
	status = explain(receiving, failed);
	/* Another server has taken over: it goes on, and some of it comes again. */
	return failed == -ESTALE && receiving->options->follow ? NR_OK : status;
}

static int receive_all(struct receiving *receiving)
{
	const struct receive_options *given = receiving->options;
	struct nr_progress progress;
	int status = NR_OK;

	nr_progress_start(&progress, "receiving",
			  given->follow || isatty(STDOUT_FILENO) ? 0 : given->count);
	while (status == NR_OK && (given->follow || receiving->done < given->count)) {
		uint64_t room =
			given->follow ? UINT64_MAX : given->count - receiving->done;

		status = receive_some(receiving, room);
		nr_progress_show(&progress, receiving->done);
	}
	nr_progress_end(&progress);
	return status;
}

static int check_usage(const struct receive_options *given, int arguments)
{
	const struct nr_command *command = &nr_command_receive;

	if (arguments < 1)
		return nr_bad_usage(command, "say from which queue");
	if (arguments > 1)
		return nr_bad_usage(command, "it receives from one queue");
	if (given->except && given->select <= 0)
		return nr_bad_usage(command,
				    "--except needs --type with a number from 1 up");
	if (given->follow && given->count)
		return nr_bad_usage(command, "give either --follow or --count");
	if (given->null && given->raw)
		return nr_bad_usage(command, "give either --null or --raw");
	if (given->nonblock && given->timeout_ms >= 0)
		return nr_bad_usage(command, "give either --nonblock or --timeout");
	return NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct receive_options given = {.timeout_ms = -1};
	struct receiving receiving = {.tool = tool, .options = &given};
	int first = nr_options_parse(tool, &nr_command_receive, argc, argv, &given);
	int status;

	if (first <= 0)
		return -first;
	status = check_usage(&given, argc - first);
	if (status != NR_OK)
		return status;
	if (!given.count)
		given.count = 1;
	receiving.name = argv[first];
	receiving.output = (struct nr_output){
		.print_type = given.print_type,
		.terminator = given.raw	   ? -1
			      : given.null ? '\0'
					   : '\n',
		.one_by_one = given.follow && nr_output_is_pipe(),
	};
	/* A reader that goes away is an error of write(2): then messages go back. */
	signal(SIGPIPE, SIG_IGN);
	status = nr_tool_open_queue(tool, receiving.name, NULL, &receiving.queue);
	if (status != NR_OK)
		return status;
	status = receive_all(&receiving);
	naru_queue_close(receiving.queue);
	return status;
}

const struct nr_command nr_command_receive = {
	.name = "receive",
	.usage = "[OPTION...] QUEUE",
	.summary = "take messages out of a queue, and print them",
	.text = "Waits for a message when there is none. A message leaves the queue only "
		"when\n"
		"it is written; with --follow into a pipe, when the pipe's reader has "
		"read it.\n",
	.options = options,
	.run = run,
};
