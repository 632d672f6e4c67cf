/* SPDX-License-Identifier: MIT */

/* sysv/msg-room.c - how much a queue may hold, and has memory for */

#include <sysv/msg.h>

#include <errno.h>
#include <queue/set.h>
#include <sysv/registry.h>

enum {
	/* So much a new queue has memory for: many hold little, and some are many. */
	FIRST_BYTES = 8192,
	FIRST_MESSAGES = 64,
	/* With so much, a stream of small messages is as fast as it gets. */
	STREAM_BYTES = 131072,
	STREAM_MESSAGES = 2048,
	/* Until then, it takes few steps. */
	STEEP = 4,
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void nr_msg_first_room(uint64_t qbytes, uint64_t *ret_capacity, uint64_t *ret_messages)
{
	*ret_capacity = most(1, least(qbytes, FIRST_BYTES));
	*ret_messages = most(1, least(qbytes, FIRST_MESSAGES));
}

/* Is this limit reached, one of those that are raised at once? */
static bool is_short(uint64_t used, uint64_t more, uint64_t limit, uint64_t stream,
		     uint64_t qbytes)
{
	return used + more > limit && limit < stream && limit < qbytes;
}

bool nr_msg_is_short(struct nr_msg *msg, int id, const struct naru_queue *queue,
		     size_t size)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_counts sent, removed;
	struct nr_ids_entry entry;

	if (nr_ids_find(msg->ids, NR_SYSV_MSG, id, &entry) < 0 ||
	    !nr_side_read(&shared->senders, &sent) ||
	    !nr_side_read(&shared->receivers, &removed))
		return false;
	return is_short(sent.bytes - removed.bytes, size,
			nr_load_relaxed(&shared->limit_bytes), STREAM_BYTES,
			entry.size) ||
	       is_short(sent.messages - removed.messages, 1,
			nr_load_relaxed(&shared->limit_messages), STREAM_MESSAGES,
			entry.size);
}

/* What a queue that had @limit is to have, at least @need of it. */
static uint64_t grown(uint64_t limit, uint64_t need, uint64_t stream, uint64_t qbytes)
{
	uint64_t more = limit < stream ? least(STEEP * limit, stream) : 2 * limit;

	return least(qbytes, most(more, need));
}

static int add(struct naru_queue *queue, uint64_t qbytes, uint64_t size)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	uint64_t bytes, messages;
	int r = naru_queue_stat(queue, &stat);

	if (r < 0)
		return r;
	bytes = stat.bytes + stat.held_bytes;
	messages = stat.messages + stat.held_messages;
	if (size > qbytes || bytes > qbytes - size || messages >= qbytes)
		return 0;
	if (size <= stat.capacity && bytes <= stat.capacity - size &&
	    messages < stat.capacity_messages)
		return 1;
	if (bytes + size > stat.capacity)
		stat.capacity = grown(stat.capacity, bytes + size, STREAM_BYTES, qbytes);
	if (messages >= stat.capacity_messages)
		stat.capacity_messages = grown(stat.capacity_messages, messages + 1,
					       STREAM_MESSAGES, qbytes);
	r = nr_queue_set_limits(queue, stat.capacity, stat.capacity_messages);
	return r < 0 ? r : 1;
}

int nr_msg_grow(struct nr_msg *msg, int id, struct naru_queue *queue, size_t size)
{
	struct nr_ids_entry entry;
	int r = nr_registry_lock(msg->ids, NR_SYSV_MSG);

	if (r < 0)
		return r;
	/* Nobody changes msg_qbytes meanwhile. */
	r = nr_ids_find(msg->ids, NR_SYSV_MSG, id, &entry);
	r = r < 0 ? -EIDRM : add(queue, entry.size, size);
	nr_registry_unlock(msg->ids, NR_SYSV_MSG);
	return r == -ENOSPC || r == -EFBIG || r == -EINVAL ? -ENOMEM : r;
}
