/* SPDX-License-Identifier: MIT */

#include <queue/admit.h>

#include <errno.h>
#include <queue/find.h>

static bool is_enough(const struct nr_room *room, uint64_t length, uint64_t record)
{
	return room->messages > 0 && room->bytes >= length && room->ring >= record;
}

int nr_admit(struct naru_queue *queue, const struct nr_counts *sent, uint64_t length,
	     uint64_t record, struct nr_room *ret_room)
{
	*ret_room = nr_room_seen(queue, sent);
	if (__builtin_expect(is_enough(ret_room, length, record) &&
				     ret_room->ring < nr_ring_size(&queue->ring),
			     1))
		return 0;

	if (length > nr_load_relaxed(&queue->shared->limit_bytes))
		return -EMSGSIZE;
	nr_room_look(queue);
	if (!nr_ring_valid(&queue->ring, queue->shared->seen_head, sent->position))
		return -EBADMSG;
	*ret_room = nr_room_seen(queue, sent);
	if (is_enough(ret_room, length, record))
		return 0;
	return ret_room->messages > 0 && ret_room->bytes >= length ? -ENOBUFS : -EAGAIN;
}

int nr_admit_park(struct naru_queue *queue, struct nr_counts *removed,
		  const struct nr_counts *sent, uint64_t record)
{
	/* An eighth at a time, so that the locks are not taken for each message. */
	uint64_t part = nr_ring_size(&queue->ring) / 8;
	uint64_t wanted = part > record ? part : record;
	int r = 1;

	if (!nr_ring_valid(&queue->ring, removed->position, sent->position))
		return -EBADMSG;
	while (r > 0 &&
	       nr_ring_room(&queue->ring, removed->position, sent->position) < wanted)
		r = nr_park(&queue->store, &queue->ring, removed);
	queue->shared->seen_head = removed->position;
	queue->shared->seen_messages = removed->messages;
	queue->shared->seen_bytes = removed->bytes;
	if (r < 0)
		return r;
	return nr_ring_room(&queue->ring, removed->position, sent->position) >= record
		       ? 0
		       : -EBADMSG;
}

bool nr_admit_any(const struct naru_queue *queue)
{
	const struct nr_queue_shared *shared = queue->shared;
	struct nr_counts sent = nr_side_counts(&shared->senders);
	struct nr_counts removed = nr_side_counts(&shared->receivers);

	return sent.messages - removed.messages <
		       nr_load_relaxed(&shared->limit_messages) &&
	       sent.bytes - removed.bytes < nr_load_relaxed(&shared->limit_bytes);
}
