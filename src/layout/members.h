/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_MEMBERS_H
#define NARU_LAYOUT_MEMBERS_H

/*
 * layout/members.h - which peers use an object: part of the object's header
 *
 *	  0  joined	futex, raised after a bit was set
 *	  8  slot	a bit for each slot of .peers (layout/peers.h) that may use it
 *
 *	I1  A process sets its bit, and raises joined, before it changes anything else in
 *	    the object.
 *	I2  A bit is cleared only by who has found nobody alive in that slot; if somebody
 *	    is there after all, it is set again.
 *
 * So a bit may be there for a slot that has changed hands, but none is missing.
 */

#include <assert.h>
#include <layout/peers.h>
#include <stdatomic.h>
#include <stdint.h>

struct nr_members_shared {
	_Atomic uint32_t joined;
	uint32_t unused;
	_Atomic uint64_t slot[NR_PEERS / 64];
};

static_assert(sizeof(struct nr_members_shared) == 8 + NR_PEERS / 8, "layout");

#endif /* NARU_LAYOUT_MEMBERS_H */
