/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_DEATHS_H
#define NARU_LAYOUT_DEATHS_H

/*
 * layout/deaths.h - the file ".deaths" of a space: how its peers' deaths are heard of
 *
 *	  0  magic, version
 *	 16  made	a bit for each slot (layout/peers.h) whose word may be read
 *	4096 * (1 + s / 3) + 4072 + 8 * (s % 3)
 *			the word of slot s
 *
 * Most of the file is a hole: a page of words is reserved when a peer first needs it,
 * and then the bit in made is set, for ever. Why a word lies at the end of its page,
 * three to each, is told in sys/robust.h.
 *
 * A word is a futex, and holds
 *
 *	thread | NR_ROBUST_WAITERS	a thread of the slot's process, by its own
 *					number for it: it lives
 *	NR_ROBUST_DIED			written by the kernel when that thread ended
 *	0				nothing is known
 *
 *	I1  Only the process that has the slot writes the word, and the kernel for it.
 *	I2  Whenever it holds a thread, the word is in that thread's robust list, or
 *	    that thread was not the process's first one and has called exec(2): the
 *	    kernel gave it the first one's number then, and did not know the word.
 *
 * So who sees the first thread there, after it saw the slot's generation, may take it
 * without a system call that this peer is alive; and who sleeps on the word is woken
 * when it dies. It is no proof, either way: whether a process lives, the file lock in
 * .peers tells. The file may be missing, and its words may be 0: all of it is only
 * faster than asking again and again.
 */

#include <assert.h>
#include <layout/peers.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_DEATHS_FILE	  ".deaths"
#define NR_DEATHS_MAGIC	  UINT64_C(0x7368746165647561) /* "audeaths" */
#define NR_DEATHS_VERSION 1u
#define NR_DEATHS_PAGE	  4096u
#define NR_DEATHS_EACH	  3u
#define NR_DEATHS_SIZE	  (NR_DEATHS_PAGE * (UINT64_C(2) + NR_PEERS / NR_DEATHS_EACH))

struct nr_deaths_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t unused;
	_Atomic uint64_t made[NR_PEERS / 64];
};

static inline uint64_t nr_deaths_offset(uint32_t slot)
{
	return NR_DEATHS_PAGE * (UINT64_C(2) + slot / NR_DEATHS_EACH) -
	       8 * (NR_DEATHS_EACH - slot % NR_DEATHS_EACH);
}

static_assert(sizeof(struct nr_deaths_shared) == 16 + NR_PEERS / 8, "layout");
static_assert(sizeof(struct nr_deaths_shared) <= NR_DEATHS_PAGE, "layout");

#endif /* NARU_LAYOUT_DEATHS_H */
