/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_LINKS_H
#define SUPPORT_LINKS_H

/*
 * support/links.h - one word of a store is wrong: does the call that looks at it say so?
 *
 * Include <cmocka.h>, and what that needs, before.
 */

#include <layout/queue.h>
#include <queue/store.h>
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

/* cmocka's: *state is the links; the blocks are allocated. */
int links_set_up(void **state);
int links_tear_down(void **state);

/* The block there; the nth of links->block. */
struct nr_block_shared *at(struct links *links, uint32_t reference);
struct nr_block_shared *nth(struct links *links, int n);

/* Make a call that changes something: undone at once, or for good. */
int try(struct links *links, call *make);
void change(struct links *links, call *make, uint32_t one);

/* It is done as long as @field is right, and says -EBADMSG while that is @value. */
void assert_seen(struct links *links, call *make, uint32_t *field, uint32_t value);
void assert_seen_64(struct links *links, call *make, void *field, uint64_t value);

#define linked(test) cmocka_unit_test_setup_teardown(test, links_set_up, links_tear_down)

#endif /* SUPPORT_LINKS_H */
