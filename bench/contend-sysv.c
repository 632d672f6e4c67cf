/* SPDX-License-Identifier: MIT */

/* System V queues, semaphores and segments: the kernel's, and naru's in its place. */

#include "contenders.h"

#include "sysv-channel.h"
#include <errno.h>
#include <stdlib.h>

struct end {
	const struct bench_sysv_calls *calls;
	int out;
	int in;
	int semaphores;
	int flags;
};

static const char *missing_in_kernel(void)
{
	int queue = msgget(IPC_PRIVATE, 0600);

	if (queue < 0)
		return "the kernel has no System V IPC";
	msgctl(queue, IPC_RMID, NULL);
	return NULL;
}

static const char *missing_library(void)
{
	return bench_sysv_naru() ? NULL : "there is no libnaru-sysv.so";
}

/* The drop-in's limit is a MiB: no workload has a larger message. */
static size_t message_max_of_kernel(void)
{
	struct msginfo info = {0};

	if (msgctl(0, IPC_INFO, (struct msqid_ds *)(void *)&info) < 0 || info.msgmax <= 0)
		return 8192;
	return (size_t)info.msgmax;
}

static int create_in_kernel(const struct bench_plan *plan, void **ret_channel)
{
	return bench_sysv_channel_create(plan, &bench_sysv_kernel, ret_channel);
}

static int create_on_naru(const struct bench_plan *plan, void **ret_channel)
{
	return bench_sysv_channel_create(plan, bench_sysv_naru(), ret_channel);
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	const struct bench_sysv_channel *channel = data;
	int r = bench_sysv_channel_enter(channel);
	struct end *end;

	(void)index;
	if (r < 0)
		return r;
	end = calloc(1, sizeof(*end));
	if (!end)
		return -ENOMEM;
	end->calls = channel->calls;
	end->semaphores = channel->semaphores;
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
	return end->calls->msgsnd(end->out, head, length, end->flags) < 0 ? -errno : 0;
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;
	ssize_t r = end->calls->msgrcv(end->in, (long *)buffer - 1, size, (long)type,
				       end->flags);

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
	const struct bench_sysv_calls *calls = ((struct end *)data)->calls;
	int queue = calls->msgget(IPC_PRIVATE, 0600);
	int r;

	(void)capacity;
	if (queue < 0)
		return -errno;
	r = calls->msgsnd(queue, &message, sizeof(message.text), 0) < 0 ? -errno : 0;
	if (calls->msgctl(queue, IPC_RMID, NULL) < 0 && r == 0)
		r = -errno;
	return r;
}

static int operate(void *data, unsigned semaphore, int delta, bool undo)
{
	struct end *end = data;
	struct sembuf operation = {
		.sem_num = (unsigned short)semaphore,
		.sem_op = (short)delta,
		.sem_flg = undo ? SEM_UNDO : 0,
	};

	return end->calls->semop(end->semaphores, &operation, 1) < 0 ? -errno : 0;
}

static int segment(void *data, size_t size)
{
	const struct bench_sysv_calls *calls = ((struct end *)data)->calls;
	int id = calls->shmget(IPC_PRIVATE, size, 0600);
	void *address;
	int r = 0;

	if (id < 0)
		return -errno;
	address = calls->shmat(id, NULL, 0);
	/* shmat says (void *)-1, for want of a better one. */
	if ((intptr_t)address == -1 || calls->shmdt(address) < 0)
		r = -errno;
	if (calls->shmctl(id, IPC_RMID, NULL) < 0 && r == 0)
		r = -errno;
	return r;
}

#define SYSTEM_V                                                                         \
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_SELECT | BENCH_CAN_GATHER |   \
	       BENCH_CAN_SHARE | BENCH_CAN_LIFE | BENCH_CAN_OPERATE | BENCH_CAN_ATTACH,  \
	.remove = bench_sysv_channel_remove, .open = open_end, .close = close_end,       \
	.send = send_one, .receive = receive_one, .life = life, .operate = operate,      \
	.segment = segment

const struct contender bench_sysv = {
	.name = "System V",
	.missing = missing_in_kernel,
	.message_max = message_max_of_kernel,
	.create = create_in_kernel,
	SYSTEM_V,
};

const struct contender bench_sysv_on_naru = {
	.name = "System V on naru",
	.missing = missing_library,
	.create = create_on_naru,
	SYSTEM_V,
};
