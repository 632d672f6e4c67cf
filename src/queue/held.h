/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_HELD_H
#define NARU_QUEUE_HELD_H

/*
 * queue/held.h - the messages that are claimed or taken, and by whom
 *
 * No system calls. The caller holds the receivers' lock; the functions that
 * change something are called in a change (queue/store.h).
 *
 * A holder that cannot get the lock in time, or does not want to wait for it,
 * gives its message up by one store to the owner word (nr_held_leave); the next
 * one who looks for messages of the dead finds it.
 *
 * Edge:
 *	[leave]	nr_held_leave swaps the owner word, with release
 *		nr_held_reap  loads it with acquire
 *		=> who gives the message to others sees what its holder wrote there, and
 *		   the holder has read all that it wanted to.
 */

#include <queue/store.h>

/* A message that this process holds. */
struct nr_hold {
	uint32_t message;
	uint64_t id;
	unsigned char *payload;	       /* NULL: it is in pieces */
	struct nr_block_shared *block; /* in the mapping of when it was got */
};

/* Put the message at the head of the held list, as @kind (CLAIMED, TAKEN). */
int nr_held_add(struct nr_store *store, uint32_t message, enum nr_block_kind kind,
		uint32_t owner);
int nr_held_remove(struct nr_store *store, uint32_t message);

/* What is to become of a message when its holder is through with it. */
enum nr_held_end {
	NR_HELD_GONE, /* a claim that is cancelled, a taken message that is released */
	NR_HELD_BACK, /* a taken message that goes back to its place */
};

/*
 * A whole change: end the hold of @message, which is CLAIMED or TAKEN. Its
 * kind decides how @counts change: a cancelled claim is no longer counted as
 * negative, a released message is counted as removed.
 */
int nr_held_finish(struct nr_store *store, uint32_t message, enum nr_held_end end,
		   struct nr_counts *counts);

/* The message's block if it is held as @kind by @owner, else NULL. */
struct nr_block_shared *nr_held_block(const struct nr_store *store,
				      const struct nr_hold *hold, enum nr_block_kind kind,
				      uint32_t owner);

/*
 * Without any lock: leave it to others to finish the hold in that way. False: it
 * is not held by @owner.
 */
bool nr_held_leave(const struct nr_hold *hold, uint32_t owner, enum nr_held_end end);

/*
 * A whole change each: finish the holds whose owner is not @alive any more.
 * @ret_back: how many messages came back. 1 if anything was finished, else 0.
 */
int nr_held_reap(struct nr_store *store, struct nr_counts *counts,
		 bool (*alive)(void *data, uint32_t owner), void *data,
		 uint64_t *ret_back);

#endif /* NARU_QUEUE_HELD_H */
