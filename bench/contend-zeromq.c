/* SPDX-License-Identifier: MIT */

/* ZeroMQ over ipc://: a pair for round trips, push and pull for one way. */

#include "contenders.h"

#include "scratch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

struct channel {
	const struct bench_plan *plan;
	struct bench_scratch scratch;
};

struct end {
	void *context;
	void *socket;
	int flags;
};

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int r;

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	r = bench_scratch_create(&channel->scratch);
	if (r < 0) {
		free(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	bench_scratch_remove(&channel->scratch);
	free(channel);
}

static void close_end(void *data)
{
	struct end *end = data;

	if (end->socket)
		zmq_close(end->socket);
	if (end->context)
		zmq_ctx_term(end->context);
	free(end);
}

static int join(struct end *end, const struct channel *channel, enum bench_side side)
{
	const struct bench_plan *plan = channel->plan;
	int kind = plan->two_way ? ZMQ_PAIR : side == BENCH_SENDER ? ZMQ_PUSH : ZMQ_PULL;
	int messages = (int)plan->messages;
	char address[BENCH_SCRATCH_MAX + 16];

	end->context = zmq_ctx_new();
	end->socket = end->context ? zmq_socket(end->context, kind) : NULL;
	if (!end->socket)
		return -errno;
	snprintf(address, sizeof(address), "ipc://%s/socket", channel->scratch.path);
	if (zmq_setsockopt(end->socket, ZMQ_SNDHWM, &messages, sizeof(messages)) < 0 ||
	    zmq_setsockopt(end->socket, ZMQ_RCVHWM, &messages, sizeof(messages)) < 0)
		return -errno;
	if ((side == BENCH_RECEIVER ? zmq_bind : zmq_connect)(end->socket, address) < 0)
		return -errno;
	return 0;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	const struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));
	int r;

	(void)index;
	if (!end)
		return -ENOMEM;
	end->flags = channel->plan->blocking ? 0 : ZMQ_DONTWAIT;
	r = join(end, channel, side);
	if (r < 0) {
		close_end(end);
		return r;
	}
	*ret_end = end;
	return 0;
}

static int send_one(void *data, int64_t type, void *message, size_t length)
{
	const struct end *end = data;

	(void)type;
	return zmq_send(end->socket, message, length, end->flags) < 0 ? -errno : 0;
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	const struct end *end = data;
	int r = zmq_recv(end->socket, buffer, size, end->flags);

	(void)type;
	return r < 0 ? -errno : r;
}

/* Its receivers cannot share: it deals messages out before anybody asks for them. */
const struct contender bench_zeromq = {
	.name = "ZeroMQ",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
};
