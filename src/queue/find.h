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

#include <errno.h>
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
int nr_find_slowly(struct nr_store *store, const struct nr_ring *ring,
		   struct nr_counts *counts, const struct nr_select *select,
		   struct nr_found *ret_found);

/* A caller may allocate as much as a message says it is long. */
static inline bool nr_find_possible(const struct nr_store *store, uint64_t length)
{
	return length <= (uint64_t)store->heap.granules * NR_GRANULE;
}

/* Of the lowest type nothing in the ring can be lower than 1, or older than stored. */
static inline bool nr_find_certain(const struct nr_select *select, int64_t type)
{
	return select->kind != NR_SELECT_LOWEST || type == 1;
}

static inline int nr_find_in_ring(const struct nr_store *store,
				  const struct nr_record *record,
				  struct nr_found *ret_found)
{
	if (!nr_find_possible(store, record->length))
		return -EBADMSG;
	*ret_found = (struct nr_found){
		.type = record->type,
		.length = record->length,
		.message = record->reference,
		.record = *record,
	};
	return 0;
}

static inline int nr_find(struct nr_store *store, const struct nr_ring *ring,
			  struct nr_counts *counts, const struct nr_select *select,
			  struct nr_found *ret_found)
{
	struct nr_record record;

	/* Most often nothing rests, and the oldest in the ring is wanted. */
	if (nr_read_once(&store->heap.shared->stored) == 0 &&
	    nr_ring_peek(ring, counts->position, &record) > 0 &&
	    nr_select_admits(select, record.type) && nr_find_certain(select, record.type))
		return nr_find_in_ring(store, &record, ret_found);
	return nr_find_slowly(store, ring, counts, select, ret_found);
}

/*
 * Move the oldest record of the ring to the store. 1; 0: the ring is empty.
 */
int nr_park(struct nr_store *store, const struct nr_ring *ring, struct nr_counts *counts);

/*
 * Begin a change in which the found message becomes a TAKEN one of @owner, and the
 * position in @counts moves. nr_store_commit() is left to the caller. On failure
 * there is no change.
 */
int nr_find_take(struct nr_store *store, const struct nr_found *found,
		 struct nr_counts *counts, uint32_t owner, uint32_t *ret_message);

/* The selection that the arguments of a receive mean. -EINVAL. */
int nr_select_of(int64_t select, bool except, struct nr_select *ret_select);

#endif /* NARU_QUEUE_FIND_H */
