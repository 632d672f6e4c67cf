/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_FIND_H
#define NARU_QUEUE_FIND_H

/*
 * queue/find.h - which message a receive gets, wherever it is
 *
 * No system calls. The caller holds the receivers' lock, and passes the receivers'
 * counts; what these functions change in them is committed already.
 *
 * Everything in the store is older than everything in the ring.
 */

#include <queue/ring.h>
#include <queue/store.h>

struct nr_found {
	int64_t type;
	uint64_t length;
	uint32_t message; /* in the store or, by a record of the ring, in the heap */
	bool stored;
	struct nr_record record; /* unless stored */
};

/*
 * The message that @select is to be given. What is in its way in the ring has been
 * moved to the store.
 *
 * -EAGAIN	there is none, and if something was in the ring, it no longer is
 */
int nr_find(struct nr_store *store, const struct nr_ring *ring, struct nr_counts *counts,
	    const struct nr_select *select, struct nr_found *ret_found);

/*
 * Move the oldest record of the ring to the store. 1; 0: the ring is empty.
 */
int nr_park(struct nr_store *store, const struct nr_ring *ring, struct nr_counts *counts);

/*
 * In a change that is open or, for a message inside of the ring, one that this
 * begins by building: make the found message a TAKEN one of @owner, and move the
 * position in @counts. nr_store_commit() is left to the caller. On failure there
 * is no change.
 */
int nr_find_take(struct nr_store *store, const struct nr_found *found,
		 struct nr_counts *counts, uint32_t owner, uint32_t *ret_message);

/* The selection that the arguments of a receive mean. -EINVAL. */
int nr_select_of(int64_t select, bool except, struct nr_select *ret_select);

#endif /* NARU_QUEUE_FIND_H */
