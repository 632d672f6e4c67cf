/* SPDX-License-Identifier: MIT */

/*
 * A stream of naru's over tls://. Only the process that made it can use it, so each end
 * joins with its first message, before anything is measured.
 */

#include "contenders.h"

#include "certificate.h"
#include <errno.h>
#include <naru/stream.h>
#include <stdlib.h>

struct channel {
	struct bench_certificate certificate;
	struct naru_listener *listener;
};

struct end {
	const struct channel *channel;
	struct naru_stream *stream; /* NULL: not yet */
	enum bench_side side;
};

/* The names need not be there: the module is looked for before they are read. */
static const char *find_missing(void)
{
	struct naru_stream_options options =
		NARU_INIT(options, .certificate = "none", .key = "none");
	struct naru_listener *listener;
	int r = naru_listen(NULL, "tls://127.0.0.1:0", &options, &listener);

	return r == -ELIBACC ? "libnaru-tls.so is not there" : NULL;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	naru_listener_close(channel->listener);
	bench_certificate_remove(&channel->certificate);
	free(channel);
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct naru_stream_options options = NARU_INIT(options, .backlog = 1);
	struct channel *channel = calloc(1, sizeof(*channel));
	int r;

	(void)plan;
	if (!channel)
		return -ENOMEM;
	r = bench_certificate_create(&channel->certificate);
	if (r < 0) {
		free(channel);
		return r;
	}
	options.certificate = channel->certificate.certificate;
	options.key = channel->certificate.key;
	r = naru_listen(NULL, "tls://127.0.0.1:0", &options, &channel->listener);
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct end *end = calloc(1, sizeof(*end));

	(void)index;
	if (!end)
		return -ENOMEM;
	end->channel = data;
	end->side = side;
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	struct end *end = data;

	naru_stream_close(end->stream);
	free(end);
}

static int join(struct end *end)
{
	const struct channel *channel = end->channel;
	struct naru_stream_options options = NARU_INIT(options, .flags = 0);

	if (end->side == BENCH_RECEIVER)
		return naru_accept(channel->listener, -1, &end->stream);
	options.authority = channel->certificate.certificate;
	options.host = BENCH_CERTIFICATE_HOST;
	return naru_connect(NULL, naru_listener_url(channel->listener), &options, -1,
			    &end->stream);
}

static int write_all(void *data, int64_t type, void *message, size_t length)
{
	struct end *end = data;
	int r = end->stream ? 0 : join(end);
	ssize_t n = r < 0 ? r : naru_stream_write(end->stream, message, length, -1);

	(void)type;
	return n < 0 ? (int)n : 0;
}

static ssize_t read_all(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;
	ssize_t n = end->stream ? 0 : join(end);

	(void)type;
	for (size_t done = 0; done < size && n >= 0; done += (size_t)n) {
		n = naru_stream_read(end->stream, (char *)buffer + done, size - done, -1);
		if (n == 0)
			n = -EPIPE;
	}
	return n < 0 ? n : (ssize_t)size;
}

const struct contender bench_stream_tls = {
	.name = "naru stream (tls)",
	.can = BENCH_CAN_BLOCK,
	.missing = find_missing,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = write_all,
	.receive = read_all,
};
