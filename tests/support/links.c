/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <support/links.h>

struct nr_block_shared *at(struct links *links, uint32_t reference)
{
	return nr_heap_block(links->heap, reference);
}

struct nr_block_shared *nth(struct links *links, int n)
{
	return at(links, links->block[n]);
}

int links_set_up(void **state)
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

int links_tear_down(void **state)
{
	struct links *links = *state;

	sandbox_close(links->sandbox);
	return 0;
}

int try(struct links *links, call *make)
{
	int r;

	sandbox_begin(links->sandbox);
	r = make(links);
	assert_true(sandbox_undo(links->sandbox) >= 0);
	return r;
}

void assert_seen(struct links *links, call *make, uint32_t *field, uint32_t value)
{
	uint32_t old = *field;

	assert_int_equal(try(links, make), 0);
	*field = value;
	assert_int_equal(try(links, make), -EBADMSG);
	*field = old;
	assert_int_equal(try(links, make), 0);
}

void assert_seen_64(struct links *links, call *make, void *field, uint64_t value)
{
	uint64_t *word = field, old = *word;

	assert_int_equal(try(links, make), 0);
	*word = value;
	assert_int_equal(try(links, make), -EBADMSG);
	*word = old;
	assert_int_equal(try(links, make), 0);
}

void change(struct links *links, call *make, uint32_t one)
{
	links->one = one;
	sandbox_begin(links->sandbox);
	assert_int_equal(make(links), 0);
	sandbox_commit(links->sandbox);
}
