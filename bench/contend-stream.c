/* SPDX-License-Identifier: MIT */

/*
 * naru's streams, through their public calls only: one through shared memory, and one
 * that is a TCP connection.
 */

#include "contenders.h"

#include "scratch.h"
#include <errno.h>
#include <naru/stream.h>
#include <stdlib.h>

struct channel {
	struct naru_space *space;
	struct bench_scratch scratch;
	struct naru_listener *listener;
	uint32_t flags;		       /* of who connects */
	struct naru_stream *stream[2]; /* by side */
	int timeout_ms;
	size_t message;
};

static void destroy(void *data)
{
	struct channel *channel = data;

	for (int side = 0; side < 2; side++)
		naru_stream_close(channel->stream[side]);
	naru_listener_close(channel->listener);
	naru_space_close(channel->space);
	bench_scratch_remove(&channel->scratch);
	free(channel);
}

/* The connection is made before anybody accepts it. */
static int join(const struct channel *channel, struct naru_stream *ret_streams[2])
{
	struct naru_stream_options options = NARU_INIT(options, .flags = channel->flags);
	int r = naru_connect(channel->space, naru_listener_url(channel->listener),
			     &options, -1, &ret_streams[BENCH_SENDER]);

	return r < 0 ? r
		     : naru_accept(channel->listener, -1, &ret_streams[BENCH_RECEIVER]);
}

static int create(const struct bench_plan *plan, const char *url, uint32_t flags,
		  void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int r;

	if (!channel)
		return -ENOMEM;
	channel->timeout_ms = plan->blocking ? -1 : 0;
	channel->message = plan->message;
	channel->flags = flags;
	r = bench_scratch_create(&channel->scratch);
	if (r < 0) {
		free(channel);
		return r;
	}
	r = naru_space_open(channel->scratch.path, NULL, &channel->space);
	if (r == 0)
		r = naru_listen(channel->space, url, NULL, &channel->listener);
	if (r == 0)
		r = join(channel, channel->stream);
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static int create_local(const struct bench_plan *plan, void **ret_channel)
{
	return create(plan, "local://bench", 0, ret_channel);
}

static int create_tcp(const struct bench_plan *plan, void **ret_channel)
{
	return create(plan, "tcp://127.0.0.1:0", NARU_STREAM_PLAIN, ret_channel);
}

struct end {
	const struct channel *channel;
	struct naru_stream *stream;
	int timeout_ms;
	size_t message;
};

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct end *end = malloc(sizeof(*end));

	(void)index;
	if (!end)
		return -ENOMEM;
	*end = (struct end){channel, channel->stream[side], channel->timeout_ms,
			    channel->message};
	channel->stream[!side] = naru_stream_close(channel->stream[!side]);
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	free(data);
}

/* Only the first byte may be refused; what has been begun is finished. */
static int write_all(void *data, int64_t type, void *message, size_t length)
{
	const struct end *end = data;
	size_t done = 0;

	(void)type;
	while (done < length) {
		ssize_t n = naru_stream_write(end->stream, (char *)message + done,
					      length - done, end->timeout_ms);

		if (n > 0)
			done += (size_t)n;
		else if (n != -EAGAIN || done == 0)
			return (int)n;
	}
	return 0;
}

static ssize_t read_all(void *data, int64_t type, void *buffer, size_t size)
{
	const struct end *end = data;
	size_t done = 0;

	(void)type;
	while (done < size) {
		ssize_t n = naru_stream_read(end->stream, (char *)buffer + done,
					     size - done, end->timeout_ms);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return -EPIPE;
		else if (n != -EAGAIN || done == 0)
			return n;
	}
	return (ssize_t)done;
}

static int claim(void *data, size_t length, void **ret_data)
{
	const struct end *end = data;
	ssize_t n = naru_stream_reserve(end->stream, length, end->timeout_ms, ret_data);

	return n < 0 ? (int)n : 0;
}

static int commit(void *data)
{
	const struct end *end = data;
	ssize_t n = naru_stream_commit(end->stream, end->message, end->timeout_ms);

	return n < 0 ? (int)n : 0;
}

static int take(void *data, void **ret_data)
{
	const struct end *end = data;
	const void *seen;
	ssize_t n = naru_stream_peek(end->stream, end->message, end->timeout_ms, &seen);

	if (n < 0)
		return (int)n;
	*ret_data = (void *)seen;
	return (size_t)n < end->message ? -EPIPE : 0;
}

static int release(void *data)
{
	const struct end *end = data;

	return naru_stream_consume(end->stream, end->message);
}

static int pass(struct naru_stream *from, struct naru_stream *to)
{
	char bytes[BENCH_TALK] = "";
	ssize_t n = naru_stream_write(from, bytes, sizeof(bytes), -1);

	if (n > 0)
		n = naru_stream_read(to, bytes, sizeof(bytes), -1);
	return n < 0 ? (int)n : 0;
}

static int connect_again(void *data, bool talk)
{
	const struct end *end = data;
	struct naru_stream *streams[2] = {NULL, NULL};
	int r = join(end->channel, streams);

	if (r == 0 && talk)
		r = pass(streams[BENCH_SENDER], streams[BENCH_RECEIVER]);
	if (r == 0 && talk)
		r = pass(streams[BENCH_RECEIVER], streams[BENCH_SENDER]);
	naru_stream_close(streams[BENCH_SENDER]);
	naru_stream_close(streams[BENCH_RECEIVER]);
	return r;
}

const struct contender bench_stream = {
	.name = "naru stream",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_CONNECT,
	.create = create_local,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = write_all,
	.receive = read_all,
	.claim = claim,
	.commit = commit,
	.take = take,
	.release = release,
	.connect = connect_again,
};

const struct contender bench_stream_tcp = {
	.name = "naru stream (tcp)",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_CONNECT,
	.create = create_tcp,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = write_all,
	.receive = read_all,
	.connect = connect_again,
};
