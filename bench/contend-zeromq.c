/* SPDX-License-Identifier: MIT */

/* ZeroMQ over ipc:// and tcp://: a pair for round trips, push and pull for one way. */

#include "contenders.h"

#include "scratch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

struct channel {
	const struct bench_plan *plan;
	struct bench_scratch scratch;
	char address[BENCH_SCRATCH_MAX + 16];
};

struct end {
	void *context;
	void *socket;
	int flags;
};

/* Nobody else takes it, most likely, in the moment until the receiver binds it. */
static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, length) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		r = -errno;
	close(fd);
	return r < 0 ? r : ntohs(address.sin_port);
}

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
	snprintf(channel->address, sizeof(channel->address), "ipc://%s/socket",
		 channel->scratch.path);
	*ret_channel = channel;
	return 0;
}

static int create_tcp(const struct bench_plan *plan, void **ret_channel)
{
	int port = free_port();
	struct channel *channel;
	int r;

	if (port < 0)
		return port;
	r = create(plan, ret_channel);
	if (r < 0)
		return r;
	channel = *ret_channel;
	snprintf(channel->address, sizeof(channel->address), "tcp://127.0.0.1:%d", port);
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

	end->context = zmq_ctx_new();
	end->socket = end->context ? zmq_socket(end->context, kind) : NULL;
	if (!end->socket)
		return -errno;
	if (zmq_setsockopt(end->socket, ZMQ_SNDHWM, &messages, sizeof(messages)) < 0 ||
	    zmq_setsockopt(end->socket, ZMQ_RCVHWM, &messages, sizeof(messages)) < 0)
		return -errno;
	if ((side == BENCH_RECEIVER ? zmq_bind : zmq_connect)(end->socket,
							      channel->address) < 0)
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

/* It makes batches by itself. */
static ssize_t send_batch(void *data, void *messages, size_t length, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = send_one(data, 0, (char *)messages + i * length, length);

		if (r < 0)
			return i > 0 ? (ssize_t)i : r;
	}
	return (ssize_t)count;
}

static ssize_t receive_batch(void *data, void *buffer, size_t length, size_t count)
{
	ssize_t r = receive_one(data, 0, buffer, length);

	(void)count;
	return r < 0 ? r : 1;
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

const struct contender bench_zeromq_tcp = {
	.name = "ZeroMQ (tcp)",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_BATCH | BENCH_CAN_NETWORK,
	.only = BENCH_CAN_NETWORK,
	.create = create_tcp,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
	.send_batch = send_batch,
	.receive_batch = receive_batch,
};
