/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_ADMIT_H
#define NARU_QUEUE_ADMIT_H

/*
 * queue/admit.h - is there room for a message? The senders' lock is held.
 *
 * A sender keeps what it last saw of the receivers' counts, and looks again only
 * when by these there is no room: the receivers' cache line stays with them.
 */

#include <queue/handle.h>

/* What may still be sent, by what was last seen. */
struct nr_room {
	uint64_t bytes;
	uint64_t messages;
	uint64_t ring;
};

static inline uint64_t nr_room_of(uint64_t limit, uint64_t used)
{
	return used < limit ? limit - used : 0;
}

static inline struct nr_room nr_room_seen(const struct naru_queue *queue,
					  const struct nr_counts *sent)
{
	const struct nr_queue_shared *shared = queue->shared;
	uint64_t limit = nr_load_relaxed(&shared->limit_bytes);
	uint64_t used = sent->bytes - shared->seen_bytes;

	/* A limit that was lowered below what there is admits nothing, not even 0 bytes.
	 */
	if (__builtin_expect(used > limit, 0))
		return (struct nr_room){0};
	return (struct nr_room){
		.bytes = limit - used,
		.messages = nr_room_of(nr_load_relaxed(&shared->limit_messages),
				       sent->messages - shared->seen_messages),
		.ring = nr_ring_room(&queue->ring, shared->seen_head, sent->position),
	};
}

/* Look at the receivers' counts. */
static inline void nr_room_look(struct naru_queue *queue)
{
	struct nr_counts removed;

	/* What was seen before is still true, only late. */
	if (!nr_side_read(&queue->shared->receivers, &removed))
		return;
	queue->shared->seen_head = removed.position;
	queue->shared->seen_messages = removed.messages;
	queue->shared->seen_bytes = removed.bytes;
}

/*
 * Room for a message of @length bytes, and for a record of @record bytes.
 *
 * -EAGAIN	the queue is full
 * -ENOBUFS	only the ring is: messages are in it that rest
 * -EMSGSIZE	it is more than the queue may ever hold
 */
int nr_admit(struct naru_queue *queue, const struct nr_counts *sent, uint64_t length,
	     uint64_t record, struct nr_room *ret_room);

/*
 * Make room in the ring, by moving what rests in it to the store. The receivers'
 * lock is held too. -EBADMSG.
 */
int nr_admit_park(struct naru_queue *queue, struct nr_counts *removed,
		  const struct nr_counts *sent, uint64_t record);

/* Is neither limit reached? Both locks are held. */
bool nr_admit_any(const struct naru_queue *queue);

#endif /* NARU_QUEUE_ADMIT_H */
