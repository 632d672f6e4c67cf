/* SPDX-License-Identifier: MIT */

/*
 * One word of a heap or an index is wrong, and the very call that looks at
 * it says so: before it changes what the word has led it to.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <queue/index.h>
#include <support/links.h>

static struct nr_type_shared *leaf_of(struct links *links, int n)
{
	return (void *)at(links, nth(links, n)->node);
}

static int free_one(struct links *links)
{
	return nr_heap_free(links->heap, links->one);
}

static int allocate(struct links *links)
{
	uint32_t reference;

	return nr_heap_allocate(links->heap, SIZE, &reference);
}

static int grow(struct links *links)
{
	return nr_heap_grow(links->heap, ROOM);
}

/* Every second one is free, and all of these in one list, the fifth first. */
static void make_holes(struct links *links)
{
	for (int i = 1; i < 6; i += 2)
		change(links, free_one, links->block[i]);
}

static uint32_t *list_of_holes(struct links *links)
{
	return &links->heap->shared->list[0][SIZE];
}

static void test_neighbours(void **state)
{
	struct links *links = *state;

	make_holes(links);
	links->one = links->block[4];
	assert_seen(links, free_one, &nth(links, 3)->before, SIZE - 1);
	assert_seen(links, free_one, &nth(links, 5)->size, SIZE - 1);
	assert_seen(links, free_one, &nth(links, 4)->before, 0);
	assert_seen(links, free_one, &nth(links, 4)->before, links->one);
	assert_seen(links, free_one, &nth(links, 4)->kind, NR_BLOCK_FREE);
	assert_seen(links, free_one, &nth(links, 4)->kind, NR_BLOCK_DOOMED + 1);
	assert_seen(links, free_one, &nth(links, 4)->size, 0);
	assert_seen(links, free_one, &nth(links, 4)->size, GRANULES);
	assert_seen(links, grow, &nth(links, 0)->size, SIZE - 1);
}

static void test_free_list(void **state)
{
	struct links *links = *state;

	make_holes(links);
	links->one = links->block[4];
	assert_seen(links, free_one, &nth(links, 5)->next, links->block[1]);
	assert_seen(links, free_one, &nth(links, 1)->previous, links->block[5]);
	assert_seen(links, free_one, &nth(links, 3)->next, GRANULES + ROOM);
	assert_seen(links, free_one, &nth(links, 3)->previous, GRANULES + ROOM);
	links->one = links->block[6];
	assert_seen(links, free_one, list_of_holes(links), links->block[3]);
	assert_seen(links, allocate, list_of_holes(links), 0);
	assert_seen(links, allocate, &nth(links, 5)->kind, NR_BLOCK_PIECE);
	assert_seen(links, allocate, &nth(links, 5)->size, SIZE - 1);
}

/* A size class has two sizes from here on. */
enum { TWO_SIZES = 32 };

static int allocate_more(struct links *links)
{
	uint32_t reference;
	int r = nr_heap_allocate(links->heap, TWO_SIZES + 1, &reference);

	return r == -ENOSPC ? 0 : r;
}

/* What is free is one granule too small, and comes again and again. */
static void test_a_list_without_end(void **state)
{
	struct links *links = *state;
	uint32_t rest = GRANULES - 1 - BLOCKS * SIZE, reference;

	sandbox_begin(links->sandbox);
	assert_int_equal(nr_heap_allocate(links->heap, rest - TWO_SIZES, &reference), 0);
	sandbox_commit(links->sandbox);
	at(links, 1)->next = 1;
	assert_int_equal(try(links, allocate_more), 0);
}

static int allocate_some(struct links *links)
{
	uint32_t reference;

	return nr_heap_allocate_some(links->heap, GRANULES, &reference);
}

/* Bits for which there are no lists. */
static void test_classes(void **state)
{
	struct links *links = *state;
	struct nr_heap_shared *shared = links->heap->shared;

	assert_int_equal(try(links, allocate_some), 0);
	shared->first_level |= UINT64_C(1) << 31;
	shared->second_level[31] = UINT32_C(1) << 31;
	assert_int_equal(try(links, allocate_some), -EBADMSG);
	shared->first_level |= UINT64_C(1) << 32;
	assert_int_equal(try(links, allocate_some), -EBADMSG);
}

static int insert(struct links *links)
{
	return nr_index_insert(links->heap, links->one);
}

static int take_out(struct links *links)
{
	return nr_index_remove(links->heap, links->one);
}

static int find_any(struct links *links)
{
	const struct nr_select any = {.kind = NR_SELECT_ANY};

	return nr_index_find(links->heap, &any, &links->one);
}

static int find_first(struct links *links)
{
	const struct nr_select first = {NR_SELECT_TYPE, 1};

	return nr_index_find(links->heap, &first, &links->one);
}

static void set(struct links *links, int n, int64_t type, uint64_t position)
{
	nth(links, n)->type = type;
	nth(links, n)->position = position;
}

/* Three of type 1, then one of each of the types 2 and 8; the rest is in no list. */
static void fill_index(struct links *links)
{
	set(links, 0, 1, 10);
	set(links, 1, 1, 20);
	set(links, 2, 1, 30);
	set(links, 3, 2, 40);
	set(links, 4, 8, 50);
	for (int i = 0; i < 5; i++)
		change(links, insert, links->block[i]);
}

static void test_messages_of_a_type(void **state)
{
	struct links *links = *state;

	fill_index(links);
	links->one = links->block[1];
	assert_seen(links, take_out, &nth(links, 1)->previous, 0);
	assert_seen(links, take_out, &nth(links, 1)->next, 0);
	assert_seen(links, take_out, &nth(links, 1)->next, links->block[6]);
	assert_seen(links, take_out, &nth(links, 1)->previous, links->block[6]);
	assert_seen(links, take_out, &nth(links, 1)->node, links->block[6]);
	assert_seen(links, take_out, &nth(links, 1)->kind, NR_BLOCK_TAKEN);
	assert_seen_64(links, take_out, &links->heap->shared->stored, 0);
	links->one = links->block[0];
	assert_seen(links, take_out, &nth(links, 0)->next, links->block[6]);
	assert_seen_64(links, take_out, &leaf_of(links, 0)->type, 2);
	assert_seen(links, find_first, &leaf_of(links, 0)->first, links->block[6]);
	assert_seen(links, find_any, &leaf_of(links, 0)->first, links->block[6]);
}

static void test_where_a_message_belongs(void **state)
{
	struct links *links = *state;

	fill_index(links);
	set(links, 6, 1, 25);
	links->one = links->block[6];
	assert_seen_64(links, insert, &nth(links, 6)->position, 20);
	assert_seen_64(links, insert, &nth(links, 1)->position, 10);
	assert_seen_64(links, insert, &nth(links, 6)->type, 0);
	assert_seen(links, insert, &nth(links, 6)->kind, NR_BLOCK_STORED);
	assert_seen(links, insert, &nth(links, 0)->next, links->block[7]);
	assert_seen(links, insert, &leaf_of(links, 0)->last, links->block[7]);
}

static void test_tree(void **state)
{
	struct links *links = *state;
	struct nr_type_shared *root;

	fill_index(links);
	root = (void *)at(links, links->heap->shared->root >> 1);
	assert_seen(links, find_first, &root->branch_used, 0);
	assert_seen(links, find_first, &root->branch_bit, 63);
	assert_seen(links, find_any, &root->branch_bit, 63);
	assert_seen(links, find_any, &root->kind, NR_BLOCK_PIECE);
	assert_seen(links, find_first, &leaf_of(links, 0)->kind, NR_BLOCK_PIECE);
	assert_seen_64(links, find_first, &leaf_of(links, 0)->type, UINT64_MAX);
	/* Another type 3 would be told from it by a bit that is told already. */
	set(links, 6, 3, 60);
	links->one = links->block[6];
	assert_seen_64(links, insert, &leaf_of(links, 3)->type, 1);
}

/* It has no branch of its own on the way to it. */
static void test_a_branch_elsewhere(void **state)
{
	struct links *links = *state;
	int spare = 0;

	fill_index(links);
	for (int i = 3; i < 5; i++)
		if (!leaf_of(links, i)->branch_used)
			spare = i;
	if (spare == 0) {
		/* That of the first type, of which one is to be left. */
		change(links, take_out, links->block[0]);
		change(links, take_out, links->block[1]);
		spare = 2;
	}
	links->one = links->block[spare];
	assert_seen(links, take_out, &leaf_of(links, spare)->branch_used, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		linked(test_neighbours),
		linked(test_free_list),
		linked(test_a_list_without_end),
		linked(test_classes),
		linked(test_messages_of_a_type),
		linked(test_where_a_message_belongs),
		linked(test_tree),
		linked(test_a_branch_elsewhere),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
