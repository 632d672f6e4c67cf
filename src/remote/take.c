/* SPDX-License-Identifier: MIT */

#include <remote/take.h>

#include <errno.h>
#include <remote/exchange.h>
#include <remote/release.h>
#include <stdlib.h>

int nr_take_flags(int64_t select, int flags, uint16_t *ret_flags)
{
	if (flags & ~(NARU_EXCEPT | NARU_TRUNCATE) ||
	    (flags & NARU_EXCEPT && select <= 0))
		return -EINVAL;
	*ret_flags = (uint16_t)((flags & NARU_EXCEPT ? NR_WIRE_EXCEPT : 0) |
				(flags & NARU_TRUNCATE ? NR_WIRE_TRUNCATE : 0));
	return 0;
}

int nr_take_write(struct nr_lane *lane, void *data)
{
	const struct nr_take *take = data;
	const struct nr_wire_take body = {
		.delivery = take->delivery,
		.select = take->select,
		.count = take->count,
	};
	int r = nr_frame_put(lane, &body, sizeof(body));

	return r < 0 ? r
		     : nr_frame_put(lane, take->rooms,
				    take->count * sizeof(take->rooms[0]));
}

static int broken(struct nr_lane *lane)
{
	nr_lane_break(lane);
	return -EBADMSG;
}

int nr_take_read(struct nr_lane *lane, const struct nr_take *take, uint32_t index)
{
	struct naru_item *item = &take->items[index];
	struct nr_wire_item head;
	int saved = errno;
	int r = nr_frame_read(lane, &head, sizeof(head));

	if (r < 0)
		return r;
	if (head.type <= 0 || head.length > take->rooms[index] ||
	    head.length > lane->left)
		return broken(lane);
	if (take->allocate) {
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
	struct nr_take *take = data;
	uint32_t count = (uint32_t)answer->value, i;
	int r = 0;

	if (count == 0 || count > take->count)
		return broken(lane);
	take->brought = true;
	for (i = 0; i < count && r == 0; i++) {
		if (take->allocate)
			take->items[i].data = NULL;
		r = nr_take_read(lane, take, i);
	}
	for (; r < 0 && take->allocate && i > 0; i--)
		free(take->items[i - 1].data);
	return r;
}

void nr_take_number(struct nr_lane *lane, struct nr_take *take)
{
	take->delivery = (uint64_t)lane->number << NR_WIRE_LANE_SHIFT | lane->deliveries;
	lane->deliveries += take->count;
}

int nr_take(struct nr_lane *lane, struct nr_take *take)
{
	struct nr_exchange exchange = {
		.verb = NR_WIRE_TAKE,
		.flags = take->flags,
		.waits = true,
		.length = sizeof(struct nr_wire_take) +
			  take->count * sizeof(take->rooms[0]),
		.write = nr_take_write,
		.read = read_items,
		.data = take,
	};
	int r;

	nr_take_number(lane, take);
	r = nr_exchange(lane, &exchange);
	if (r < 0 && (exchange.unresolved || take->brought))
		nr_give_back_later(lane, take->delivery, take->count);
	return r;
}
