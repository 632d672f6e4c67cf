/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_RING_H
#define NARU_LAYOUT_RING_H

/*
 * layout/ring.h - the records that messages travel in
 *
 * The ring is a power of two of bytes, mapped twice in a row, so that a record
 * is contiguous wherever it begins. Positions count bytes since creation, are
 * multiples of 16 and never wrap back; a record at position p is at p & (size - 1):
 *
 *	  0  state    see below
 *	  8  type     of the message, > 0
 *	 16  payload  padded to a multiple of 16
 *
 * The state word is 0, "nothing here yet", or
 *
 *	bits 60 .. 63	how: NR_RECORD_INLINE or NR_RECORD_BLOCK
 *	bits  0 .. 39	bytes of the message
 *
 * INLINE: the payload is the message. BLOCK: the payload is struct
 * nr_record_block_shared, and the message rests in that block of the heap.
 *
 * Invariants, true for every observer after every instruction:
 *
 *	I1  head <= tail <= head + size - 16	(head, tail: layout/queue.h)
 *	I2  [head, tail) is a sequence of whole records
 *	I3  the state word at tail is 0, or a sender has published the record there
 *	    and not yet moved tail (it is about to, or has died)
 *	I4  only the holder of the senders' lock writes to the ring, and only to
 *	    [tail, head + size)
 *
 * The ring may be made larger by who holds both locks. A position keeps its place, or has
 * one in what is new, so the records from head to tail are copied to where they are not
 * there yet, and the one store of the new size commits it. Who takes a lock looks whether
 * the size is still what he knows.
 *
 * A record is published by the one store of its state word, the last of all:
 * before it, the state word that follows the record has been made 0. Of several
 * records that become visible together, the first is published last.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_RING_ALIGN	 16u
#define NR_RECORD_INLINE 1u
#define NR_RECORD_BLOCK	 2u
#define NR_RECORD_SHIFT	 60
#define NR_RECORD_LENGTH ((UINT64_C(1) << 40) - 1)

struct nr_record_shared {
	_Atomic uint64_t state;
	int64_t type;
	unsigned char payload[];
};

struct nr_record_block_shared {
	uint32_t reference; /* layout/heap.h */
	uint32_t unused;
	uint64_t id; /* of the block */
};

static_assert(sizeof(struct nr_record_shared) == NR_RING_ALIGN, "layout");
static_assert(sizeof(struct nr_record_block_shared) == NR_RING_ALIGN, "layout");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared atomics must be lock-free");

#endif /* NARU_LAYOUT_RING_H */
