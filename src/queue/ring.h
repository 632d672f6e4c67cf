/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_RING_H
#define NARU_QUEUE_RING_H

/*
 * queue/ring.h - records of layout/ring.h, over plain memory
 *
 * No system calls and no locks: the callers hold the lock of their side, but for
 * nr_ring_ready(), which anybody may ask.
 *
 * Edge:
 *	[publish]  nr_ring_publish stores a record's state with release
 *		   nr_ring_peek	   loads it with acquire
 *		   => who sees the record sees its payload, and that the state
 *		      word behind it was 0 or belongs to a later record.
 *
 * There is no edge back: room is reused only after the senders have seen the
 * receivers' epoch (queue/side.h, [counts]).
 */

#include <base/atomic.h>
#include <base/copy.h>
#include <errno.h>
#include <layout/ring.h>
#include <stdbool.h>

/* Longer messages wait in the heap, and only a reference goes through the ring. */
#define NR_INLINE_MAX UINT64_C(8192)

struct nr_ring {
	unsigned char *base;   /* mapped twice in a row */
	_Atomic uint64_t size; /* a power of two; our own copy, of this mapping */
};

static inline uint64_t nr_ring_size(const struct nr_ring *ring)
{
	return nr_load_relaxed(&ring->size);
}

/* The longest message that goes in the ring itself. */
static inline uint64_t nr_ring_inline_max(const struct nr_ring *ring)
{
	uint64_t part = nr_ring_size(ring) / 4;

	return part < NR_INLINE_MAX ? part : NR_INLINE_MAX;
}

struct nr_record {
	uint64_t length; /* of the message */
	int64_t type;
	uint64_t next;		/* position of the record behind */
	unsigned char *payload; /* NULL: it is in the heap, at */
	uint32_t reference;
	uint64_t id;
};

static inline struct nr_record_shared *nr_ring_at(const struct nr_ring *ring,
						  uint64_t position)
{
	/* Aligned even if the position, which others may write to, is not. */
	return (void *)(ring->base + (position & (nr_ring_size(ring) - NR_RING_ALIGN)));
}

/* Bytes of the ring that a record takes whose payload has @length bytes. */
static inline uint64_t nr_ring_record_size(uint64_t length)
{
	return (sizeof(struct nr_record_shared) + length + NR_RING_ALIGN - 1) &
	       ~(uint64_t)(NR_RING_ALIGN - 1);
}

/* Bytes that may be written at @tail; one state word stays free behind them. */
static inline uint64_t nr_ring_room(const struct nr_ring *ring, uint64_t head,
				    uint64_t tail)
{
	return nr_ring_size(ring) - NR_RING_ALIGN - (tail - head);
}

/* May these be positions of head and tail? */
static inline bool nr_ring_valid(const struct nr_ring *ring, uint64_t head, uint64_t tail)
{
	return tail - head <= nr_ring_size(ring) - NR_RING_ALIGN &&
	       ((head | tail) & (NR_RING_ALIGN - 1)) == 0;
}

/*
 * Is there a record at @position? Who holds no lock may come too late, when it is
 * payload that somebody writes: then it is a guess, and no race for TSan to tell of,
 * which looks at atomic loads everywhere.
 */
__attribute__((no_sanitize("thread"))) static inline bool
nr_ring_ready(const struct nr_ring *ring, uint64_t position)
{
	const struct nr_record_shared *record = nr_ring_at(ring, position);

	return *(const volatile uint64_t *)(const void *)&record->state != 0;
}

/*
 * A lock's atomic instruction waits for the loads and stores before it, so that the
 * processor cannot overlap one message's cache misses with the next one's. To fetch
 * ahead does. Only what is published is fetched for reading: to touch a line that the
 * sender is about to write would take it away.
 */
#define NR_RING_AHEAD 256u

static inline void nr_ring_fetch(const struct nr_ring *ring, uint64_t position)
{
	__builtin_prefetch(nr_ring_at(ring, position + NR_RING_AHEAD));
	__builtin_prefetch(nr_ring_at(ring, position + NR_RING_AHEAD + 64));
}

static inline void nr_ring_fetch_to_write(const struct nr_ring *ring, uint64_t position)
{
	__builtin_prefetch(nr_ring_at(ring, position + NR_RING_AHEAD), 1);
	__builtin_prefetch(nr_ring_at(ring, position + NR_RING_AHEAD + 64), 1);
}

/* 1 and *ret_record; 0: there is none at @position; -EBADMSG. */
static inline int nr_ring_peek(const struct nr_ring *ring, uint64_t position,
			       struct nr_record *ret_record)
{
	struct nr_record_shared *record = nr_ring_at(ring, position);
	uint64_t state = nr_load_acquire(&record->state); /* [publish] */
	uint64_t length = state & NR_RECORD_LENGTH;
	int64_t type;

	if (state == 0)
		return 0;
	type = nr_read_once(&record->type);
	if (type <= 0)
		return -EBADMSG;

	switch (state >> NR_RECORD_SHIFT) {
	case NR_RECORD_INLINE:
		if (length > nr_ring_inline_max(ring))
			return -EBADMSG;
		*ret_record = (struct nr_record){
			.length = length,
			.type = type,
			.next = position + nr_ring_record_size(length),
			.payload = record->payload,
		};
		return 1;
	case NR_RECORD_BLOCK: {
		const struct nr_record_block_shared *block = (void *)record->payload;

		*ret_record = (struct nr_record){
			.length = length,
			.type = type,
			.next = position + nr_ring_record_size(sizeof(*block)),
			.reference = nr_read_once(&block->reference),
			.id = nr_read_once(&block->id),
		};
		return 1;
	}
	default:
		return -EBADMSG;
	}
}

static inline void nr_ring_write_header(const struct nr_ring *ring, uint64_t position,
					int64_t type, uint64_t payload_length)
{
	uint64_t next = position + nr_ring_record_size(payload_length);

	nr_store_relaxed(&nr_ring_at(ring, next)->state, 0);
	nr_ring_at(ring, position)->type = type;
}

/*
 * Write a record at @position, except for its state word, and make the one behind
 * it 0. Returns the state for nr_ring_publish(). There is room.
 */
static inline uint64_t nr_ring_write(const struct nr_ring *ring, uint64_t position,
				     int64_t type, const void *data, uint64_t length)
{
	nr_ring_write_header(ring, position, type, length);
	nr_copy(nr_ring_at(ring, position)->payload, data, length);
	return (uint64_t)NR_RECORD_INLINE << NR_RECORD_SHIFT | length;
}

/*
 * Copy what is between @head and @tail to where it is in a ring of @size bytes, whose
 * second half and more is mapped behind this one already. Both locks are held. Nothing
 * that the ring of now needs is changed.
 */
void nr_ring_spread(const struct nr_ring *ring, uint64_t size, uint64_t head,
		    uint64_t tail);

uint64_t nr_ring_write_block(const struct nr_ring *ring, uint64_t position, int64_t type,
			     uint64_t length, uint32_t reference, uint64_t id);

static inline void nr_ring_publish(const struct nr_ring *ring, uint64_t position,
				   uint64_t state)
{
	nr_store_release(&nr_ring_at(ring, position)->state, state); /* [publish] */
}

#endif /* NARU_QUEUE_RING_H */
