/* SPDX-License-Identifier: MIT */

/*
 * queue/tree.c - add and take out leaves, and keep each branch's oldest position
 *
 * A new TYPE block brings its own branch, placed somewhere above it. A leaf that
 * goes takes the branch above it out of the tree; if its block has to keep
 * another branch, that moves to the slot that became free. So the branch in a
 * block is always one above that block's leaf, and is met on the way to it.
 */

#include <queue/tree.h>

#include <errno.h>

int nr_tree_seek(const struct nr_heap *heap, int64_t type, struct nr_tree_path *path)
{
	uint32_t child = nr_read_once(&heap->shared->root);
	uint32_t above = NR_TREE_BITS;

	path->depth = 0;
	path->leaf = 0;
	if (!child)
		return 0;
	while (child & 1) {
		struct nr_tree_step *step = &path->step[path->depth++];

		step->reference = child >> 1;
		step->branch = nr_tree_type(heap, step->reference);
		if (!step->branch || !nr_read_once(&step->branch->branch_used))
			return -EBADMSG;
		step->bit = nr_read_once(&step->branch->branch_bit);
		if (step->bit >= above)
			return -EBADMSG;
		above = step->bit;
		step->side = (uint64_t)type >> step->bit & 1;
		child = nr_read_once(&step->branch->branch_child[step->side]);
	}
	path->leaf = child >> 1;
	path->block = nr_tree_type(heap, path->leaf);
	if (!path->block)
		return -EBADMSG;
	path->type = nr_read_once(&path->block->type);
	return path->type > 0 ? 0 : -EBADMSG;
}

int nr_tree_oldest(const struct nr_heap *heap, uint32_t child, uint64_t *ret_position)
{
	const struct nr_type_shared *type = nr_tree_type(heap, child >> 1);
	const struct nr_block_shared *message;

	if (!type)
		return -EBADMSG;
	if (child & 1) {
		*ret_position = nr_read_once(&type->branch_oldest);
		return 0;
	}
	message = nr_tree_message(heap, nr_read_once(&type->first));
	if (!message)
		return -EBADMSG;
	*ret_position = nr_read_once(&message->position);
	return 0;
}

int nr_tree_descend(const struct nr_heap *heap, uint32_t child, uint32_t *ret_message)
{
	const struct nr_type_shared *type = nr_tree_type(heap, child >> 1);
	uint32_t above = NR_TREE_BITS;
	uint32_t first;

	while (type && child & 1) {
		uint64_t oldest = nr_read_once(&type->branch_oldest);
		uint32_t bit = nr_read_once(&type->branch_bit);
		uint64_t position;
		int r;

		if (bit >= above)
			return -EBADMSG;
		above = bit;
		child = nr_read_once(&type->branch_child[0]);
		r = nr_tree_oldest(heap, child, &position);
		if (r < 0)
			return r;
		if (position != oldest)
			child = nr_read_once(&type->branch_child[1]);
		type = nr_tree_type(heap, child >> 1);
	}
	if (!type)
		return -EBADMSG;
	first = nr_read_once(&type->first);
	if (!nr_tree_message(heap, first))
		return -EBADMSG;
	*ret_message = first;
	return 0;
}

/* Where the tree points at what comes after the first @depth steps. */
static uint32_t *place(const struct nr_heap *heap, const struct nr_tree_path *path,
		       uint32_t depth)
{
	const struct nr_tree_step *step;

	if (depth == 0)
		return &heap->shared->root;
	step = &path->step[depth - 1];
	return &step->branch->branch_child[step->side];
}

void nr_tree_lower(struct nr_heap *heap, const struct nr_tree_path *path,
		   uint64_t position)
{
	for (uint32_t i = path->depth; i-- > 0;) {
		struct nr_type_shared *branch = path->step[i].branch;

		if (position >= nr_read_once(&branch->branch_oldest))
			break;
		nr_journal_write(heap->journal, branch->branch_oldest, position);
	}
}

int nr_tree_raise(struct nr_heap *heap, const struct nr_tree_path *path, uint64_t old,
		  uint64_t position)
{
	for (uint32_t i = path->depth; i-- > 0;) {
		struct nr_type_shared *branch = path->step[i].branch;
		uint64_t sibling;
		int r;

		if (nr_read_once(&branch->branch_oldest) != old)
			break;
		r = nr_tree_oldest(
			heap, nr_read_once(&branch->branch_child[!path->step[i].side]),
			&sibling);
		if (r < 0)
			return r;
		if (sibling < position)
			position = sibling;
		nr_journal_write(heap->journal, branch->branch_oldest, position);
	}
	return 0;
}

int nr_tree_add(struct nr_heap *heap, struct nr_tree_path *path, uint32_t leaf,
		int64_t type, uint64_t position)
{
	struct nr_type_shared *block = (void *)nr_heap_block(heap, leaf);
	uint32_t child, bit, side;
	uint64_t oldest;
	int r;

	block->kind = NR_BLOCK_TYPE;
	block->type = type;
	block->branch_used = 0;
	if (!path->leaf) {
		nr_journal_write(heap->journal, heap->shared->root, nr_tree_leaf(leaf));
		return 0;
	}

	/* The new branch goes above the first one that tests a lower bit. */
	bit = 63 - (uint32_t)__builtin_clzll((uint64_t)(type ^ path->type));
	child = nr_tree_leaf(path->leaf);
	while (path->depth > 0 && path->step[path->depth - 1].bit <= bit) {
		path->depth--;
		if (path->step[path->depth].bit == bit)
			return -EBADMSG;
		child = nr_tree_branch(path->step[path->depth].reference);
	}
	r = nr_tree_oldest(heap, child, &oldest);
	if (r < 0)
		return r;
	side = (uint64_t)type >> bit & 1;
	block->branch_used = 1;
	block->branch_bit = bit;
	block->branch_child[side] = nr_tree_leaf(leaf);
	block->branch_child[!side] = child;
	block->branch_oldest = position < oldest ? position : oldest;
	nr_journal_write(heap->journal, *place(heap, path, path->depth),
			 nr_tree_branch(leaf));
	nr_tree_lower(heap, path, position);
	return 0;
}

/* Move the branch of the leaf's own block into the slot that @to has free. */
static int move_branch(struct nr_heap *heap, const struct nr_tree_path *path,
		       const struct nr_tree_step *to)
{
	const struct nr_type_shared *from = path->block;
	uint32_t depth = 0;

	while (depth < path->depth && path->step[depth].reference != path->leaf)
		depth++;
	if (depth == path->depth)
		return -EBADMSG;
	for (int side = 0; side < 2; side++)
		nr_journal_write(heap->journal, to->branch->branch_child[side],
				 nr_read_once(&from->branch_child[side]));
	nr_journal_write(heap->journal, to->branch->branch_bit,
			 nr_read_once(&from->branch_bit));
	nr_journal_write(heap->journal, to->branch->branch_oldest,
			 nr_read_once(&from->branch_oldest));
	nr_journal_write(heap->journal, *place(heap, path, depth),
			 nr_tree_branch(to->reference));
	return 0;
}

int nr_tree_remove(struct nr_heap *heap, struct nr_tree_path *path, uint64_t position)
{
	const struct nr_tree_step *parent;
	uint32_t sibling;
	uint64_t oldest;
	int r;

	if (path->depth == 0) {
		nr_journal_write(heap->journal, heap->shared->root, 0);
		return 0;
	}
	parent = &path->step[--path->depth];
	sibling = nr_read_once(&parent->branch->branch_child[!parent->side]);
	r = nr_tree_oldest(heap, sibling, &oldest);
	if (r < 0)
		return r;
	nr_journal_write(heap->journal, *place(heap, path, path->depth), sibling);
	r = nr_tree_raise(heap, path, position, oldest);
	if (r < 0)
		return r;
	if (parent->reference != path->leaf && nr_read_once(&path->block->branch_used))
		return move_branch(heap, path, parent);
	nr_journal_write(heap->journal, parent->branch->branch_used, 0);
	return 0;
}
