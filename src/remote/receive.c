/* SPDX-License-Identifier: MIT */

/* remote/receive.c - TAKE and RELEASE: what is received is gone from the queue */

#include <remote/calls.h>

#include <errno.h>
#include <remote/ahead.h>
#include <remote/bring.h>
#include <remote/exchange.h>
#include <remote/release.h>
#include <remote/watch.h>

/* Times that messages which have gone back are replaced by others, in no time at all. */
enum { ROUNDS_LEAST = 4 };

struct receive {
	struct nr_client *client;
	int64_t select;
	int flags;
	struct naru_item *items;
	uint32_t count;
	uint64_t rooms[NR_BRING_MAX];
	uint64_t deliveries[NR_BRING_MAX];
};

/* The rooms of items that were not filled in, or whose messages have gone back. */
static void restore(struct receive *receive, uint32_t first)
{
	for (uint32_t i = first; i < receive->count; i++)
		receive->items[i].length = receive->rooms[i];
}

/* @count were brought. How many of them are ours; 0: none, and there may be others. */
static int release(struct nr_lane *lane, struct receive *receive, uint64_t delivery,
		   uint32_t count)
{
	bool unresolved;
	int r;

	for (uint32_t i = 0; i < count; i++)
		receive->deliveries[i] = delivery + i;
	r = nr_release(lane, receive->deliveries, count, &unresolved);
	if (unresolved) {
		nr_release_later(lane, receive->deliveries, receive->items, count);
		return r;
	}
	if (r < 0 && r != -ESTALE && r != -EAGAIN) {
		nr_give_back_later(lane, delivery, count);
		return r;
	}
	if (r < 0)
		r = 0;
	/* The next one, too: it need not have gone back by itself. */
	if ((uint32_t)r < count)
		nr_give_back_later(lane, delivery + (uint32_t)r, count - (uint32_t)r);
	return r;
}

static int try_receive(struct nr_lane *lane, struct receive *receive)
{
	struct nr_bring bring = {
		.select = receive->select,
		.count = receive->count,
		.rooms = receive->rooms,
		.items = receive->items,
	};
	int n, r;

	if (lane->unreleased) {
		/* It may be just what is wanted. */
		struct nr_exchange nothing = {0};

		r = nr_exchange_run(lane, &nothing);
		if (r < 0)
			return r;
		n = (int)nr_release_ready(receive->client, receive->select,
					  receive->flags, receive->items);
		if (n != -EAGAIN)
			return n;
	}
	r = nr_bring_flags(receive->select, receive->flags, &bring.flags);
	n = r < 0 ? r : nr_bring(lane, &bring);
	return n < 0 ? n : release(lane, receive, bring.delivery, (uint32_t)n);
}

/* Others may be there: but not for ever, whatever the server says. */
static bool may_go_on(const struct nr_patience *patience, unsigned rounds)
{
	return rounds < ROUNDS_LEAST || nr_patience_wait_ms(patience) != 0;
}

static int receive_all(struct receive *receive, int timeout_ms)
{
	struct nr_patience patience = nr_patience_of(timeout_ms);
	struct nr_lane *lane;
	unsigned rounds = 0;
	int n, r;

	r = nr_client_take_lane(receive->client, &patience, &lane);
	if (r < 0)
		return r;
	do {
		n = try_receive(lane, receive);
		restore(receive, n > 0 ? (uint32_t)n : 0);
	} while (n == 0 && may_go_on(&patience, ++rounds));
	nr_client_give_lane(receive->client, lane);
	return n != 0 ? n : patience.at_once ? -EAGAIN : -ETIMEDOUT;
}

static ssize_t receive_confirmed(struct nr_client *client, int64_t select, int flags,
				 struct naru_item *items, size_t count, int timeout_ms)
{
	struct receive receive;
	ssize_t n = nr_release_ready(client, select, flags, items);

	if (n != -EAGAIN)
		return n;
	receive.client = client;
	receive.select = select;
	receive.flags = flags;
	receive.items = items;
	receive.count = count < NR_BRING_MAX ? (uint32_t)count : NR_BRING_MAX;
	for (uint32_t i = 0; i < receive.count; i++)
		receive.rooms[i] = items[i].length;
	return receive_all(&receive, timeout_ms);
}

ssize_t nr_remote_receive(struct nr_client *client, int64_t select, int flags,
			  struct naru_item *items, size_t count, int timeout_ms)
{
	uint16_t ignored;
	ssize_t n = nr_bring_flags(select, flags, &ignored);

	if (n < 0 || count == 0)
		return n;
	n = (client->unconfirmed ? nr_ahead_receive : receive_confirmed)(
		client, select, flags, items, count, timeout_ms);
	if (n == -EAGAIN || n == -ETIMEDOUT)
		nr_watch_found_none(client, NARU_READABLE);
	return n;
}
