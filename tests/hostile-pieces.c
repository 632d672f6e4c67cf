/* SPDX-License-Identifier: MIT */

/* As hostile-links.c, of what is held, and of messages in pieces. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <queue/held.h>
#include <support/links.h>

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

static int trim_to_head(struct links *links)
{
	int r;

	nr_store_begin(&links->store);
	r = nr_store_trim(&links->store, links->block[0], 10);
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
	assert_seen(links, trim_to_head, &nth(links, 0)->chain, ROOM);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		linked(test_held_list),
		linked(test_pieces),
		linked(test_what_the_dead_had_begun),
	};

	return cmocka_run_group_tests_name("pieces", tests, NULL, NULL);
}
