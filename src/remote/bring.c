/* SPDX-License-Identifier: MIT */

#include <remote/bring.h>

#include <errno.h>
#include <remote/exchange.h>
#include <remote/release.h>
#include <stdlib.h>

int nr_bring_flags(int64_t select, int flags, uint16_t *ret_flags)
{
	if (flags & ~(NARU_EXCEPT | NARU_TRUNCATE) ||
	    (flags & NARU_EXCEPT && select <= 0))
		return -EINVAL;
	*ret_flags = (uint16_t)((flags & NARU_EXCEPT ? NR_WIRE_EXCEPT : 0) |
				(flags & NARU_TRUNCATE ? NR_WIRE_TRUNCATE : 0));
	return 0;
}

int nr_bring_write(struct nr_lane *lane, void *data)
{
	const struct nr_bring *bring = data;
	const struct nr_wire_take body = {
		.delivery = bring->delivery,
		.select = bring->select,
		.count = bring->count,
	};
	int r = nr_frame_put(lane, &body, sizeof(body));

	return r < 0 ? r
		     : nr_frame_put(lane, bring->rooms,
				    bring->count * sizeof(bring->rooms[0]));
}

static int broken(struct nr_lane *lane)
{
	nr_lane_break(lane);
	return -EBADMSG;
}

int nr_bring_read(struct nr_lane *lane, const struct nr_bring *bring, uint32_t index)
{
	struct naru_item *item = &bring->items[index];
	struct nr_wire_item head;
	int saved = errno;
	int r = nr_frame_read(lane, &head, sizeof(head));

	if (r < 0)
		return r;
	if (head.type <= 0 || head.length > bring->rooms[index] ||
	    head.length > lane->left)
		return broken(lane);
	if (bring->allocate) {
		free(item->data);
		item->data = malloc(head.length + 1);
		errno = saved;
		if (!item->data)
			return -ENOMEM;
	}
	item->type = head.type;
	item->length = head.length;
	return nr_frame_read_padded(lane, item->data, head.length);
}

static int read_items(struct nr_lane *lane, const struct nr_wire_frame *answer,
		      void *data)
{
	struct nr_bring *bring = data;
	uint32_t count = (uint32_t)answer->value;
	int r = 0;

	if (count == 0 || count > bring->count)
		return broken(lane);
	bring->brought = true;
	for (uint32_t i = 0; i < count && r == 0; i++)
		r = nr_bring_read(lane, bring, i);
	return r;
}

void nr_bring_number(struct nr_lane *lane, struct nr_bring *bring)
{
	/* After so many the first ones are long forgotten. */
	if (lane->deliveries + bring->count >= UINT64_C(1) << NR_WIRE_LANE_SHIFT)
		lane->deliveries = 1;
	bring->delivery = (uint64_t)lane->number << NR_WIRE_LANE_SHIFT | lane->deliveries;
}

/* How many the server may hold, of which @result says how many we know. */
static uint32_t held(const struct nr_bring *bring, const struct nr_exchange *exchange,
		     int result)
{
	/* An earlier try may have brought more than what came in the end. */
	if (exchange->unresolved || exchange->tries > 1 || (result < 0 && bring->brought))
		return bring->count;
	return result > 0 ? (uint32_t)result : 0;
}

int nr_bring(struct nr_lane *lane, struct nr_bring *bring)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_TAKE,
		.flags = bring->flags,
		.waits = true,
		.length = sizeof(struct nr_wire_take) +
			  bring->count * sizeof(bring->rooms[0]),
		.write = nr_bring_write,
		.read = read_items,
		.data = bring,
	};
	uint32_t count, known;
	int r;

	nr_bring_number(lane, bring);
	r = nr_exchange_run(lane, &exchange);
	known = r > 0 ? (uint32_t)r : 0;
	count = held(bring, &exchange, r);
	lane->deliveries += count;
	if (count > known)
		nr_give_back_later(lane, bring->delivery + known, count - known);
	return r;
}
