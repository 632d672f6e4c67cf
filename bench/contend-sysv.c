/* SPDX-License-Identifier: MIT */

/* The kernel's System V message queue. */

#include "contenders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

struct channel {
	const struct bench_plan *plan;
	int there;
	int back;
};

struct end {
	int out;
	int in;
	int flags;
};

static const char *missing(void)
{
	int queue = msgget(IPC_PRIVATE, 0600);

	if (queue < 0)
		return "the kernel has no System V message queues";
	msgctl(queue, IPC_RMID, NULL);
	return NULL;
}

static size_t message_max(void)
{
	struct msginfo info = {0};

	if (msgctl(0, IPC_INFO, (struct msqid_ds *)(void *)&info) < 0 || info.msgmax <= 0)
		return 8192;
	return (size_t)info.msgmax;
}

/* More than the default only the privileged may have: the others get the default. */
static void enlarge(int queue, const struct bench_plan *plan)
{
	size_t wanted = plan->capacity > plan->messages ? plan->capacity : plan->messages;
	struct msqid_ds state;

	if (msgctl(queue, IPC_STAT, &state) < 0 || state.msg_qbytes >= wanted)
		return;
	state.msg_qbytes = wanted;
	msgctl(queue, IPC_SET, &state);
}

static void destroy(void *data)
{
	struct channel *channel = data;

	if (channel->there >= 0)
		msgctl(channel->there, IPC_RMID, NULL);
	if (channel->back >= 0)
		msgctl(channel->back, IPC_RMID, NULL);
	free(channel);
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	channel->there = msgget(IPC_PRIVATE, 0600);
	channel->back = channel->there < 0 ? -1 : msgget(IPC_PRIVATE, 0600);
	if (channel->back < 0) {
		int r = -errno;

		destroy(channel);
		return r;
	}
	enlarge(channel->there, plan);
	enlarge(channel->back, plan);
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
	if (!channel->plan->two_way)
		end->out = end->in = channel->there;
	end->flags = channel->plan->blocking ? 0 : IPC_NOWAIT;
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	free(data);
}

/* The type goes before the bytes: where the caller left room for it. */
static int send_one(void *data, int64_t type, void *message, size_t length)
{
	struct end *end = data;
	long *head = (long *)message - 1;

	*head = type ? (long)type : 1;
	return msgsnd(end->out, head, length, end->flags) < 0 ? -errno : 0;
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;
	ssize_t r = msgrcv(end->in, (long *)buffer - 1, size, (long)type, end->flags);

	if (r < 0)
		return errno == ENOMSG ? -EAGAIN : -errno;
	return r;
}

static int life(void *data, size_t capacity)
{
	struct {
		long type;
		char text[64];
	} message = {1, "first"};
	int queue = msgget(IPC_PRIVATE, 0600);
	int r;

	(void)data;
	(void)capacity;
	if (queue < 0)
		return -errno;
	r = msgsnd(queue, &message, sizeof(message.text), 0) < 0 ? -errno : 0;
	if (msgctl(queue, IPC_RMID, NULL) < 0 && r == 0)
		r = -errno;
	return r;
}

const struct contender bench_sysv = {
	.name = "System V",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_SELECT | BENCH_CAN_GATHER |
	       BENCH_CAN_SHARE | BENCH_CAN_LIFE,
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
