/* SPDX-License-Identifier: MIT */

#include <remote/ahead.h>

#include <errno.h>
#include <queue/find.h>
#include <remote/bring.h>
#include <remote/exchange.h>
#include <remote/watch.h>
#include <stdlib.h>
#include <string.h>

/* So large are the messages that are fetched ahead. */
#define ROOM UINT64_C(4096)

/* What one answer brought and nobody has received yet, in its order. */
struct nr_ahead {
	struct nr_ahead *next;
	unsigned char *bytes; /* of the answer */
	uint32_t count, left;
	struct {
		int64_t type; /* 0: it was received */
		size_t offset, length;
	} message[NR_BRING_MAX];
	uint32_t first; /* those before were received */
};

static void free_one(struct nr_ahead *ahead)
{
	free(ahead->bytes);
	free(ahead);
}

void nr_ahead_free(struct nr_ahead **list)
{
	while (*list) {
		struct nr_ahead *ahead = *list;

		*list = ahead->next;
		free_one(ahead);
	}
}

/* Fill items from what is there. 0: nothing that is wanted; -EMSGSIZE. */
static ssize_t hand_out(struct nr_ahead *ahead, const struct nr_select *select, int flags,
			struct naru_item *items, size_t count)
{
	size_t done = 0;

	for (uint32_t i = ahead->first; i < ahead->count && done < count; i++) {
		int64_t type = ahead->message[i].type;
		size_t length = ahead->message[i].length;

		if (type == 0 || !nr_select_admits(select, type))
			continue;
		if (length > items[done].length) {
			if (!(flags & NARU_TRUNCATE))
				return done > 0 ? (ssize_t)done : -EMSGSIZE;
			length = items[done].length;
		}
		memcpy(items[done].data, ahead->bytes + ahead->message[i].offset, length);
		items[done].type = type;
		items[done].length = length;
		done++;
		ahead->message[i].type = 0;
		ahead->left--;
	}
	while (ahead->first < ahead->count && ahead->message[ahead->first].type == 0)
		ahead->first++;
	return (ssize_t)done;
}

static ssize_t receive_fetched(struct nr_client *client, const struct nr_select *select,
			       int flags, struct naru_item *items, size_t count)
{
	ssize_t n = 0;

	pthread_mutex_lock(&client->guard);
	for (struct nr_ahead **place = &client->ahead; *place && n == 0;) {
		struct nr_ahead *ahead = *place;

		n = hand_out(ahead, select, flags, items, count);
		if (ahead->left > 0) {
			place = &ahead->next;
		} else {
			*place = ahead->next;
			free_one(ahead);
		}
	}
	pthread_mutex_unlock(&client->guard);
	return n;
}

struct fetch {
	struct nr_bring bring;
	size_t wanted; /* by the caller; the rest is fetched ahead */
	struct nr_ahead *ahead;
	uint64_t rooms[NR_BRING_MAX];
};

/* Find the messages in the answer's rest, which has been read. */
static int divide(struct nr_ahead *ahead, size_t size)
{
	size_t offset = 0;

	for (uint32_t i = 0; i < ahead->count; i++) {
		struct nr_wire_item head;

		if (size - offset < sizeof(head))
			return -EBADMSG;
		memcpy(&head, ahead->bytes + offset, sizeof(head));
		offset += sizeof(head);
		if (head.type <= 0 || head.length > ROOM ||
		    nr_frame_padded(head.length) > size - offset)
			return -EBADMSG;
		ahead->message[i].type = head.type;
		ahead->message[i].offset = offset;
		ahead->message[i].length = head.length;
		offset += nr_frame_padded(head.length);
	}
	return offset == size ? 0 : -EBADMSG;
}

static int read_ahead(struct nr_lane *lane, struct fetch *fetch, uint32_t count)
{
	struct nr_ahead *ahead;
	size_t size = lane->left;
	int saved = errno, r;

	ahead = malloc(sizeof(*ahead));
	if (ahead)
		ahead->bytes = malloc(size + 1);
	errno = saved;
	if (!ahead || !ahead->bytes) {
		free(ahead);
		return -ENOMEM;
	}
	ahead->next = NULL;
	ahead->count = ahead->left = count;
	ahead->first = 0;
	r = nr_frame_read(lane, ahead->bytes, size);
	if (r == 0 && divide(ahead, size) < 0) {
		nr_lane_break(lane);
		r = -EBADMSG;
	}
	if (r < 0)
		free_one(ahead);
	else
		fetch->ahead = ahead;
	return r;
}

static int read_fetched(struct nr_lane *lane, const struct nr_wire_frame *answer,
			void *data)
{
	struct fetch *fetch = data;
	uint32_t count = (uint32_t)answer->value;
	int r = 0;

	if (count == 0 || count > fetch->bring.count) {
		nr_lane_break(lane);
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < count && i < fetch->wanted && r == 0; i++)
		r = nr_bring_read(lane, &fetch->bring, i);
	if (r == 0 && count > fetch->wanted)
		r = read_ahead(lane, fetch, count - (uint32_t)fetch->wanted);
	return r;
}

static ssize_t fetch(struct nr_client *client, struct fetch *fetch, int timeout_ms)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_TAKE,
		.flags = fetch->bring.flags | NR_WIRE_QUIET,
		.waits = true,
		/* What an answer that was lost had brought is not brought again. */
		.single = true,
		.length = sizeof(struct nr_wire_take) +
			  fetch->bring.count * sizeof(fetch->rooms[0]),
		.write = nr_bring_write,
		.read = read_fetched,
		.data = fetch,
	};
	struct nr_patience patience = nr_patience_of(timeout_ms);
	struct nr_lane *lane;
	int r = nr_client_take_lane(client, &patience, &lane);

	if (r < 0)
		return r;
	nr_bring_number(lane, &fetch->bring);
	r = nr_exchange_run(lane, &exchange);
	nr_client_give_lane(client, lane);
	for (size_t i = r > 0 ? (size_t)r : 0; i < fetch->wanted; i++)
		fetch->bring.items[i].length = fetch->rooms[i];
	if (r < 0 || !fetch->ahead)
		return r;
	pthread_mutex_lock(&client->guard);
	for (struct nr_ahead **place = &client->ahead;; place = &(*place)->next)
		if (!*place) {
			*place = fetch->ahead;
			break;
		}
	pthread_mutex_unlock(&client->guard);
	nr_watch_found_some(client);
	return (ssize_t)fetch->wanted;
}

static ssize_t receive_new(struct nr_client *client, int64_t select, int flags,
			   struct naru_item *items, size_t count, int timeout_ms)
{
	struct fetch wanted;
	int r;

	wanted.ahead = NULL;
	wanted.wanted = count < NR_BRING_MAX ? count : NR_BRING_MAX;
	wanted.bring = (struct nr_bring){
		.select = select,
		/* Others of what is wanted now may not be wanted next; but any are. */
		.count = select == 0 && flags == 0 ? NR_BRING_MAX
						   : (uint32_t)wanted.wanted,
		.rooms = wanted.rooms,
		.items = items,
	};
	r = nr_bring_flags(select, flags, &wanted.bring.flags);
	if (r < 0)
		return r;
	for (size_t i = 0; i < wanted.bring.count; i++)
		wanted.rooms[i] = i < wanted.wanted ? items[i].length : ROOM;
	return fetch(client, &wanted, timeout_ms);
}

ssize_t nr_ahead_receive(struct nr_client *client, int64_t select, int flags,
			 struct naru_item *items, size_t count, int timeout_ms)
{
	struct nr_select admitted;
	ssize_t n;
	int r = nr_select_of(select, flags & NARU_EXCEPT, &admitted);

	if (r < 0)
		return r;
	n = receive_fetched(client, &admitted, flags, items, count);
	if (n != 0)
		return n;
	return receive_new(client, select, flags, items, count, timeout_ms);
}
