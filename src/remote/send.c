/* SPDX-License-Identifier: MIT */

#include <remote/send.h>

#include <base/atomic.h>
#include <base/log.h>
#include <errno.h>
#include <remote/calls.h>
#include <remote/client.h>
#include <remote/exchange.h>
#include <remote/unconfirmed.h>
#include <remote/watch.h>

/* More bytes are not sent together: the answer says how many the queue had room for. */
enum { TOGETHER = 256 * 1024 };

/* Of the queue, which others may have changed since it was last heard of. */
static int find_capacity(struct nr_client *client, size_t wanted, uint64_t *ret_capacity)
{
	struct naru_queue_stat stat;
	int r;

	*ret_capacity = nr_load_relaxed(&client->capacity);
	if (wanted <= *ret_capacity)
		return 0;
	r = nr_remote_stat(client, &stat);
	/* Who may only send learns it from the answer to that. */
	if (r == -EACCES) {
		*ret_capacity = wanted;
		return 0;
	}
	if (r == 0)
		*ret_capacity = stat.capacity;
	return r < 0 ? r : wanted <= *ret_capacity ? 0 : -EMSGSIZE;
}

int nr_send_plan(struct nr_client *client, const struct naru_item *items, size_t count,
		 struct nr_send *ret_send)
{
	uint64_t frame_max = nr_load_relaxed(&client->frame_max);
	uint64_t length = sizeof(struct nr_wire_send), size;
	uint64_t capacity;
	uint32_t n;
	int r;

	if (items[0].type <= 0)
		return -EINVAL;
	r = find_capacity(client, items[0].length, &capacity);
	if (r < 0)
		return r;
	for (n = 0; n < count && n < NR_WIRE_BATCH_MAX && items[n].type > 0; n++) {
		if (items[n].length > frame_max || items[n].length > capacity)
			break;
		size = sizeof(struct nr_wire_item) + nr_frame_padded(items[n].length);
		if (length + size > frame_max || (n > 0 && length + size > TOGETHER))
			break;
		length += size;
	}
	if (n == 0) {
		nr_log("%s, queue %s: a message of %zu bytes is too large for a frame",
		       client->place.url, client->queue, items[0].length);
		return -EMSGSIZE;
	}
	*ret_send = (struct nr_send){.items = items, .count = n, .length = length};
	return 0;
}

int nr_send_write(struct nr_lane *lane, void *data)
{
	const struct nr_send *send = data;
	const struct nr_wire_send body = {.number = send->number, .count = send->count};
	int r = nr_frame_put(lane, &body, sizeof(body));

	for (uint32_t i = 0; i < send->count && r == 0; i++) {
		const struct naru_item *item = &send->items[i];
		const struct nr_wire_item head = {item->type, item->length};

		r = nr_frame_put(lane, &head, sizeof(head));
		if (r == 0)
			r = nr_frame_put_padded(lane, item->data, item->length);
	}
	return r;
}

static int read_count(struct nr_lane *lane, const struct nr_wire_frame *answer,
		      void *data)
{
	const struct nr_send *send = data;

	if (answer->value > 0 && (uint32_t)answer->value <= send->count)
		return 0;
	nr_lane_break(lane);
	return -EBADMSG;
}

static int send_by(struct nr_lane *lane, struct nr_send *send)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_SEND,
		.waits = true,
		.length = send->length,
		.write = nr_send_write,
		.read = read_count,
		.data = send,
	};
	int r;

	send->number = lane->sends;
	r = nr_exchange_run(lane, &exchange);
	/* Of what was not sent the numbers may be another's. */
	lane->sends += r > 0 ? (uint32_t)r : exchange.unresolved ? send->count : 0;
	return r;
}

ssize_t nr_remote_send(struct nr_client *client, const struct naru_item *items,
		       size_t count, int timeout_ms)
{
	struct nr_patience patience;
	struct nr_lane *lane;
	struct nr_send send;
	int r;

	if (count == 0)
		return 0;
	r = nr_send_plan(client, items, count, &send);
	if (r < 0)
		return r;
	patience = nr_patience_of(timeout_ms);
	r = nr_client_take_lane(client, &patience, &lane);
	if (r < 0)
		return r;
	r = client->unconfirmed ? nr_unconfirmed_send(lane, &send) : send_by(lane, &send);
	nr_client_give_lane(client, lane);
	if (r == -EAGAIN || r == -ETIMEDOUT)
		nr_watch_found_none(client, NARU_WRITABLE);
	return r;
}
