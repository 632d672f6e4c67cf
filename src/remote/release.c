/* SPDX-License-Identifier: MIT */

#include <remote/release.h>

#include <base/log.h>
#include <errno.h>
#include <queue/find.h>
#include <remote/exchange.h>
#include <remote/watch.h>
#include <stdlib.h>
#include <string.h>

struct release {
	uint64_t number;
	const uint64_t *deliveries;
	uint32_t count;
};

static int write_release(struct nr_lane *lane, void *data)
{
	const struct release *release = data;
	const struct nr_wire_release body = {
		.number = release->number,
		.count = release->count,
	};
	int r = nr_frame_put(lane, &body, sizeof(body));

	return r < 0 ? r
		     : nr_frame_put(lane, release->deliveries,
				    release->count * sizeof(release->deliveries[0]));
}

static int read_count(struct nr_lane *lane, const struct nr_wire_frame *answer,
		      void *data)
{
	const struct release *release = data;

	if (answer->value > 0 && (uint32_t)answer->value <= release->count)
		return 0;
	nr_lane_break(lane);
	return -EBADMSG;
}

static struct nr_exchange exchange_of(struct release *release)
{
	return (struct nr_exchange){
		.verb = NR_WIRE_RELEASE,
		.once = true,
		.length = sizeof(struct nr_wire_release) +
			  release->count * sizeof(release->deliveries[0]),
		.write = write_release,
		.read = read_count,
		.data = release,
	};
}

int nr_release(struct nr_lane *lane, const uint64_t *deliveries, uint32_t count,
	       bool *ret_unresolved)
{
	struct release release = {lane->releases, deliveries, count};
	struct nr_exchange exchange = exchange_of(&release);
	int r;

	nr_patience_renew(lane->patience);
	r = nr_exchange_run(lane, &exchange);
	lane->releases += count;
	*ret_unresolved = exchange.unresolved;
	return r;
}

static bool copy_items(struct nr_delivered *delivered, const struct naru_item *items)
{
	delivered->items = calloc(delivered->count, sizeof(*items));
	if (!delivered->items)
		return false;
	for (uint32_t i = 0; i < delivered->count; i++) {
		delivered->items[i] = items[i];
		delivered->items[i].data = malloc(items[i].length + 1);
		if (!delivered->items[i].data)
			return false;
		if (items[i].length)
			memcpy(delivered->items[i].data, items[i].data, items[i].length);
	}
	return true;
}

void nr_release_later(struct nr_lane *lane, const uint64_t *deliveries,
		      const struct naru_item *items, uint32_t count)
{
	struct nr_delivered *delivered;
	int saved = errno;

	delivered = calloc(1, sizeof(*delivered));
	if (delivered) {
		delivered->number = lane->releases - count;
		delivered->count = count;
		delivered->deliveries = malloc(count * sizeof(deliveries[0]));
	}
	if (!delivered || !delivered->deliveries ||
	    (items && !copy_items(delivered, items))) {
		nr_log("no memory for %u messages that may be lost", count);
		nr_delivered_free(delivered);
		errno = saved;
		return;
	}
	memcpy(delivered->deliveries, deliveries, count * sizeof(deliveries[0]));
	lane->unreleased = delivered;
	errno = saved;
}

struct give_back {
	struct nr_wire_give_back body;
	const void *data;
};

static int write_give_back(struct nr_lane *lane, void *data)
{
	const struct give_back *back = data;
	int r = nr_frame_put(lane, &back->body, sizeof(back->body));

	return r < 0 ? r : nr_frame_put_padded(lane, back->data, back->body.length);
}

static struct nr_exchange exchange_to_give_back(struct give_back *back)
{
	return (struct nr_exchange){
		.verb = NR_WIRE_GIVE_BACK,
		.length = sizeof(back->body) + nr_frame_padded(back->body.length),
		.write = write_give_back,
		.data = back,
	};
}

int nr_give_back(struct nr_lane *lane, uint64_t delivery, const void *data, size_t length)
{
	struct give_back back = {{delivery, length}, data};
	struct nr_exchange exchange = exchange_to_give_back(&back);
	int r = nr_exchange_run(lane, &exchange);

	/* It has gone back already, by a first try or another way. */
	return r < 0 && r != -ESTALE ? r : 0;
}

/* Unchanged. 1: the server has refused it, and may do so no more the next time. */
static int give_back_once(struct nr_lane *lane, uint64_t delivery)
{
	struct give_back back = {{.delivery = delivery}, NULL};
	struct nr_exchange exchange = exchange_to_give_back(&back);
	int r = nr_exchange_once(lane, &exchange);

	if (!lane->stream)
		return r;
	return r < 0 && r != -ESTALE && r != -EINVAL && r != -EIDRM;
}

static int settle_doubt(struct nr_lane *lane)
{
	while (lane->doubt_count > 0) {
		int r = give_back_once(lane, lane->doubt);

		if (r < 0)
			return r;
		/* Of more than that the server hears when the handle is closed. */
		if (r > 0 && lane->refused_count < NR_LANE_REFUSED)
			lane->refused[lane->refused_count++] = lane->doubt;
		lane->doubt++;
		lane->doubt_count--;
	}
	return 0;
}

/* Whoever refuses one is not asked about the others now. */
static int settle_refused(struct nr_lane *lane)
{
	while (lane->refused_count > 0) {
		int r = give_back_once(lane, lane->refused[lane->refused_count - 1]);

		if (r != 0)
			return r < 0 ? r : 0;
		lane->refused_count--;
	}
	return 0;
}

/*
 * One range is enough: no TAKE is sent before the lane is settled, so that all of it is
 * of the same one, and what lies between two parts of it has gone back or is released.
 */
static void doubt(struct nr_lane *lane, uint64_t delivery, uint32_t count)
{
	uint64_t end = delivery + count, end_before = lane->doubt + lane->doubt_count;

	if (lane->doubt_count > 0) {
		delivery = lane->doubt < delivery ? lane->doubt : delivery;
		end = end_before > end ? end_before : end;
	}
	lane->doubt = delivery;
	lane->doubt_count = (uint32_t)(end - delivery);
}

void nr_give_back_later(struct nr_lane *lane, uint64_t delivery, uint32_t count)
{
	doubt(lane, delivery, count);
	if (lane->stream)
		settle_doubt(lane);
}

/* The first @count of them are ours. */
static void keep(struct nr_client *client, struct nr_delivered *delivered, uint32_t count)
{
	for (uint32_t i = count; i < delivered->count; i++)
		free(delivered->items[i].data);
	delivered->count = count;
	pthread_mutex_lock(&client->guard);
	delivered->next = client->ready;
	client->ready = delivered;
	pthread_mutex_unlock(&client->guard);
	nr_watch_found_some(client);
}

static int settle_release(struct nr_lane *lane)
{
	struct nr_delivered *delivered = lane->unreleased;
	struct release release = {
		.number = delivered->number,
		.deliveries = delivered->deliveries,
		.count = delivered->count,
	};
	struct nr_exchange exchange = exchange_of(&release);
	uint32_t ours;
	int r = nr_exchange_once(lane, &exchange);

	/* It has not looked whether that was done: so we ask again. */
	if (r < 0 && (!lane->stream || (r != -ESTALE && r != -EIDRM)))
		return r == -EAGAIN ? -ETIMEDOUT : r;
	ours = r > 0 ? (uint32_t)r : 0;
	lane->unreleased = NULL;
	if (ours < delivered->count && delivered->items)
		doubt(lane, delivered->deliveries[ours], delivered->count - ours);
	if (ours > 0 && delivered->items)
		keep(lane->client, delivered, ours);
	else
		nr_delivered_free(delivered);
	return 0;
}

int nr_release_settle(struct nr_lane *lane)
{
	int r = 0;

	if (lane->unreleased)
		r = settle_release(lane);
	if (r == 0)
		r = settle_refused(lane);
	return r < 0 ? r : settle_doubt(lane);
}

/* Take item @index out of what is ready. The guard is held. */
static void forget(struct nr_delivered **place, uint32_t index)
{
	struct nr_delivered *delivered = *place;

	free(delivered->items[index].data);
	delivered->count--;
	memmove(delivered->items + index, delivered->items + index + 1,
		(delivered->count - index) * sizeof(delivered->items[0]));
	if (delivered->count > 0)
		return;
	*place = delivered->next;
	nr_delivered_free(delivered);
}

static ssize_t hand_out(struct nr_delivered **place, uint32_t index, int flags,
			struct naru_item *ret_item)
{
	const struct naru_item *item = &(*place)->items[index];
	size_t length = item->length;

	if (length > ret_item->length) {
		if (!(flags & NARU_TRUNCATE))
			return -EMSGSIZE;
		length = ret_item->length;
	}
	if (length)
		memcpy(ret_item->data, item->data, length);
	ret_item->type = item->type;
	ret_item->length = length;
	forget(place, index);
	return 1;
}

/* The guard is held. */
static ssize_t look_through(struct nr_client *client, const struct nr_select *select,
			    int flags, struct naru_item *ret_item)
{
	for (struct nr_delivered **place = &client->ready; *place;
	     place = &(*place)->next) {
		const struct nr_delivered *delivered = *place;

		for (uint32_t i = 0; i < delivered->count; i++)
			if (nr_select_admits(select, delivered->items[i].type))
				return hand_out(place, i, flags, ret_item);
	}
	return -EAGAIN;
}

ssize_t nr_release_ready(struct nr_client *client, int64_t select, int flags,
			 struct naru_item *ret_item)
{
	struct nr_select wanted;
	ssize_t n = nr_select_of(select, flags & NARU_EXCEPT, &wanted);

	if (n < 0)
		return n;
	pthread_mutex_lock(&client->guard);
	n = look_through(client, &wanted, flags, ret_item);
	pthread_mutex_unlock(&client->guard);
	return n;
}
