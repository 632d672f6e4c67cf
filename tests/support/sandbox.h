/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SANDBOX_H
#define SUPPORT_SANDBOX_H

/*
 * support/sandbox.h - a journal and a heap in memory of our own
 *
 * Before the memory and behind it lie pages that nobody may touch.
 */

#include <queue/heap.h>

struct sandbox {
	unsigned char *mapping;
	size_t mapping_size;
	unsigned char *before; /* the heap's granules at sandbox_remember() */
	struct nr_heap_shared before_shared;
	struct nr_journal journal;
	struct nr_heap heap;
	uint64_t epoch;
};

/* The heap has @granules now and may grow up to @room. Its memory is zero. */
struct sandbox *sandbox_open(uint32_t granules, uint32_t room);
void sandbox_close(struct sandbox *sandbox);

void sandbox_begin(struct sandbox *sandbox);
void sandbox_commit(struct sandbox *sandbox);
int sandbox_undo(struct sandbox *sandbox);

/*
 * Make a change, and commit it if @make returns 0, else undo it. But first begin it
 * again and again, stop it before its first journaled store, its second, and so
 * on, undo it, and see that everything is as before. Returns what @make returned.
 */
int sandbox_change(struct sandbox *sandbox, int (*make)(struct nr_heap *, void *),
		   void *data);

void sandbox_remember(struct sandbox *sandbox);

/* Does the heap hold what it held, as far as that had a meaning? */
void sandbox_assert_as_before(const struct sandbox *sandbox);

/* Write nonsense, often a plausible one, to some word of the heap or the journal. */
void sandbox_scribble(struct sandbox *sandbox, uint64_t *random);

#endif /* SUPPORT_SANDBOX_H */
