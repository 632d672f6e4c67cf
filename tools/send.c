/* SPDX-License-Identifier: MIT */
/* tools/send.c - naru send: put messages into a queue */

#include <tools/command.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/input.h>
#include <tools/memory.h>
#include <tools/options.h>
#include <tools/progress.h>
#include <tools/report.h>
#include <tools/units.h>

struct send_options {
	int64_t type;
	bool lines;
	const char *file;
	bool nonblock;
	int timeout_ms;
	bool create;
	uint64_t capacity;
	uint64_t messages;
	uint32_t mode;
};

#define FIELD(name) offsetof(struct send_options, name)

static const struct nr_option options[] = {
	{"type", 't', "N", "the messages' type, from 1 up; default 1", nr_read_type,
	 FIELD(type)},
	{"lines", 'l', NULL, "each line of the input is a message", NULL, FIELD(lines)},
	{"file", 'f', "PATH", "read PATH instead of standard input", nr_read_text,
	 FIELD(file)},
	{"nonblock", 'n', NULL, "fail when the queue is full, do not wait", NULL,
	 FIELD(nonblock)},
	{"timeout", 'w', "SECONDS",
	 "wait so long for room for a message, then end with 124", nr_read_seconds,
	 FIELD(timeout_ms)},
	{"create", 'c', NULL, "create the queue if it is not there", NULL, FIELD(create)},
	{"capacity", 0, "SIZE", "with --create: bytes it holds, as 64K or 1G; default 1M",
	 nr_read_size, FIELD(capacity)},
	{"messages", 0, "N", "with --create: messages it holds", nr_read_count,
	 FIELD(messages)},
	{"mode", 0, "MODE", "with --create: its permissions, such as 0660; default 0600",
	 nr_read_mode, FIELD(mode)},
	{0},
};

struct sending {
	struct nr_tool *tool;
	const struct send_options *options;
	const char *name;
	struct naru_queue *queue;
	uint64_t sent;
	struct nr_progress progress;
	uint64_t bytes; /* that were sent, newlines included */
};

/* @r is about the first message that was not sent. */
static int explain(const struct sending *sending, int r)
{
	char before[64 + NR_UNIT_MAX] = "";
	char sent[NR_UNIT_MAX];
	double seconds = sending->options->timeout_ms / 1000.0;

	if (sending->sent > 0)
		snprintf(before, sizeof(before), " (%s sent before it)",
			 nr_print_count(sending->sent, sent));
	switch (-r) {
	case EAGAIN:
		if (sending->options->nonblock)
			return nr_failed(
				"queue \"%s\" is full%s; receive from it, or wait by "
				"leaving --nonblock away",
				sending->name, before);
		/* fall through */
	case ETIMEDOUT:
		nr_failed("queue \"%s\" stayed full for %g s%s; receive from it, or wait "
			  "longer",
			  sending->name, seconds, before);
		return NR_TIMED_OUT;
	case EMSGSIZE:
		return nr_failed(
			"the message is larger than queue \"%s\" can hold%s; remove it, "
			"or "
			"take another name, and: naru send --create --capacity SIZE ...",
			sending->name, before);
	default:
		return nr_queue_failed(sending->tool, sending->name, r);
	}
}

static int send_items(struct sending *sending, const struct naru_item *items,
		      size_t count)
{
	int timeout_ms = sending->options->nonblock ? 0 : sending->options->timeout_ms;

	while (count > 0) {
		ssize_t n =
			naru_queue_send_batch(sending->queue, items, count, timeout_ms);

		if (n < 0)
			return explain(sending, (int)n);
		sending->sent += (uint64_t)n;
		for (ssize_t i = 0; i < n; i++)
			sending->bytes += items[i].length + 1;
		nr_progress_show(&sending->progress, sending->bytes);
		items += n;
		count -= (size_t)n;
	}
	return NR_OK;
}

static int send_texts(struct sending *sending, int count, char **texts)
{
	struct naru_item *items = nr_allocate((size_t)count * sizeof(*items));
	int status;

	for (int i = 0; i < count; i++) {
		items[i] = (struct naru_item){
			.type = sending->options->type,
			.data = texts[i],
			.length = strlen(texts[i]),
		};
	}
	status = send_items(sending, items, (size_t)count);
	free(items);
	return status;
}

static int send_lines(struct sending *sending, struct nr_input *input)
{
	enum { BATCH = 512 };
	struct naru_item items[BATCH];
	size_t count;
	int status;

	for (size_t i = 0; i < BATCH; i++)
		items[i].type = sending->options->type;
	nr_progress_start(&sending->progress, "sending", input->total);
	do {
		status = nr_input_lines(input, items, BATCH, &count);
		if (status == NR_OK && count > 0)
			status = send_items(sending, items, count);
	} while (status == NR_OK && count > 0);
	nr_progress_end(&sending->progress);
	return status;
}

static int send_input(struct sending *sending)
{
	struct naru_item item = {.type = sending->options->type};
	struct nr_input input;
	int status;

	status = nr_input_open(&input, sending->options->file);
	if (status != NR_OK)
		return status;
	if (sending->options->lines) {
		status = send_lines(sending, &input);
	} else {
		status = nr_input_all(&input, &item);
		if (status == NR_OK)
			status = send_items(sending, &item, 1);
	}
	nr_input_close(&input);
	return status;
}

static int check_usage(const struct send_options *given, int arguments)
{
	const struct nr_command *command = &nr_command_send;

	if (arguments < 1)
		return nr_bad_usage(command, "say to which queue");
	if (arguments > 1 && (given->lines || given->file))
		return nr_bad_usage(command, "give either TEXT, or --lines and --file");
	if (given->nonblock && given->timeout_ms >= 0)
		return nr_bad_usage(command, "give either --nonblock or --timeout");
	if (!given->create && (given->capacity || given->messages || given->mode))
		return nr_bad_usage(command,
				    "--capacity, --messages and --mode need --create");
	return NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct send_options given = {.type = 1, .timeout_ms = -1};
	struct naru_queue_options create = NARU_INIT(create, .flags = NARU_CREATE);
	struct sending sending = {.tool = tool, .options = &given};
	int first = nr_options_parse(tool, &nr_command_send, argc, argv, &given);
	int status;

	if (first <= 0)
		return -first;
	status = check_usage(&given, argc - first);
	if (status != NR_OK)
		return status;
	sending.name = argv[first];
	create.capacity = given.capacity;
	create.messages = given.messages;
	create.mode = given.mode;
	status = nr_tool_open_queue(tool, sending.name, given.create ? &create : NULL,
				    &sending.queue);
	if (status != NR_OK)
		return status;
	if (argc - first > 1)
		status = send_texts(&sending, argc - first - 1, argv + first + 1);
	else
		status = send_input(&sending);
	naru_queue_close(sending.queue);
	return status;
}

const struct nr_command nr_command_send = {
	.name = "send",
	.usage = "[OPTION...] QUEUE [TEXT...]",
	.summary = "put messages into a queue",
	.text = "Each TEXT is a message. Without TEXT, standard input is one message, or "
		"with\n"
		"--lines as many as it has lines. A full queue is waited for.\n",
	.options = options,
	.run = run,
};
