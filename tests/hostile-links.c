/* SPDX-License-Identifier: MIT */

/*
 * One word of a heap, an index or a held list is wrong, and the very call that looks at
 * it says so: before it changes what the word has led it to.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <queue/held.h>
#include <queue/index.h>
#include <support/sandbox.h>

enum { GRANULES = 300, ROOM = 400, BLOCKS = 8, SIZE = 2 };

struct links {
	struct sandbox *sandbox;
	struct nr_heap *heap;
	struct nr_store store;
	struct nr_side_shared side;
	uint32_t block[BLOCKS]; /* each lies before the one with the lower number */
	uint32_t one;		/* what the call is about */
};

typedef int call(struct links *links);

static struct nr_block_shared *at(struct links *links, uint32_t reference)
{
	return nr_heap_block(links->heap, reference);
}

static struct nr_block_shared *nth(struct links *links, int n)
{
	return at(links, links->block[n]);
}

static struct nr_type_shared *leaf_of(struct links *links, int n)
{
	return (void *)at(links, nth(links, n)->node);
}

static int set_up(void **state)
{
	static struct links links;

	links = (struct links){.sandbox = sandbox_open(GRANULES, ROOM)};
	links.heap = &links.sandbox->heap;
	for (int i = 0; i < BLOCKS; i++) {
		sandbox_begin(links.sandbox);
		assert_int_equal(nr_heap_allocate(links.heap, SIZE, &links.block[i]), 0);
		sandbox_commit(links.sandbox);
	}
	*state = &links;
	return 0;
}

static int tear_down(void **state)
{
	struct links *links = *state;

	sandbox_close(links->sandbox);
	return 0;
}

static int try(struct links *links, call *make)
{
	int r;

	sandbox_begin(links->sandbox);
	r = make(links);
	assert_true(sandbox_undo(links->sandbox) >= 0);
	return r;
}

/* It is done as long as @field is right. */
static void assert_seen(struct links *links, call *make, uint32_t *field, uint32_t value)
{
	uint32_t old = *field;

	assert_int_equal(try(links, make), 0);
	*field = value;
	assert_int_equal(try(links, make), -EBADMSG);
	*field = old;
	assert_int_equal(try(links, make), 0);
}

static void assert_seen_64(struct links *links, call *make, void *field, uint64_t value)
{
	uint64_t *word = field, old = *word;

	assert_int_equal(try(links, make), 0);
	*word = value;
	assert_int_equal(try(links, make), -EBADMSG);
	*word = old;
	assert_int_equal(try(links, make), 0);
}

static void change(struct links *links, call *make, uint32_t one)
{
	links->one = one;
	sandbox_begin(links->sandbox);
	assert_int_equal(make(links), 0);
	sandbox_commit(links->sandbox);
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

static void open_store(struct links *links)
{
	links->store = (struct nr_store){
		.heap = *links->heap,
		.journal = links->sandbox->journal,
		.side = &links->side,
	};
	links->store.heap.journal = &links->store.journal;
}

static int leave(struct links *links)
{
	int r;

	nr_store_begin(&links->store);
	r = nr_held_remove(&links->store, links->one);
	assert_true(nr_store_undo(&links->store, 0) >= 0);
	return r;
}

static void test_held_list(void **state)
{
	const struct nr_counts counts = {0};
	struct links *links = *state;

	open_store(links);
	for (int i = 0; i < 3; i++) {
		nr_store_begin(&links->store);
		assert_int_equal(
			nr_held_add(&links->store, links->block[i], NR_BLOCK_TAKEN, 1),
			0);
		nr_store_commit(&links->store, &counts);
	}
	links->one = links->block[1];
	assert_seen(links, leave, &nth(links, 0)->previous, links->block[2]);
	assert_seen(links, leave, &nth(links, 2)->next, links->block[0]);
	assert_seen(links, leave, &nth(links, 1)->kind, NR_BLOCK_PIECE);
	assert_seen(links, leave, &nth(links, 0)->kind, NR_BLOCK_PIECE);
	assert_seen(links, leave, &nth(links, 2)->kind, NR_BLOCK_PIECE);
	links->one = links->block[2];
	assert_seen(links, leave, &links->heap->shared->held, links->block[1]);
}

/* A message of three pieces, the first of which is one granule, and has no payload. */
static void chain(struct links *links)
{
	nth(links, 0)->size = 1;
	nth(links, 0)->kind = NR_BLOCK_TAKEN;
	nth(links, 0)->chain = links->block[1];
	nth(links, 1)->chain = links->block[2];
	open_store(links);
}

static int read_it(struct links *links)
{
	char bytes[150];

	return nr_store_read(&links->store, links->block[0], bytes, sizeof(bytes));
}

static int write_it(struct links *links)
{
	static const char bytes[150];

	return nr_store_write(&links->store, links->block[0], bytes, sizeof(bytes));
}

static int trim_it(struct links *links)
{
	int r;

	nr_store_begin(&links->store);
	r = nr_store_trim(&links->store, links->block[0], 100);
	assert_true(nr_store_undo(&links->store, 0) >= 0);
	return r;
}

static int drop_it(struct links *links)
{
	int r;

	nr_store_begin(&links->store);
	r = nr_store_free(&links->store, links->one);
	assert_true(nr_store_undo(&links->store, 0) >= 0);
	return r;
}

static void test_pieces(void **state)
{
	static call *const calls[] = {read_it, write_it, trim_it};
	struct links *links = *state;

	chain(links);
	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		assert_seen(links, calls[i], &nth(links, 0)->chain, 0);
		assert_seen(links, calls[i], &nth(links, 0)->chain, links->block[0]);
		assert_seen(links, calls[i], &nth(links, 0)->chain, ROOM);
	}
	assert_seen(links, read_it, &nth(links, 1)->chain, 0);
	assert_seen(links, write_it, &nth(links, 1)->size, ROOM);
	nth(links, 0)->size = SIZE;
	assert_seen(links, trim_it, &nth(links, 2)->kind, NR_BLOCK_STORED);
	links->one = ROOM;
	assert_int_equal(drop_it(links), -EBADMSG);
}

static int finish(struct links *links)
{
	int r;

	nth(links, 0)->size = SIZE;
	r = nr_store_finish(&links->store);
	nth(links, 0)->kind = NR_BLOCK_DOOMED;
	return r;
}

/* What cannot be finished is left. */
static void test_what_the_dead_had_begun(void **state)
{
	static const uint32_t wrong[] = {0, 3, 7, ROOM};
	struct links *links = *state;

	chain(links);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		nth(links, 1)->kind = NR_BLOCK_PIECE;
		links->heap->shared->doomed = wrong[i] == 0 ? links->block[0] : wrong[i];
		nth(links, 0)->kind = wrong[i] == 0 ? NR_BLOCK_STORED : NR_BLOCK_DOOMED;
		assert_int_equal(nr_store_finish(&links->store), -EBADMSG);
		links->heap->shared->doomed = 0;
		links->heap->shared->building = links->block[1];
		assert_int_equal(nr_store_finish(&links->store), -EBADMSG);
		links->heap->shared->building = 0;
	}
	links->heap->shared->doomed = links->block[0];
	nth(links, 1)->kind = NR_BLOCK_STORED;
	assert_int_equal(finish(links), -EBADMSG);
	nth(links, 1)->kind = NR_BLOCK_PIECE;
	assert_int_equal(finish(links), 0);
}

#define linked(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		linked(test_neighbours),
		linked(test_free_list),
		linked(test_messages_of_a_type),
		linked(test_where_a_message_belongs),
		linked(test_tree),
		linked(test_a_branch_elsewhere),
		linked(test_held_list),
		linked(test_pieces),
		linked(test_what_the_dead_had_begun),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
