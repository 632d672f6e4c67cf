/* SPDX-License-Identifier: MIT */

/* queue/index.c - the lists of messages at the leaves of the tree, and the search */

#include <queue/index.h>

#include <errno.h>
#include <queue/tree.h>

/*
 * Between which two of the type's messages @position belongs, 0 for none. Their
 * positions ascend, so a list that leads into itself is noticed.
 */
static int find_place(const struct nr_heap *heap, const struct nr_type_shared *type,
		      uint64_t position, uint32_t *ret_previous, uint32_t *ret_next)
{
	uint32_t last = nr_read_once(&type->last);
	uint32_t next = nr_read_once(&type->first);
	uint32_t previous = 0;
	uint64_t before = 0;
	const struct nr_block_shared *message = nr_tree_message(heap, last);

	if (!message)
		return -EBADMSG;
	if (position > nr_read_once(&message->position)) {
		*ret_previous = last;
		*ret_next = 0;
		return 0;
	}
	for (uint32_t i = 0; i < heap->granules; i++) {
		uint64_t there;

		message = nr_tree_message(heap, next);
		if (!message)
			return -EBADMSG;
		there = nr_read_once(&message->position);
		if (there == position || (previous && there <= before))
			return -EBADMSG;
		if (there > position) {
			*ret_previous = previous;
			*ret_next = next;
			return 0;
		}
		before = there;
		previous = next;
		next = nr_read_once(&message->next);
	}
	return -EBADMSG;
}

/* Make @previous and @next the neighbours of @message; 0 is the list's end. */
static int join(struct nr_heap *heap, struct nr_type_shared *type, uint32_t message,
		uint32_t previous, uint32_t next)
{
	struct nr_block_shared *before = nr_tree_message(heap, previous);
	struct nr_block_shared *after = nr_tree_message(heap, next);

	if ((previous && !before) || (next && !after))
		return -EBADMSG;
	if (before)
		nr_journal_write(heap->journal, before->next, message);
	else
		nr_journal_write(heap->journal, type->first, message);
	if (after)
		nr_journal_write(heap->journal, after->previous, message);
	else
		nr_journal_write(heap->journal, type->last, message);
	return 0;
}

static int finish(struct nr_heap *heap, uint64_t stored)
{
	nr_journal_write(heap->journal, heap->shared->stored, stored);
	return heap->journal->full ? -EBADMSG : 0;
}

int nr_index_insert(struct nr_heap *heap, uint32_t message)
{
	struct nr_block_shared *block = nr_heap_block(heap, message);
	uint64_t stored = nr_read_once(&heap->shared->stored);
	uint32_t leaf, previous = 0, next = 0;
	struct nr_tree_path path;
	uint64_t position;
	int64_t type;
	int r;

	if (!block || nr_read_once(&block->kind) == NR_BLOCK_STORED)
		return -EBADMSG;
	type = nr_read_once(&block->type);
	position = nr_read_once(&block->position);
	if (type <= 0)
		return -EBADMSG;
	r = nr_tree_seek(heap, type, &path);
	if (r < 0)
		return r;

	if (path.leaf && path.type == type) {
		leaf = path.leaf;
		r = find_place(heap, path.block, position, &previous, &next);
		if (r == 0)
			r = join(heap, path.block, message, previous, next);
		if (r == 0 && !previous)
			nr_tree_lower(heap, &path, position);
	} else {
		r = nr_heap_allocate(heap, 1, &leaf);
		if (r == 0) {
			struct nr_type_shared *fresh = (void *)nr_heap_block(heap, leaf);

			fresh->first = fresh->last = message;
			r = nr_tree_add(heap, &path, leaf, type, position);
		}
	}
	if (r < 0)
		return r;
	nr_journal_write(heap->journal, block->next, next);
	nr_journal_write(heap->journal, block->previous, previous);
	nr_journal_write(heap->journal, block->node, leaf);
	nr_journal_write(heap->journal, block->kind, NR_BLOCK_STORED);
	return finish(heap, stored + 1);
}

/* Take the first message of a type out, after which there is @next or none. */
static int remove_first(struct nr_heap *heap, struct nr_type_shared *type, uint32_t leaf,
			const struct nr_block_shared *block, uint32_t next)
{
	uint64_t old = nr_read_once(&block->position);
	struct nr_block_shared *after = nr_tree_message(heap, next);
	struct nr_tree_path path;
	int r;

	r = nr_tree_seek(heap, nr_read_once(&type->type), &path);
	if (r < 0)
		return r;
	if (path.leaf != leaf)
		return -EBADMSG;
	if (!next) {
		r = nr_tree_remove(heap, &path, old);
		return r < 0 ? r : nr_heap_free(heap, leaf);
	}
	if (!after)
		return -EBADMSG;
	nr_journal_write(heap->journal, type->first, next);
	nr_journal_write(heap->journal, after->previous, 0);
	return nr_tree_raise(heap, &path, old, nr_read_once(&after->position));
}

int nr_index_remove(struct nr_heap *heap, uint32_t message)
{
	struct nr_block_shared *block = nr_tree_message(heap, message);
	uint64_t stored = nr_read_once(&heap->shared->stored);
	struct nr_type_shared *type;
	uint32_t leaf, next, previous;
	int r;

	if (!block || stored == 0)
		return -EBADMSG;
	leaf = nr_read_once(&block->node);
	next = nr_read_once(&block->next);
	previous = nr_read_once(&block->previous);
	type = nr_tree_type(heap, leaf);
	if (!type || (!previous && nr_read_once(&type->first) != message) ||
	    (!next && nr_read_once(&type->last) != message))
		return -EBADMSG;

	if (!previous) {
		r = remove_first(heap, type, leaf, block, next);
	} else {
		struct nr_block_shared *before = nr_tree_message(heap, previous);
		struct nr_block_shared *after = nr_tree_message(heap, next);

		if (!before || (next && !after))
			return -EBADMSG;
		nr_journal_write(heap->journal, before->next, next);
		if (after)
			nr_journal_write(heap->journal, after->previous, previous);
		else
			nr_journal_write(heap->journal, type->last, previous);
		r = 0;
	}
	return r < 0 ? r : finish(heap, stored - 1);
}

static int first_of(const struct nr_heap *heap, const struct nr_type_shared *type,
		    uint32_t *ret_message)
{
	uint32_t first = nr_read_once(&type->first);

	if (!nr_tree_message(heap, first))
		return -EBADMSG;
	*ret_message = first;
	return 0;
}

/* The oldest of those that are beside the path. */
static int find_beside(const struct nr_heap *heap, const struct nr_tree_path *path,
		       uint32_t *ret_message)
{
	uint64_t oldest = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < path->depth; i++) {
		const struct nr_tree_step *step = &path->step[i];
		uint32_t child = nr_read_once(&step->branch->branch_child[!step->side]);
		uint64_t position;
		int r;

		r = nr_tree_oldest(heap, child, &position);
		if (r < 0)
			return r;
		if (!found || position < oldest) {
			found = child;
			oldest = position;
		}
	}
	return found ? nr_tree_descend(heap, found, ret_message) : -ENOMSG;
}

int nr_index_find(const struct nr_heap *heap, const struct nr_select *select,
		  uint32_t *ret_message)
{
	uint32_t root = nr_read_once(&heap->shared->root);
	struct nr_tree_path path;
	int r;

	if (!root)
		return -ENOMSG;
	if (select->kind == NR_SELECT_ANY)
		return nr_tree_descend(heap, root, ret_message);

	/* The lowest type is where 0 would be. */
	r = nr_tree_seek(heap, select->kind == NR_SELECT_LOWEST ? 0 : select->type,
			 &path);
	if (r < 0)
		return r;
	if (!path.leaf)
		return -ENOMSG;
	if (select->kind == NR_SELECT_EXCEPT)
		return path.type == select->type
			       ? find_beside(heap, &path, ret_message)
			       : nr_tree_descend(heap, root, ret_message);
	return nr_select_admits(select, path.type)
		       ? first_of(heap, path.block, ret_message)
		       : -ENOMSG;
}
