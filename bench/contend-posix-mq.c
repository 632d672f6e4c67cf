/* SPDX-License-Identifier: MIT */

/* The kernel's POSIX message queue. */

#include "contenders.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct channel {
	mqd_t there;
	mqd_t back;
	const struct bench_plan *plan;
};

struct end {
	mqd_t out;
	mqd_t in;
};

static size_t limit(const char *name, size_t otherwise)
{
	char path[64];
	unsigned long value;
	FILE *file;
	int found;

	snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", name);
	file = fopen(path, "re");
	if (!file)
		return otherwise;
	found = fscanf(file, "%lu", &value);
	fclose(file);
	return found == 1 && value > 0 ? value : otherwise;
}

/* A power of two, so that the pieces of a message are all of one size. */
static size_t message_max(void)
{
	size_t most = limit("msgsize_max", 8192);
	size_t power = 1;

	while (power * 2 <= most)
		power *= 2;
	return power;
}

/* Its name is gone at once: the processes inherit the descriptor. */
static mqd_t make(const struct bench_plan *plan, const char *what)
{
	size_t most = limit("msg_max", 10);
	size_t size = plan->message < message_max() ? plan->message : message_max();
	struct mq_attr attributes = {
		.mq_maxmsg = (long)(plan->messages < most ? plan->messages : most),
		.mq_msgsize = (long)size,
	};
	char name[64];
	mqd_t queue;

	if (attributes.mq_maxmsg == 0)
		attributes.mq_maxmsg = 1;
	snprintf(name, sizeof(name), "/naru-bench-%d-%s", (int)getpid(), what);
	queue = mq_open(name,
			O_CREAT | O_EXCL | O_RDWR | (plan->blocking ? 0 : O_NONBLOCK),
			0600, &attributes);
	if (queue != (mqd_t)-1)
		mq_unlink(name);
	return queue;
}

static const char *missing(void)
{
	static const struct bench_plan plan = {.message = 8, .messages = 1};
	mqd_t queue = make(&plan, "try");

	if (queue == (mqd_t)-1)
		return "the kernel has no POSIX message queues, or no room for one";
	mq_close(queue);
	return NULL;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	if (channel->there != (mqd_t)-1)
		mq_close(channel->there);
	if (channel->back != (mqd_t)-1)
		mq_close(channel->back);
	free(channel);
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int r = 0;

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	channel->back = (mqd_t)-1;
	channel->there = make(plan, "there");
	if (channel->there == (mqd_t)-1)
		r = -errno;
	if (r == 0 && plan->two_way) {
		channel->back = make(plan, "back");
		if (channel->back == (mqd_t)-1)
			r = -errno;
	}
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));

	(void)index;
	if (!end)
		return -ENOMEM;
	end->out = side == BENCH_SENDER ? channel->there : channel->back;
	end->in = side == BENCH_SENDER ? channel->back : channel->there;
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	free(data);
}

static int send_one(void *data, int64_t type, void *message, size_t length)
{
	struct end *end = data;

	(void)type;
	return mq_send(end->out, message, length, 0) < 0 ? -errno : 0;
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;
	ssize_t r = mq_receive(end->in, buffer, size, NULL);

	(void)type;
	return r < 0 ? -errno : r;
}

static int life(void *data, size_t capacity)
{
	static const struct bench_plan plan = {.message = 64, .messages = 10};
	static const char message[64] = "first";
	mqd_t queue = make(&plan, "life");
	int r;

	(void)data;
	(void)capacity;
	if (queue == (mqd_t)-1)
		return -errno;
	r = mq_send(queue, message, sizeof(message), 0) < 0 ? -errno : 0;
	mq_close(queue);
	return r;
}

const struct contender bench_posix_mq = {
	.name = "POSIX mq",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER | BENCH_CAN_SHARE |
	       BENCH_CAN_LIFE,
	.missing = missing,
	.message_max = message_max,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
	.life = life,
};
