/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_HEAP_H
#define NARU_LAYOUT_HEAP_H

/*
 * layout/heap.h - the memory in which messages rest that are not in the ring
 *
 * The heap is an array of granules of 64 bytes; a u32 *reference* is a granule's
 * number. Granule 0 is never part of a block, so 0 means none. The others are
 * covered by blocks without a gap:
 *
 *	granule 0 | block | block | ... | block |
 *		   1							granules
 *
 * Every block begins with
 *
 *	  0  size	granules of this block
 *	  4  before	granules of the block before it, 0 for the first
 *	  8  kind	enum nr_block_kind
 *	 12  chain	message, piece: the next piece of its payload, 0 for none
 *
 * A free block goes on with
 *
 *	 16  next	} in the list of its size class, 0 at the ends
 *	 20  previous	}
 *
 * a message (QUEUED, STORED, CLAIMED, TAKEN, BUILDING, DOOMED) with
 *
 *	 16  next	} STORED: in its type's list, by position
 *	 20  previous	} CLAIMED, TAKEN: in the held list, newest first
 *	 24  node	STORED: the TYPE block that it belongs to
 *	 28  owner	CLAIMED, TAKEN: the id (layout/peers.h) of who holds it,
 *			0 for nobody any more, NR_OWNER_DONE for: to be freed
 *	 32  type
 *	 40  length	bytes of the payload
 *	 48  position	its place in the order (of the ring, when it was sent)
 *	 56  id		unique, not 0: the receivers' epoch after it was made
 *	 64  payload	what fits in this block; the rest in the chain
 *
 * a PIECE with its part of a payload at 16, as much as fits, and a TYPE with
 *
 *	 16  first	} of the STORED messages of this type, by position;
 *	 20  last	} never none
 *	 24  type
 *	 32  branch_bit	   } a branch of the index, not always this type's own
 *	 36  branch_used   }
 *	 40  branch_child  } [0]: types with that bit 0, [1]: with 1
 *	 48  branch_oldest } the least position below it
 *
 * The index is a crit-bit tree (D. J. Bernstein, https://cr.yp.to/critbit.html)
 * over the types as unsigned 64-bit numbers, most significant bit first, so that
 * its order is theirs. n TYPEs have n leaves (each its own) and n - 1 branches,
 * each kept in the block of some type below it, one at most in each. A child is a
 * reference shifted left by one, with bit 0 set if it means that block's branch,
 * clear if it means that block as a leaf. A branch tests a lower bit than the one
 * above it.
 *
 * Size classes are those of TLSF (Masmano, Ripoll, Crespo, Real, ECRTS 2004):
 * first level the power of two, second level 16 linear steps in it.
 *
 * Invariants, whenever nobody holds the receivers' lock:
 *
 *	I1  blocks cover [1, granules) without a gap; before is right; no two
 *	    FREE blocks are neighbours
 *	I2  a FREE block is in the list of its class; the bitmaps tell which
 *	    lists are not empty
 *	I3  the index holds exactly the STORED messages, and stored counts them
 *	I4  the held list holds exactly the CLAIMED and TAKEN ones; building and doomed
 *	    are 0
 *	I5  a block is FREE or reachable: from the index, the held list, the ring
 *	    (QUEUED), or as a piece of one that is
 *
 * Only the holder of the receivers' lock changes any of this, under the journal;
 * payloads of CLAIMED and TAKEN messages belong to their owner.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_GRANULE	      64u
#define NR_HEAP_FIRST_LEVELS  32u
#define NR_HEAP_SECOND_LEVELS 16u
#define NR_OWNER_DONE	      UINT32_C(0x7fffffff)
#define NR_HEAP_GRANULES_MAX  (UINT32_C(1) << 31)

enum nr_block_kind {
	NR_BLOCK_FREE = 1,
	NR_BLOCK_PIECE,
	NR_BLOCK_TYPE,
	NR_BLOCK_QUEUED, /* a message that a record of the ring refers to */
	NR_BLOCK_STORED, /* a message in the index */
	NR_BLOCK_CLAIMED,
	NR_BLOCK_TAKEN,
	NR_BLOCK_BUILDING, /* a message whose pieces are being gathered */
	NR_BLOCK_DOOMED,   /* a message whose pieces are being freed */
};

struct nr_heap_shared {
	uint32_t granules; /* of the whole heap, granule 0 included */
	uint32_t last;	   /* the last block */
	uint32_t root;	   /* of the index: a child as in a branch, 0 for none */
	uint32_t held;	   /* first of the held list */
	uint64_t stored;   /* messages in the index */
	uint64_t claimed_messages;
	uint64_t claimed_bytes;
	uint64_t taken_messages;
	uint64_t taken_bytes;
	uint32_t building;    /* a BUILDING message, 0 for none */
	uint32_t doomed;      /* a DOOMED message, 0 for none */
	uint64_t first_level; /* bit f: second_level[f] is not 0 */
	uint32_t second_level[NR_HEAP_FIRST_LEVELS];
	uint32_t list[NR_HEAP_FIRST_LEVELS][NR_HEAP_SECOND_LEVELS];
};

struct nr_block_shared {
	uint32_t size;
	uint32_t before;
	uint32_t kind;
	uint32_t chain;
	uint32_t next;
	uint32_t previous;
	uint32_t node;
	_Atomic uint32_t owner; /* the holder may give it up without the lock */
	int64_t type;
	uint64_t length;
	uint64_t position;
	uint64_t id;
};

struct nr_piece_shared {
	uint32_t size;
	uint32_t before;
	uint32_t kind;
	uint32_t chain;
	unsigned char payload[];
};

struct nr_type_shared {
	uint32_t size;
	uint32_t before;
	uint32_t kind;
	uint32_t unused;
	uint32_t first;
	uint32_t last;
	int64_t type;
	uint32_t branch_bit;
	uint32_t branch_used;
	uint32_t branch_child[2];
	uint64_t branch_oldest;
	uint64_t unused2;
};

static_assert(sizeof(struct nr_block_shared) == NR_GRANULE, "layout");
static_assert(sizeof(struct nr_type_shared) == NR_GRANULE, "layout");
static_assert(sizeof(struct nr_piece_shared) == 16, "layout");
static_assert(offsetof(struct nr_block_shared, type) == 32, "layout");
static_assert(offsetof(struct nr_type_shared, branch_bit) == 32, "layout");
static_assert(offsetof(struct nr_heap_shared, second_level) == 72, "layout");
static_assert(sizeof(struct nr_heap_shared) == 72 + 128 + 2048, "layout");

#endif /* NARU_LAYOUT_HEAP_H */
