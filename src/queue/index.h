/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_INDEX_H
#define NARU_QUEUE_INDEX_H

/*
 * queue/index.h - find the stored message that a receive wants
 *
 * No system calls. The caller holds the receivers' lock and, for insert and
 * remove, has begun a change in the journal (the index writes a block's next,
 * previous, node and kind through it). Logarithmic in the number of types, and
 * independent of the number of messages. Errors as of queue/heap.h; walks are
 * bounded, whatever the memory holds.
 */

#include <queue/heap.h>

enum nr_select_kind {
	NR_SELECT_ANY,
	NR_SELECT_TYPE,	  /* that type */
	NR_SELECT_LOWEST, /* the lowest type <= .type */
	NR_SELECT_EXCEPT, /* any type but that one */
};

struct nr_select {
	enum nr_select_kind kind;
	int64_t type; /* > 0; for ANY unused */
};

/* May a receive with this selection be given a message of @type? */
static inline bool nr_select_admits(const struct nr_select *select, int64_t type)
{
	switch (select->kind) {
	case NR_SELECT_ANY:
		return true;
	case NR_SELECT_TYPE:
		return type == select->type;
	case NR_SELECT_LOWEST:
		return type <= select->type;
	default:
		return type != select->type;
	}
}

/*
 * Put the message in; its type (> 0), length and position are set. It becomes
 * STORED. Position order within the type is kept: cheap for the newest and for
 * one that is older than most.
 *
 * -ENOSPC	no room for a TYPE block
 */
int nr_index_insert(struct nr_heap *heap, uint32_t message);

/*
 * Take the message out. Its kind is left STORED, for the caller to change. May
 * free a TYPE block: allocate what the change needs before.
 */
int nr_index_remove(struct nr_heap *heap, uint32_t message);

/*
 * The oldest message that @select admits (LOWEST: the oldest of the lowest type).
 *
 * -ENOMSG	there is none
 */
int nr_index_find(const struct nr_heap *heap, const struct nr_select *select,
		  uint32_t *ret_message);

/*
 * Call @visit for each stored message, in no particular order; a nonzero return
 * ends the walk and is returned.
 */
int nr_index_walk(const struct nr_heap *heap,
		  int (*visit)(void *data, uint32_t message,
			       const struct nr_block_shared *block),
		  void *data);

/* Check I3 and the shape of the tree. For tests and the doctor. */
int nr_index_check(const struct nr_heap *heap);

#endif /* NARU_QUEUE_INDEX_H */
