/* SPDX-License-Identifier: MIT */

/*
 * queue/index-check.c - visit all that is stored: for whom it concerns, and to see
 * whether invariant I3 of layout/heap.h and the shape of the tree are as told
 *
 * A tree that was tampered with may lead to the same place again and again: a walk
 * ends after as many steps as the heap can hold messages, leaves and branches.
 */

#include <queue/index.h>

#include <errno.h>
#include <queue/tree.h>

struct walk {
	const struct nr_heap *heap;
	uint64_t steps; /* that are left */
	int (*visit)(void *data, uint32_t message, const struct nr_block_shared *block);
	void *data;
};

static int walk_list(struct walk *walk, const struct nr_type_shared *type)
{
	uint32_t message = nr_read_once(&type->first);

	while (message) {
		const struct nr_block_shared *block =
			nr_tree_message(walk->heap, message);
		uint32_t next;
		int r;

		if (!block || walk->steps == 0)
			return -EBADMSG;
		walk->steps--;
		next = nr_read_once(&block->next);
		r = walk->visit(walk->data, message, block);
		if (r != 0)
			return r;
		message = next;
	}
	return 0;
}

static int walk_tree(struct walk *walk, uint32_t child, uint32_t above)
{
	const struct nr_type_shared *type = nr_tree_type(walk->heap, child >> 1);
	uint32_t bit;
	int r;

	if (!type || walk->steps == 0)
		return -EBADMSG;
	walk->steps--;
	if (!(child & 1))
		return walk_list(walk, type);
	bit = nr_read_once(&type->branch_bit);
	if (bit >= above)
		return -EBADMSG;
	r = walk_tree(walk, nr_read_once(&type->branch_child[0]), bit);
	if (r == 0)
		r = walk_tree(walk, nr_read_once(&type->branch_child[1]), bit);
	return r;
}

int nr_index_walk(const struct nr_heap *heap,
		  int (*visit)(void *data, uint32_t message,
			       const struct nr_block_shared *block),
		  void *data)
{
	struct walk walk = {heap, 2 * (uint64_t)heap->granules, visit, data};
	uint32_t root = nr_read_once(&heap->shared->root);

	return root ? walk_tree(&walk, root, NR_TREE_BITS) : 0;
}

struct check {
	const struct nr_heap *heap;
	uint64_t steps; /* that are left */
	uint64_t messages;
	uint64_t leaves;
	uint64_t branches;
	uint64_t spare; /* slots for a branch that hold none */
	uint32_t depth;
	uint32_t above[NR_TREE_BITS + 1]; /* the blocks whose branches lead here */
};

/* What is below a child: its lowest and highest type, and its oldest position. */
struct below {
	int64_t low;
	int64_t high;
	uint64_t oldest;
};

static int check_list(struct check *check, uint32_t leaf,
		      const struct nr_type_shared *type, struct below *ret_below)
{
	uint32_t message = nr_read_once(&type->first);
	int64_t number = nr_read_once(&type->type);
	uint32_t previous = 0;
	uint64_t before = 0;

	if (number <= 0 || message == 0)
		return -EBADMSG;
	while (message) {
		const struct nr_block_shared *block =
			nr_tree_message(check->heap, message);
		uint64_t position;

		if (!block || check->steps == 0)
			return -EBADMSG;
		check->steps--;
		position = nr_read_once(&block->position);
		if (nr_read_once(&block->type) != number ||
		    nr_read_once(&block->node) != leaf ||
		    nr_read_once(&block->previous) != previous ||
		    (previous && position <= before))
			return -EBADMSG;
		if (!previous)
			*ret_below = (struct below){number, number, position};
		check->messages++;
		before = position;
		previous = message;
		message = nr_read_once(&block->next);
	}
	return nr_read_once(&type->last) == previous ? 0 : -EBADMSG;
}

static int check_leaf(struct check *check, uint32_t leaf,
		      const struct nr_type_shared *type, struct below *ret_below)
{
	check->leaves++;
	if (nr_read_once(&type->branch_used)) {
		uint32_t i = 0;

		while (i < check->depth && check->above[i] != leaf)
			i++;
		if (i == check->depth)
			return -EBADMSG;
	} else {
		check->spare++;
	}
	return check_list(check, leaf, type, ret_below);
}

static int check_tree(struct check *check, uint32_t child, uint32_t above,
		      struct below *ret_below)
{
	const struct nr_type_shared *type = nr_tree_type(check->heap, child >> 1);
	struct below below[2];
	uint64_t oldest;
	uint32_t bit;

	if (!type || check->steps == 0)
		return -EBADMSG;
	check->steps--;
	if (!(child & 1))
		return check_leaf(check, child >> 1, type, ret_below);

	bit = nr_read_once(&type->branch_bit);
	if (bit >= above || nr_read_once(&type->branch_used) != 1)
		return -EBADMSG;
	check->branches++;
	check->above[check->depth++] = child >> 1;
	for (int side = 0; side < 2; side++) {
		int r = check_tree(check, nr_read_once(&type->branch_child[side]), bit,
				   &below[side]);

		if (r < 0)
			return r;
	}
	check->depth--;

	/* If the outermost types differ in this bit first, those between fit in. */
	oldest = below[0].oldest < below[1].oldest ? below[0].oldest : below[1].oldest;
	if ((below[0].low ^ below[1].high) >> bit != 1 ||
	    (below[0].high >> bit & 1) != 0 || (below[1].low >> bit & 1) != 1 ||
	    nr_read_once(&type->branch_oldest) != oldest)
		return -EBADMSG;
	*ret_below = (struct below){below[0].low, below[1].high, oldest};
	return 0;
}

/* How many STORED and TYPE blocks there are, in the tree or not. */
static int count_blocks(const struct nr_heap *heap, uint64_t *ret_stored,
			uint64_t *ret_types)
{
	uint32_t end = nr_read_once(&heap->shared->granules);
	uint64_t stored = 0, types = 0;
	uint32_t size;

	if (end > heap->granules)
		return -EBADMSG;
	for (uint32_t reference = 1; reference < end; reference += size) {
		const struct nr_block_shared *block = nr_heap_block(heap, reference);
		uint32_t kind = nr_read_once(&block->kind);

		stored += kind == NR_BLOCK_STORED;
		types += kind == NR_BLOCK_TYPE;
		size = nr_read_once(&block->size);
		if (size == 0 || size > end - reference)
			return -EBADMSG;
	}
	*ret_stored = stored;
	*ret_types = types;
	return 0;
}

int nr_index_check(const struct nr_heap *heap)
{
	struct check check = {.heap = heap, .steps = 2 * (uint64_t)heap->granules};
	uint32_t root = nr_read_once(&heap->shared->root);
	uint64_t stored = 0, types = 0;
	struct below below;
	int r;

	r = count_blocks(heap, &stored, &types);
	if (r == 0 && root)
		r = check_tree(&check, root, NR_TREE_BITS, &below);
	if (r < 0)
		return r;
	if (check.messages != stored || check.leaves != types ||
	    nr_read_once(&heap->shared->stored) != stored || check.spare != (root != 0) ||
	    check.branches + check.spare != check.leaves)
		return -EBADMSG;
	return 0;
}
