/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_PEERS_H
#define NARU_LAYOUT_PEERS_H

/*
 * layout/peers.h - the file ".peers" of a space: who uses it
 *
 *	  0  magic, version, slots		in the place of slot 0
 *	 16  slot 1				}
 *	 32  slot 2				}  16 bytes each, up to
 *	 ...					}  slot NR_PEERS - 1
 *
 * A slot:
 *	  0  generation	 of the process that has it, 1 .. NR_PEER_GENERATIONS - 2
 *	  4  pid	 in its own namespace, for people; 0: given up in good order
 *	  8  start	 CLOCK_BOOTTIME nanoseconds when it registered
 *
 * An *id* names one process for all time that matters: slot in the low 12 bits,
 * generation in the 19 above. 0 is nobody, and so is NR_PEER_ID_MASK. Bit 31 is
 * never part of an id.
 *
 *	I1  A living peer of slot s holds an exclusive OFD lock on byte 16 * s of
 *	    the file (and nothing else); the kernel drops it when its memory goes.
 *	I2  Only the holder of that lock writes slot s, but for generation and pid: these
 *	    are changed before the lock is taken, by who holds one on byte 16 * s + 1
 *	    and has found the other one free. Nobody takes the one without the other.
 *
 * So id is alive if and only if the byte is locked and generation matches.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_PEERS_FILE	    ".peers"
#define NR_PEERS_MAGIC	    UINT64_C(0x7372656570727561) /* "aurpeers" */
#define NR_PEERS_VERSION    1u
#define NR_PEERS	    4096u
#define NR_PEER_SLOT_BITS   12u
#define NR_PEER_GENERATIONS (1u << 19)
#define NR_PEER_ID_MASK	    0x7fffffffu

struct nr_peer_shared {
	_Atomic uint32_t generation;
	_Atomic int32_t pid;
	_Atomic uint64_t start;
};

struct nr_peers_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t slots;
	struct nr_peer_shared slot[NR_PEERS - 1]; /* slot s is slot[s - 1] */
};

static_assert(sizeof(struct nr_peer_shared) == 16, "layout");
static_assert(offsetof(struct nr_peers_shared, slot) == 16, "layout");
static_assert(sizeof(struct nr_peers_shared) == 16 * NR_PEERS, "layout");

#endif /* NARU_LAYOUT_PEERS_H */
