/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_TREE_H
#define NARU_QUEUE_TREE_H

/*
 * queue/tree.h - the crit-bit tree of the types; a part of queue/index.h, which
 * see for the rules and the errors
 */

#include <base/atomic.h>
#include <queue/heap.h>

#define NR_TREE_BITS 63u /* of a type; a branch tests a lower one than that above it */

/* A branch that was passed, and to which side. */
struct nr_tree_step {
	struct nr_type_shared *branch;
	uint32_t reference;
	uint32_t bit;
	uint32_t side;
};

/* The way from the root to a leaf. */
struct nr_tree_path {
	uint32_t leaf; /* 0: the tree is empty */
	uint32_t depth;
	int64_t type; /* of the leaf */
	struct nr_type_shared *block;
	struct nr_tree_step step[NR_TREE_BITS + 1];
};

static inline uint32_t nr_tree_leaf(uint32_t reference)
{
	return reference << 1;
}

static inline uint32_t nr_tree_branch(uint32_t reference)
{
	return reference << 1 | 1;
}

/* The STORED message at @reference, NULL if it is none. */
static inline struct nr_block_shared *nr_tree_message(const struct nr_heap *heap,
						      uint32_t reference)
{
	struct nr_block_shared *block = nr_heap_block(heap, reference);

	return block && nr_read_once(&block->kind) == NR_BLOCK_STORED ? block : NULL;
}

/* The TYPE block at @reference, NULL if it is none. */
static inline struct nr_type_shared *nr_tree_type(const struct nr_heap *heap,
						  uint32_t reference)
{
	struct nr_type_shared *block = (void *)nr_heap_block(heap, reference);

	return block && nr_read_once(&block->kind) == NR_BLOCK_TYPE ? block : NULL;
}

/* Go to the leaf of @type; if there is none, to the one where the tree ends. */
int nr_tree_seek(const struct nr_heap *heap, int64_t type, struct nr_tree_path *path);

/* The least position below @child. */
int nr_tree_oldest(const struct nr_heap *heap, uint32_t child, uint64_t *ret_position);

/* Go to the oldest message below @child. */
int nr_tree_descend(const struct nr_heap *heap, uint32_t child, uint32_t *ret_message);

/*
 * Add a leaf, the fresh TYPE block @leaf of @type with one message at @position,
 * where nr_tree_seek() for that type has ended.
 */
int nr_tree_add(struct nr_heap *heap, struct nr_tree_path *path, uint32_t leaf,
		int64_t type, uint64_t position);

/* Take out the leaf at the end of @path; its oldest message was at @position. */
int nr_tree_remove(struct nr_heap *heap, struct nr_tree_path *path, uint64_t position);

/* There is now a message at @position at the end of @path. */
void nr_tree_lower(struct nr_heap *heap, const struct nr_tree_path *path,
		   uint64_t position);

/* The oldest message at the end of @path was at @old, and now is at @position. */
int nr_tree_raise(struct nr_heap *heap, const struct nr_tree_path *path, uint64_t old,
		  uint64_t position);

#endif /* NARU_QUEUE_TREE_H */
