/* SPDX-License-Identifier: MIT */

/*
 * iceoryx, through its C binding. A publisher waits for slow subscribers, so that
 * nothing is lost; who waits uses a wait set.
 */

#include "contenders.h"

#include "roudi.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iceoryx_binding_c/enums.h>
#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/notification_info.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>
#include <iceoryx_binding_c/types.h>
#include <iceoryx_binding_c/wait_set.h>

enum { PATIENCE_MS = 5000, NAME_ROOM = 48 };

struct channel {
	const struct bench_plan *plan;
	pid_t parent;
	struct bench_daemon daemon;
};

struct end {
	iox_pub_storage_t publisher_storage;
	iox_sub_storage_t subscriber_storage;
	iox_ws_storage_t set_storage;
	iox_pub_t publisher;
	iox_sub_t subscriber;
	iox_ws_t set;
	bool blocking;
	void *loaned;
	const void *taken;
};

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int r;

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	channel->parent = getpid();
	r = bench_roudi_start(&channel->daemon);
	if (r < 0) {
		free(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static void name_end(const struct channel *channel, enum bench_side side, unsigned index,
		     char name[NAME_ROOM])
{
	snprintf(name, NAME_ROOM, "naru-bench-%d-%c%u", (int)channel->parent,
		 side == BENCH_SENDER ? 's' : 'r', index);
}

/* The daemon leaves these to processes, which leave them when they are killed. */
static void remove_files(const struct channel *channel, enum bench_side side,
			 unsigned count)
{
	char name[NAME_ROOM];
	char path[NAME_ROOM + 16];

	for (unsigned i = 0; i < count; i++) {
		name_end(channel, side, i, name);
		snprintf(path, sizeof(path), "/tmp/%s", name);
		unlink(path);
		snprintf(path, sizeof(path), "/tmp/%s.lock", name);
		unlink(path);
	}
}

static void destroy(void *data)
{
	struct channel *channel = data;

	bench_roudi_stop(&channel->daemon);
	remove_files(channel, BENCH_SENDER, channel->plan->senders);
	remove_files(channel, BENCH_RECEIVER, channel->plan->receivers);
	free(channel);
}

static void publish_to(struct end *end, const char *name)
{
	iox_pub_options_t options;

	iox_pub_options_init(&options);
	options.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	end->publisher =
		iox_pub_init(&end->publisher_storage, "naru", "bench", name, &options);
}

/* The longest there is, or what the daemon's pools have chunks for. */
static uint64_t queue_for(size_t message)
{
	return message <= 8192 ? 256 : message <= 65536 ? 64 : 4;
}

static int subscribe_to(struct end *end, const char *name, uint64_t queue)
{
	iox_sub_options_t options;

	iox_sub_options_init(&options);
	options.queueCapacity = queue;
	options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	end->subscriber =
		iox_sub_init(&end->subscriber_storage, "naru", "bench", name, &options);
	if (!end->blocking)
		return 0;
	end->set = iox_ws_init(&end->set_storage);
	return iox_ws_attach_subscriber_state(end->set, end->subscriber,
					      SubscriberState_HAS_DATA, 0,
					      NULL) == WaitSetResult_SUCCESS
		       ? 0
		       : -EIO;
}

/* The daemon tells both ends of each other, some time later. */
static int await_peer(const struct end *end)
{
	for (int waited = 0; waited < PATIENCE_MS; waited++) {
		bool heard = !end->publisher || iox_pub_has_subscribers(end->publisher);

		if (heard && (!end->subscriber ||
			      iox_sub_get_subscription_state(end->subscriber) ==
				      SubscribeState_SUBSCRIBED))
			return 0;
		poll(NULL, 0, 1);
	}
	return -ETIMEDOUT;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	const struct channel *channel = data;
	const struct bench_plan *plan = channel->plan;
	struct end *end = calloc(1, sizeof(*end));
	char name[NAME_ROOM];
	int r = 0;

	if (!end)
		return -ENOMEM;
	end->blocking = plan->blocking;
	name_end(channel, side, index, name);
	iox_set_loglevel(Iceoryx_LogLevel_Off);
	iox_runtime_init(name);
	if (side == BENCH_SENDER || plan->two_way)
		publish_to(end, side == BENCH_SENDER ? "there" : "back");
	if (side == BENCH_RECEIVER || plan->two_way)
		r = subscribe_to(end, side == BENCH_SENDER ? "back" : "there",
				 queue_for(plan->message));
	/* The receivers are there first: they have nobody to wait for yet. */
	if (r == 0 && side == BENCH_SENDER)
		r = await_peer(end);
	*ret_end = end;
	return r;
}

static void close_end(void *data)
{
	struct end *end = data;

	if (end->set)
		iox_ws_deinit(end->set);
	if (end->subscriber)
		iox_sub_deinit(end->subscriber);
	if (end->publisher)
		iox_pub_deinit(end->publisher);
	iox_runtime_shutdown();
	free(end);
}

static int claim(void *data, size_t length, void **ret_data)
{
	struct end *end = data;

	switch (iox_pub_loan_chunk(end->publisher, &end->loaned, (uint32_t)length)) {
	case AllocationResult_SUCCESS:
		*ret_data = end->loaned;
		return 0;
	case AllocationResult_RUNNING_OUT_OF_CHUNKS:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static int commit(void *data)
{
	struct end *end = data;

	iox_pub_publish_chunk(end->publisher, end->loaned);
	return 0;
}

static int take(void *data, void **ret_data)
{
	struct end *end = data;
	iox_notification_info_t events[1];
	uint64_t missed;

	for (;;) {
		enum iox_ChunkReceiveResult r =
			iox_sub_take_chunk(end->subscriber, &end->taken);

		if (r == ChunkReceiveResult_SUCCESS)
			break;
		if (r != ChunkReceiveResult_NO_CHUNK_AVAILABLE)
			return -EIO;
		if (!end->blocking)
			return -EAGAIN;
		iox_ws_wait(end->set, events, 1, &missed);
	}
	/* Only read from. */
	memcpy(ret_data, &end->taken, sizeof(*ret_data));
	return 0;
}

static int release(void *data)
{
	struct end *end = data;

	iox_sub_release_chunk(end->subscriber, end->taken);
	return 0;
}

static int send_one(void *data, int64_t type, void *message, size_t length)
{
	void *room;
	int r = claim(data, length, &room);

	(void)type;
	if (r < 0)
		return r;
	memcpy(room, message, length);
	return commit(data);
}

static ssize_t receive_one(void *data, int64_t type, void *buffer, size_t size)
{
	void *message;
	int r = take(data, &message);

	(void)type;
	if (r < 0)
		return r;
	memcpy(buffer, message, size);
	release(data);
	return (ssize_t)size;
}

/* Every receiver gets every message: that is not sharing. */
const struct contender bench_iceoryx = {
	.name = "iceoryx",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_PLACE | BENCH_CAN_GATHER,
	.missing = bench_roudi_missing,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_one,
	.receive = receive_one,
	.claim = claim,
	.commit = commit,
	.take = take,
	.release = release,
};
