/* SPDX-License-Identifier: MIT */

/* sysv/msg-room.c - how much a queue may hold, and has memory for */

#include <sysv/msg.h>

#include <errno.h>
#include <queue/set.h>
#include <sysv/registry.h>

/*
 * So much a new queue has memory for: enough that a stream of small messages stays in
 * the ring, in which they are several times faster than those that rest.
 */
enum { FIRST_BYTES = 131072, FIRST_MESSAGES = 2048 };

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
		stat.capacity = least(qbytes, most(2 * stat.capacity, bytes + size));
	if (messages >= stat.capacity_messages)
		stat.capacity_messages = least(qbytes, 2 * stat.capacity_messages + 16);
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
