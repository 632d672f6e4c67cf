/* SPDX-License-Identifier: MIT */

#include <remote/lane.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/client.h>
#include <remote/exchange.h>
#include <remote/release.h>
#include <stdlib.h>
#include <stream/connect.h>
#include <string.h>

void nr_lane_break(struct nr_lane *lane)
{
	lane->stream = naru_stream_close(lane->stream);
	lane->left = 0;
	lane->out_start = lane->out_end = 0;
	/* What was on its way may have been lost. */
	if (lane->unconfirmed && lane->late == 0)
		lane->late = -ECONNRESET;
	lane->unconfirmed = false;
}

void nr_lane_free(struct nr_lane *lane)
{
	naru_stream_close(lane->stream);
	nr_delivered_free(lane->unreleased);
	free(lane->out);
	free(lane);
}

static int reach(struct nr_lane *lane)
{
	const struct nr_place *place = &lane->client->place;
	int ms = nr_patience_limit_ms(lane->patience);
	int r;

	if (ms < 0 || ms > NR_NETWORK_MS)
		ms = NR_NETWORK_MS;
	do {
		r = nr_connect(place->space, place->url, &place->options, ms,
			       &lane->socket, &lane->stream);
		if (r == -EINTR)
			nr_patience_interrupt(lane->patience);
	} while (r == -EINTR && lane->client->reached);
	/* The file of a Unix socket comes again with its server. */
	return r == -ENOENT && lane->client->reached ? -ECONNREFUSED : r;
}

static int write_hello(struct nr_lane *lane, void *data)
{
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC,
		.lowest = NR_WIRE_VERSION,
		.highest = NR_WIRE_VERSION,
		.session = {lane->client->name[0], lane->client->name[1]},
		.lane = lane->number,
	};

	(void)data;
	return nr_frame_put(lane, &hello, sizeof(hello));
}

static int read_hello(struct nr_lane *lane, const struct nr_wire_frame *frame, void *data)
{
	struct nr_wire_hello_answer answer;
	int r = nr_frame_read(lane, &answer, sizeof(answer));

	(void)frame;
	(void)data;
	if (r < 0)
		return r;
	if (answer.version != NR_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (answer.frame_max < NR_WIRE_FRAME_MIN)
		return -EBADMSG;
	lane->frame_max = answer.frame_max;
	nr_store_relaxed(&lane->client->frame_max, answer.frame_max);
	return 0;
}

static int hello(struct nr_lane *lane)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_HELLO,
		.length = sizeof(struct nr_wire_hello),
		.write = write_hello,
		.read = read_hello,
	};
	int r;

	lane->frame_max = NR_WIRE_FRAME_MIN;
	r = nr_exchange_once(lane, &exchange);
	return r == -EBADMSG ? -EPROTO : r;
}

static int write_open(struct nr_lane *lane, void *data)
{
	const struct nr_client *client = lane->client;
	const struct naru_queue_options *create = &client->create;
	const struct nr_wire_open open = {
		.capacity = create->capacity,
		.messages = create->messages,
		.mode = create->mode,
		.owner = create->owner,
		.group = create->group,
		.name_length = (uint32_t)strlen(client->queue),
	};
	int r = nr_frame_put(lane, &open, sizeof(open));

	(void)data;
	return r < 0 ? r : nr_frame_put_padded(lane, client->queue, open.name_length);
}

static int read_open(struct nr_lane *lane, const struct nr_wire_frame *frame, void *data)
{
	struct nr_wire_open_answer answer;
	int r = nr_frame_read(lane, &answer, sizeof(answer));

	(void)frame;
	(void)data;
	if (r == 0)
		nr_store_relaxed(&lane->client->capacity, answer.capacity);
	return r;
}

static uint16_t open_flags(const struct nr_client *client)
{
	uint32_t flags = client->create.flags;

	/* It has been opened: if it is not there, it was removed. */
	if (client->reached || !(flags & NARU_CREATE))
		return 0;
	return (uint16_t)(NR_WIRE_CREATE | (client->exclusive ? NR_WIRE_EXCLUSIVE : 0) |
			  (flags & NARU_SET_OWNER ? NR_WIRE_OWNER : 0) |
			  (flags & NARU_SET_GROUP ? NR_WIRE_GROUP : 0));
}

static int open_queue(struct nr_lane *lane)
{
	struct nr_client *client = lane->client;
	struct nr_exchange exchange = {
		.verb = NR_WIRE_OPEN,
		.flags = open_flags(client),
		.length = sizeof(struct nr_wire_open) +
			  nr_frame_padded(strlen(client->queue)),
		.write = write_open,
		.read = read_open,
	};
	int r = nr_exchange_once(lane, &exchange);

	if (r != -ENOENT || !nr_load_relaxed(&client->reached))
		return r;
	nr_client_end(client);
	return -EIDRM;
}

/* It has ended while nobody used it: then nothing need be sent that may be lost. */
static bool has_ended(const struct nr_lane *lane)
{
	const void *bytes;
	ssize_t n = naru_stream_peek(lane->stream, 1, 0, &bytes);

	return n == 0 || (n < 0 && n != -EAGAIN && n != -EINTR);
}

int nr_lane_ready(struct nr_lane *lane)
{
	bool fresh;
	int r = 0;

	/* Who waits for no answers listens now and then himself. */
	if (lane->stream && !lane->unconfirmed && has_ended(lane))
		nr_lane_break(lane);
	fresh = !lane->stream;
	if (fresh)
		r = reach(lane);
	if (r == 0 && fresh)
		r = hello(lane);
	if (r >= 0 && fresh && lane->client->queue[0])
		r = open_queue(lane);
	if (r >= 0 && fresh)
		nr_store_relaxed(&lane->client->reached, true);
	if (r >= 0 && (lane->doubt_count || lane->unreleased || lane->refused_count))
		r = nr_release_settle(lane);
	if (r < 0)
		nr_lane_break(lane);
	return r < 0 ? r : 0;
}

bool nr_lane_may_mend(const struct nr_lane *lane, int error)
{
	switch (error) {
	case -ECONNRESET:
	case -EPIPE:
	case -ESHUTDOWN:
		return true;
	case -ECONNREFUSED:
	case -ETIMEDOUT:
	case -EAGAIN:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ENETDOWN:
		return nr_load_relaxed(&lane->client->reached);
	default:
		return false;
	}
}
