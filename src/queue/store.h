/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_STORE_H
#define NARU_QUEUE_STORE_H

/*
 * queue/store.h - messages in the heap
 *
 * No system calls. The caller holds the receivers' lock.
 *
 * A *change* is what happens wholly or not at all:
 *
 *	nr_store_begin	  or nr_store_build, which begins one
 *	...
 *	nr_store_commit	  with the receivers' counts as they are to be, or
 *	nr_store_undo	  everything is as before
 *
 * In a change: build first, then write payloads, then free. A message that does
 * not fit in one free block is built of pieces and freed in pieces, in several
 * changes; nr_store_finish() completes what a death leaves of that.
 */

#include <queue/heap.h>
#include <queue/index.h>
#include <queue/side.h>

struct nr_store {
	struct nr_heap heap;
	struct nr_journal journal;
	struct nr_side_shared *side; /* the receivers' */
};

void nr_store_begin(struct nr_store *store);
static inline void nr_store_commit(struct nr_store *store, const struct nr_counts *counts)
{
	nr_side_commit(store->side, counts);
}

/* Returns @error; -EBADMSG if the journal is damaged too. */
int nr_store_undo(struct nr_store *store, int error);

/*
 * Repair what a dead owner of the lock left: undo its change, and finish what it
 * was building or freeing.
 */
int nr_store_repair(struct nr_store *store);

/*
 * Begin a change with a new message in it of @length bytes: its length, id and
 * chain are set, its kind is not a message's yet. On failure there is no change.
 *
 * -ENOSPC	the heap is full
 */
int nr_store_build(struct nr_store *store, uint64_t length, uint32_t *ret_message);

/*
 * Free a message in a change; nr_store_finish() must follow the commit. It costs
 * a look, no more, if the message was in one block.
 */
int nr_store_free(struct nr_store *store, uint32_t message);
int nr_store_finish(struct nr_store *store);

/*
 * A message's block, if there is one at @message of that kind and, unless @id is
 * 0, with that id; else NULL.
 */
struct nr_block_shared *nr_store_message(const struct nr_store *store, uint32_t message,
					 enum nr_block_kind kind, uint64_t id);

/* The payload if it is in one piece of at least @length bytes, else NULL. */
unsigned char *nr_store_payload(const struct nr_store *store, uint32_t message,
				uint64_t length);

/* Copy the first @length bytes of a payload. -EBADMSG: it has not so many. */
int nr_store_write(const struct nr_store *store, uint32_t message, const void *data,
		   uint64_t length);
int nr_store_read(const struct nr_store *store, uint32_t message, void *buffer,
		  uint64_t length);

/*
 * In a change: free what lies behind the first @length bytes. nr_store_finish()
 * must follow the commit.
 */
int nr_store_trim(struct nr_store *store, uint32_t message, uint64_t length);

#endif /* NARU_QUEUE_STORE_H */
