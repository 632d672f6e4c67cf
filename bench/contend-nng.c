/* SPDX-License-Identifier: MIT */

/* nng over ipc://: a pair for round trips, push and pull for one way. */

#include "contenders.h"

#include "scratch.h"
#include <errno.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <stdio.h>
#include <stdlib.h>

struct channel {
	const struct bench_plan *plan;
	struct bench_scratch scratch;
};

struct end {
	nng_socket socket;
	int flags;
};

/* The longest of its queues, in messages. */
enum { BUFFER_MAX = 8192 };

static int error_of(int number)
{
	switch (number) {
	case 0:
		return 0;
	case NNG_EAGAIN:
		return -EAGAIN;
	case NNG_ENOMEM:
		return -ENOMEM;
	case NNG_ECONNREFUSED:
		return -ECONNREFUSED;
	default:
		return number & NNG_ESYSERR ? -(number & ~NNG_ESYSERR) : -EIO;
	}
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
	*ret_channel = channel;
	return 0;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	bench_scratch_remove(&channel->scratch);
	free(channel);
}

static int join(nng_socket socket, const struct channel *channel, enum bench_side side)
{
	uint64_t messages = channel->plan->messages;
	int buffer = messages < BUFFER_MAX ? (int)messages : BUFFER_MAX;
	char address[BENCH_SCRATCH_MAX + 16];
	int r;

	/* A pusher has no receive buffer, a puller no send buffer: that is fine. */
	nng_socket_set_int(socket, NNG_OPT_SENDBUF, buffer);
	nng_socket_set_int(socket, NNG_OPT_RECVBUF, buffer);
	r = nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, 0);
	if (r != 0)
		return r;
	snprintf(address, sizeof(address), "ipc://%s/socket", channel->scratch.path);
	return side == BENCH_RECEIVER ? nng_listen(socket, address, NULL, 0)
				      : nng_dial(socket, address, NULL, 0);
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	const struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));
	int r;

	(void)index;
	if (!end)
		return -ENOMEM;
	end->flags = channel->plan->blocking ? 0 : NNG_FLAG_NONBLOCK;
	if (channel->plan->two_way)
		r = nng_pair0_open(&end->socket);
	else
		r = side == BENCH_SENDER ? nng_push0_open(&end->socket)
					 : nng_pull0_open(&end->socket);
	if (r == 0) {
		r = join(end->socket, channel, side);
		if (r != 0)
			nng_close(end->socket);
	}
	if (r != 0) {
		free(end);
		return error_of(r);
	}
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	struct end *end = data;

	nng_close(end->socket);
	free(end);
}

static int send_one(void *data, int64_t type, void *message, size_t length)
{
	const struct end *end = data;

	(void)type;
	return error_of(nng_send(end->socket, message, length, end->flags));
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	const struct end *end = data;
	int r = error_of(nng_recv(end->socket, buffer, &size, end->flags));

	(void)type;
	return r < 0 ? r : (ssize_t)size;
}

/* Its receivers cannot share: it deals messages out before anybody asks for them. */
const struct contender bench_nng = {
	.name = "nng",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
};
