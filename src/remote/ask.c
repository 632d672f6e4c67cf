/* SPDX-License-Identifier: MIT */

/* remote/ask.c - look, stat, set */

#include <remote/calls.h>

#include <base/atomic.h>
#include <errno.h>
#include <remote/exchange.h>
#include <string.h>

struct look {
	struct nr_wire_look body;
	void *buffer;
	int64_t type;
	size_t length;
};

static int write_look(struct nr_lane *lane, void *data)
{
	const struct look *look = data;

	return nr_frame_put(lane, &look->body, sizeof(look->body));
}

static int read_look(struct nr_lane *lane, const struct nr_wire_frame *answer, void *data)
{
	struct look *look = data;
	struct nr_wire_item head;
	int r = nr_frame_read(lane, &head, sizeof(head));

	(void)answer;
	if (r < 0)
		return r;
	if (head.type <= 0 || head.length > look->body.room) {
		nr_lane_break(lane);
		return -EBADMSG;
	}
	look->type = head.type;
	look->length = head.length;
	return nr_frame_read_padded(lane, look->buffer, head.length);
}

ssize_t nr_remote_look(struct nr_client *client, uint64_t nth, int flags, void *buffer,
		       size_t size, int64_t *ret_type)
{
	struct look look = {.body = {.nth = nth, .room = size}, .buffer = buffer};
	struct nr_exchange exchange = {
		.verb = NR_WIRE_LOOK,
		.flags = flags & NARU_TRUNCATE ? NR_WIRE_TRUNCATE : 0,
		.length = sizeof(look.body),
		.write = write_look,
		.read = read_look,
		.data = &look,
	};
	struct nr_patience patience = nr_patience_of(0);
	int r;

	if (flags & ~NARU_TRUNCATE)
		return -EINVAL;
	r = nr_exchange_by(client, &exchange, &patience);
	if (r < 0)
		return r;
	if (ret_type)
		*ret_type = look.type;
	return (ssize_t)look.length;
}

int nr_remote_stat(struct nr_client *client, struct naru_queue_stat *ret_stat)
{
	struct nr_wire_stat_answer answer;
	int r = nr_exchange_fetch(client, NR_WIRE_STAT, &answer, sizeof(answer));

	if (r < 0)
		return r;
	nr_store_relaxed(&client->capacity, answer.capacity);
	*ret_stat = (struct naru_queue_stat){
		.size = sizeof(*ret_stat),
		.messages = answer.messages,
		.bytes = answer.bytes,
		.capacity = answer.capacity,
		.capacity_messages = answer.capacity_messages,
		.held_messages = answer.held_messages,
		.held_bytes = answer.held_bytes,
		.sent = answer.sent,
		.received = answer.received,
		.waiting_senders = answer.waiting_senders,
		.waiting_receivers = answer.waiting_receivers,
		.last_sender = answer.last_sender,
		.last_receiver = answer.last_receiver,
		.last_send = answer.last_send,
		.last_receive = answer.last_receive,
		.changed = answer.changed,
		.uid = answer.uid,
		.gid = answer.gid,
		.mode = answer.mode,
		.memory = answer.memory,
	};
	return 0;
}

static int write_set(struct nr_lane *lane, void *data)
{
	return nr_frame_put(lane, data, sizeof(struct nr_wire_set));
}

int nr_remote_set(struct nr_client *client, const struct naru_queue_options *options)
{
	struct nr_wire_set body = {
		.capacity = options->capacity,
		.messages = options->messages,
		.mode = options->mode,
		.owner = options->owner,
		.group = options->group,
	};
	struct nr_exchange exchange = {
		.verb = NR_WIRE_SET,
		.flags =
			(uint16_t)((options->flags & NARU_SET_OWNER ? NR_WIRE_OWNER : 0) |
				   (options->flags & NARU_SET_GROUP ? NR_WIRE_GROUP : 0)),
		.length = sizeof(body),
		.write = write_set,
		.data = &body,
	};
	struct nr_patience patience = nr_patience_of(0);
	int r = nr_exchange_by(client, &exchange, &patience);

	return r < 0 ? r : 0;
}
