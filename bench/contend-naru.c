/* SPDX-License-Identifier: MIT */

/* naru's queue, through its public calls only. */

#include "contenders.h"

#include "scratch.h"
#include "workload.h"
#include <errno.h>
#include <naru/queue.h>
#include <naru/space.h>
#include <stdlib.h>

struct channel {
	const struct bench_plan *plan;
	struct bench_scratch scratch;
};

struct end {
	struct naru_space *space;
	struct naru_queue *out;
	struct naru_queue *in;
	int timeout_ms;
	struct naru_message message;
	struct naru_item items[BENCH_BATCH];
};

static int make(struct naru_space *space, const char *name, const struct bench_plan *plan)
{
	struct naru_queue_options options = NARU_INIT(options, .capacity = plan->capacity,
						      .messages = plan->messages);
	struct naru_queue *queue;
	int r = naru_queue_create(space, name, &options, &queue);

	if (r == 0)
		naru_queue_close(queue);
	return r;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	/* All its users have ended: the files are all there is. */
	bench_scratch_remove(&channel->scratch);
	free(channel);
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	struct naru_space *space;
	int r;

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	r = bench_scratch_create(&channel->scratch);
	if (r < 0) {
		free(channel);
		return r;
	}
	r = naru_space_open(channel->scratch.path, NULL, &space);
	if (r == 0) {
		r = make(space, "there", plan);
		if (r == 0 && plan->two_way)
			r = make(space, "back", plan);
		naru_space_close(space);
	}
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static void close_end(void *data)
{
	struct end *end = data;

	naru_queue_close(end->out);
	naru_queue_close(end->in);
	naru_space_close(end->space);
	free(end);
}

static int open_queues(struct end *end, const struct bench_plan *plan,
		       enum bench_side side)
{
	const char *out = side == BENCH_SENDER ? "there" : "back";
	const char *in = side == BENCH_SENDER ? "back" : "there";
	int r;

	if (!plan->two_way)
		out = in = "there";
	r = naru_queue_open(end->space, out, NULL, &end->out);
	return r < 0 ? r : naru_queue_open(end->space, in, NULL, &end->in);
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));
	int r;

	(void)index;
	if (!end)
		return -ENOMEM;
	end->timeout_ms = channel->plan->blocking ? -1 : 0;
	r = naru_space_open(channel->scratch.path, NULL, &end->space);
	if (r == 0)
		r = open_queues(end, channel->plan, side);
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

	return naru_queue_send(end->out, type ? type : 1, message, length,
			       end->timeout_ms);
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;

	return naru_queue_receive(end->in, type, 0, buffer, size, end->timeout_ms, NULL);
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
	return naru_queue_send_batch(end->out, end->items, count, end->timeout_ms);
}

static ssize_t receive_batch(void *data, void *buffer, size_t length, size_t count)
{
	struct end *end = data;

	count = list(end, buffer, length, count);
	return naru_queue_receive_batch(end->in, 0, 0, end->items, count,
					end->timeout_ms);
}

static int claim(void *data, size_t length, void **ret_data)
{
	struct end *end = data;
	int r = naru_queue_claim(end->out, 1, length, end->timeout_ms, &end->message);

	if (r == 0)
		*ret_data = end->message.data;
	return r;
}

static int commit(void *data)
{
	struct end *end = data;

	return naru_queue_commit(end->out, &end->message);
}

static int take(void *data, void **ret_data)
{
	struct end *end = data;
	int r = naru_queue_take(end->in, 0, 0, end->timeout_ms, &end->message);

	if (r == 0)
		*ret_data = end->message.data;
	return r;
}

static int release(void *data)
{
	struct end *end = data;

	return naru_queue_release(end->in, &end->message);
}

static int life(void *data, size_t capacity)
{
	struct naru_queue_options options = NARU_INIT(options, .capacity = capacity);
	char message[64] = "first";
	struct end *end = data;
	struct naru_queue *queue;
	int removed;
	int r = naru_queue_create(end->space, "life", &options, &queue);

	if (r < 0)
		return r;
	r = naru_queue_send(queue, 1, message, sizeof(message), 0);
	removed = naru_queue_remove(end->space, "life");
	naru_queue_close(queue);
	return r < 0 ? r : removed;
}

const struct contender bench_naru = {
	.name = "naru",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_SELECT | BENCH_CAN_BATCH |
	       BENCH_CAN_PLACE | BENCH_CAN_GATHER | BENCH_CAN_SHARE | BENCH_CAN_LIFE,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
	.send_batch = send_batch,
	.receive_batch = receive_batch,
	.claim = claim,
	.commit = commit,
	.take = take,
	.release = release,
	.life = life,
};
