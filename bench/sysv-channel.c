/* SPDX-License-Identifier: MIT */

#include "sysv-channel.h"

#include "process.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static const uint64_t deadline_ns = UINT64_C(5000000000);

static bool on_naru(const struct bench_sysv_channel *channel)
{
	return channel->calls != &bench_sysv_kernel;
}

/* More than the default only the privileged may have: the others get the default. */
static void enlarge(const struct bench_sysv_channel *channel, int queue)
{
	const struct bench_plan *plan = channel->plan;
	size_t wanted = plan->capacity > plan->messages ? plan->capacity : plan->messages;
	struct msqid_ds state;

	if (channel->calls->msgctl(queue, IPC_STAT, &state) < 0 ||
	    state.msg_qbytes >= wanted)
		return;
	state.msg_qbytes = wanted;
	channel->calls->msgctl(queue, IPC_SET, &state);
}

static int make_queues(struct bench_sysv_channel *channel)
{
	channel->there = channel->calls->msgget(IPC_PRIVATE, 0600);
	if (channel->there < 0)
		return -errno;
	channel->back = channel->calls->msgget(IPC_PRIVATE, 0600);
	if (channel->back < 0)
		return -errno;
	enlarge(channel, channel->there);
	enlarge(channel, channel->back);
	return 0;
}

static int make_semaphores(struct bench_sysv_channel *channel)
{
	unsigned short values[2] = {1, 0};
	union {
		int val;
		unsigned short *array;
	} argument = {.array = values};

	channel->semaphores = channel->calls->semget(IPC_PRIVATE, 2, 0600);
	if (channel->semaphores < 0 ||
	    channel->calls->semctl(channel->semaphores, 0, SETALL, argument) < 0)
		return -errno;
	return 0;
}

static int make(struct bench_sysv_channel *channel)
{
	return channel->plan->semaphores ? make_semaphores(channel)
					 : make_queues(channel);
}

static int make_in_child(struct bench_sysv_channel *channel)
{
	pid_t child = bench_fork();
	int r;

	if (child < 0)
		return child;
	if (child == 0) {
		channel->error = bench_sysv_channel_enter(channel);
		if (channel->error == 0)
			channel->error = make(channel);
		exit(EXIT_SUCCESS);
	}
	r = bench_wait(&child, 1, deadline_ns);
	return r < 0 ? r : channel->error;
}

int bench_sysv_channel_create(const struct bench_plan *plan,
			      const struct bench_sysv_calls *calls, void **ret_channel)
{
	struct bench_sysv_channel *channel =
		mmap(NULL, sizeof(*channel), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (channel == MAP_FAILED)
		return -errno;
	*channel = (struct bench_sysv_channel){
		.plan = plan,
		.calls = calls,
		.there = -1,
		.back = -1,
		.semaphores = -1,
	};
	if (on_naru(channel)) {
		r = bench_scratch_create(&channel->scratch);
		if (r < 0) {
			munmap(channel, sizeof(*channel));
			return r;
		}
	}
	r = on_naru(channel) ? make_in_child(channel) : make(channel);
	if (r < 0) {
		bench_sysv_channel_remove(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static void remove_from_kernel(const struct bench_sysv_channel *channel)
{
	if (channel->there >= 0)
		channel->calls->msgctl(channel->there, IPC_RMID, NULL);
	if (channel->back >= 0)
		channel->calls->msgctl(channel->back, IPC_RMID, NULL);
	if (channel->semaphores >= 0)
		channel->calls->semctl(channel->semaphores, 0, IPC_RMID);
}

void bench_sysv_channel_remove(void *data)
{
	struct bench_sysv_channel *channel = data;

	/* All its users have ended: the files are all there is. */
	if (on_naru(channel))
		bench_scratch_remove(&channel->scratch);
	else
		remove_from_kernel(channel);
	munmap(channel, sizeof(*channel));
}

int bench_sysv_channel_enter(const struct bench_sysv_channel *channel)
{
	if (!on_naru(channel))
		return 0;
	return setenv("NARU_SPACE", channel->scratch.path, 1) < 0 ? -errno : 0;
}
