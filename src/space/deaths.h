/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_DEATHS_H
#define NARU_SPACE_DEATHS_H

/*
 * space/deaths.h - the words of layout/deaths.h, in this process
 *
 * Best effort: where the file, the kernel or the room for it is missing, there are no
 * words, and who waits looks again every now and then.
 */

#include <layout/deaths.h>
#include <space/space.h>
#include <sys/robust.h>

/* Find the file, or make it, when the space is opened. */
void nr_deaths_open(struct naru_space *space);
void nr_deaths_close(struct naru_space *space);

/*
 * See to it that this process's word tells of it: by the calling thread, unless an
 * earlier one still lives. The lock of space/peer.c is held.
 */
void nr_deaths_arm(struct naru_space *space, uint32_t id);

/* The word of @slot, NULL if there is none. */
static inline _Atomic uint32_t *nr_deaths_word(const struct naru_space *space,
					       uint32_t slot)
{
	const struct nr_deaths_shared *deaths = space->deaths;

	if (!deaths ||
	    !(atomic_load_explicit(&deaths->made[slot / 64], memory_order_relaxed) >>
		      slot % 64 &
	      1))
		return NULL;
	return (void *)((unsigned char *)space->deaths + nr_deaths_offset(slot));
}

/* Does our word still tell of us? Not, if the thread that armed it has ended. */
static inline bool nr_deaths_is_armed(const struct naru_space *space, uint32_t id)
{
	uint32_t value = nr_robust_value(&space->self->robust);
	const _Atomic uint32_t *word;

	if (!space->deaths)
		return true;
	/* Not in the pages of the robust list, which another thread may unmap. */
	word = nr_deaths_word(space, id & (NR_PEERS - 1));
	return word && value && atomic_load_explicit(word, memory_order_relaxed) == value;
}

/* Is there a living thread in this value of a word? */
static inline bool nr_deaths_lives(uint32_t word)
{
	return (word & NR_ROBUST_THREAD) != 0 && (word & NR_ROBUST_DIED) == 0;
}

#endif /* NARU_SPACE_DEATHS_H */
