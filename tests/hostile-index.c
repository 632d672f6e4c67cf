/* SPDX-License-Identifier: MIT */

/* An index that was damaged by hand: what the checks and the calls make of it. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <queue/index.h>
#include <support/sandbox.h>

enum { GRANULES = 400, POSITION = 12 /* of a block's u32 words */ };

static uint32_t store(struct sandbox *sandbox, int64_t type, uint64_t position)
{
	struct nr_block_shared *block;
	uint32_t message;

	sandbox_begin(sandbox);
	assert_int_equal(nr_heap_allocate(&sandbox->heap, 2, &message), 0);
	block = nr_heap_block(&sandbox->heap, message);
	block->type = type;
	block->position = position;
	assert_int_equal(nr_index_insert(&sandbox->heap, message), 0);
	sandbox_commit(sandbox);
	return message;
}

static int count_one(void *data, uint32_t message, const struct nr_block_shared *block)
{
	uint64_t *count = data;

	assert_true(message > 0);
	assert_non_null(block);
	++*count;
	return 0;
}

static void test_check_finds_damage(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	uint32_t message[6];

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		message[i] = store(sandbox, 1 + i % 3, 10 + i);
	for (uint32_t i = 0; i < 6; i++) {
		struct nr_block_shared *block = nr_heap_block(&sandbox->heap, message[i]);
		uint32_t *field = (void *)block;
		const uint32_t fields[] = {2, 4, 5, 6, 8, POSITION};

		for (uint32_t k = 0; k < 6; k++) {
			uint32_t old = field[fields[k]];

			field[fields[k]] = fields[k] == POSITION ? 1 : old ^ 32;
			assert_int_equal(nr_index_check(&sandbox->heap), -EBADMSG);
			field[fields[k]] = old;
		}
		field = (void *)nr_heap_block(&sandbox->heap, block->node);
		for (uint32_t k = 4; k < 14; k++) {
			uint32_t old = field[k];

			/* A branch that is not there may hold anything. */
			if (k == 7 || (!field[9] && k >= 8))
				continue;
			field[k] = k == 9 ? 0 : old ^ 32;
			assert_int_equal(nr_index_check(&sandbox->heap), -EBADMSG);
			field[k] = old;
		}
	}
	sandbox->heap.shared->stored++;
	assert_int_equal(nr_index_check(&sandbox->heap), -EBADMSG);
	sandbox->heap.shared->stored--;
	assert_int_equal(nr_index_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

/* The list's ends and the messages tell different things. */
static void test_list_ends_are_compared(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct nr_type_shared *type;
	uint32_t message[3];

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		message[i] = store(sandbox, 1, i);
	type = (void *)nr_heap_block(&sandbox->heap,
				     nr_heap_block(&sandbox->heap, message[0])->node);
	type->first = type->last = message[1];
	for (uint32_t i = 0; i < 3; i += 2) {
		sandbox_begin(sandbox);
		assert_int_equal(nr_index_remove(&sandbox->heap, message[i]), -EBADMSG);
	}
	sandbox_close(sandbox);
}

/* A branch, and then a list, that leads back to itself, in a heap of many blocks. */
static void test_loops(void **state)
{
	struct sandbox *sandbox = sandbox_open(1 << 18, 1 << 18);
	struct nr_heap *heap = &sandbox->heap;
	struct nr_type_shared *branch;
	struct nr_block_shared *last;
	uint32_t message[3];
	uint64_t walked = 1000;
	uint32_t root, found;

	(void)state;
	message[0] = store(sandbox, 1, 1);
	message[1] = store(sandbox, 2, 2);
	message[2] = store(sandbox, 2, 3);
	root = heap->shared->root;
	branch = (void *)nr_heap_block(heap, root >> 1);
	for (uint32_t side = 0; side < 2; side++) {
		const struct nr_select select = {NR_SELECT_TYPE, side ? 2 : 1};
		const struct nr_select any = {.kind = NR_SELECT_ANY};
		uint32_t child = branch->branch_child[side];

		branch->branch_child[side] = root;
		assert_int_equal(nr_index_find(heap, &select, &found), -EBADMSG);
		if (side == 0)
			assert_int_equal(nr_index_find(heap, &any, &found), -EBADMSG);
		assert_int_equal(nr_index_walk(heap, count_one, &walked), -EBADMSG);
		assert_int_equal(nr_index_check(heap), -EBADMSG);
		branch->branch_child[side] = child;
	}
	assert_int_equal(nr_index_check(heap), 0);

	last = nr_heap_block(heap, message[2]);
	last->next = message[1];
	assert_int_equal(nr_index_walk(heap, count_one, &walked), -EBADMSG);
	assert_int_equal(nr_index_check(heap), -EBADMSG);
	sandbox_close(sandbox);
}

/* Each branch leads to the next one twice: few of them, but many ways. */
static void test_many_ways(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct nr_heap *heap = &sandbox->heap;
	uint64_t walked = 0;
	uint32_t child;

	(void)state;
	for (uint32_t i = 0; i < 63; i++)
		store(sandbox, INT64_C(1) << (62 - i), i);
	for (child = heap->shared->root; child & 1;) {
		struct nr_type_shared *branch = (void *)nr_heap_block(heap, child >> 1);

		child = branch->branch_child[0];
		branch->branch_child[1] = child;
	}
	assert_int_equal(nr_index_walk(heap, count_one, &walked), -EBADMSG);
	assert_true(walked < GRANULES);
	assert_int_equal(nr_index_check(heap), -EBADMSG);
	sandbox_close(sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_finds_damage),
		cmocka_unit_test(test_list_ends_are_compared),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_many_ways),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
