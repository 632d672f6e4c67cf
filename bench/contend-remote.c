/* SPDX-License-Identifier: MIT */

/*
 * A queue of naru's on another machine, which here is this one: the sender goes through
 * TCP to a naru serve, the receiver is beside that and uses the queue itself. As it is: a
 * send has returned when the message is in the queue, once. Unconfirmed: when it is on
 * its way.
 */

#include "contenders.h"

#include "daemon.h"
#include "scratch.h"
#include "workload.h"
#include <errno.h>
#include <naru/queue.h>
#include <naru/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char queue_name[] = "jobs";

struct channel {
	const struct bench_plan *plan;
	struct bench_scratch scratch;
	struct bench_daemon server;
	bool serves;
	uint32_t flags; /* of the sender's handle */
	char url[96];	/* of the queue */
};

struct end {
	struct naru_space *space;
	struct naru_queue *queue;
	struct naru_item items[BENCH_BATCH];
};

/* The command that was built with us, or that we are. */
static const char *command(void)
{
	const char *chosen = getenv("NARU_BENCH_COMMAND");

	if (chosen && chosen[0])
		return chosen;
#ifdef BENCH_COMMAND
	return BENCH_COMMAND;
#else
	return "/proc/self/exe";
#endif
}

static const char *missing(void)
{
	return access(command(), X_OK) == 0 ? NULL : "no naru command";
}

static int make_queue(const struct channel *channel)
{
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = channel->plan->capacity,
			  .messages = channel->plan->messages);
	struct naru_queue *queue;
	struct naru_space *space;
	int r = naru_space_open(channel->scratch.path, NULL, &space);

	if (r < 0)
		return r;
	r = naru_queue_create(space, queue_name, &options, &queue);
	if (r == 0)
		naru_queue_close(queue);
	naru_space_close(space);
	return r;
}

/* "naru: serving SPACE at URL" */
static int serve(struct channel *channel)
{
	const char *const arguments[] = {command(),  "serve",
					 "--space",  channel->scratch.path,
					 "--listen", "tcp://127.0.0.1:0",
					 "--plain",  NULL};
	const char *url;
	int r = bench_daemon_start(arguments, " at tcp://", &channel->server);

	if (r < 0)
		return r;
	channel->serves = true;
	url = strstr(channel->server.said, "tcp://");
	snprintf(channel->url, sizeof(channel->url), "%.*s/%s", (int)strcspn(url, "\n"),
		 url, queue_name);
	return 0;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	if (channel->serves)
		bench_daemon_end(&channel->server);
	bench_scratch_remove(&channel->scratch);
	free(channel);
}

static int create(const struct bench_plan *plan, uint32_t flags, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int r;

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	channel->flags = flags;
	r = bench_scratch_create(&channel->scratch);
	if (r < 0) {
		free(channel);
		return r;
	}
	r = make_queue(channel);
	if (r == 0)
		r = serve(channel);
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static int create_confirmed(const struct bench_plan *plan, void **ret_channel)
{
	return create(plan, 0, ret_channel);
}

static int create_unconfirmed(const struct bench_plan *plan, void **ret_channel)
{
	return create(plan, NARU_UNCONFIRMED, ret_channel);
}

static void close_end(void *data)
{
	struct end *end = data;

	naru_queue_close(end->queue);
	naru_space_close(end->space);
	free(end);
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct naru_queue_options options = NARU_INIT(options, .flags = channel->flags);
	struct end *end = calloc(1, sizeof(*end));
	int r;

	(void)index;
	if (!end)
		return -ENOMEM;
	r = naru_space_open(channel->scratch.path, NULL, &end->space);
	if (r == 0 && side == BENCH_SENDER)
		r = naru_queue_open(end->space, channel->url, &options, &end->queue);
	else if (r == 0)
		r = naru_queue_open(end->space, queue_name, NULL, &end->queue);
	if (r < 0) {
		close_end(end);
		return r;
	}
	*ret_end = end;
	return 0;
}

static int send_one(void *data, int64_t type, void *message, size_t length)
{
	struct end *end = data;

	return naru_queue_send(end->queue, type ? type : 1, message, length, -1);
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;

	return naru_queue_receive(end->queue, type, 0, buffer, size, -1, NULL);
}

static size_t list(struct end *end, void *data, size_t length, size_t count)
{
	if (count > BENCH_BATCH)
		count = BENCH_BATCH;
	for (size_t i = 0; i < count; i++)
		end->items[i] = (struct naru_item){1, (char *)data + i * length, length};
	return count;
}

static ssize_t send_batch(void *data, void *messages, size_t length, size_t count)
{
	struct end *end = data;

	count = list(end, messages, length, count);
	return naru_queue_send_batch(end->queue, end->items, count, -1);
}

static ssize_t receive_batch(void *data, void *buffer, size_t length, size_t count)
{
	struct end *end = data;

	count = list(end, buffer, length, count);
	return naru_queue_receive_batch(end->queue, 0, 0, end->items, count, -1);
}

#define REMOTE                                                                           \
	.can = BENCH_CAN_BLOCK | BENCH_CAN_BATCH | BENCH_CAN_NETWORK,                    \
	.only = BENCH_CAN_NETWORK, .missing = missing, .remove = destroy,                \
	.open = open_end, .close = close_end, .send = send_one, .receive = receive_one,  \
	.send_batch = send_batch, .receive_batch = receive_batch

const struct contender bench_remote = {
	.name = "naru remote",
	.create = create_confirmed,
	REMOTE,
};

const struct contender bench_remote_unconfirmed = {
	.name = "naru remote (unconfirmed)",
	.create = create_unconfirmed,
	REMOTE,
};
