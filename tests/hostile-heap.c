/* SPDX-License-Identifier: MIT */

/*
 * Heap, index and journal in memory that somebody writes nonsense to. Errors are
 * fine; an access beyond the memory, or a call without end, is not.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <queue/index.h>
#include <support/random.h>
#include <support/sandbox.h>

enum { GRANULES = 400, GRANULES_FIRST = 300, KNOWN = 32 };

/* Who calls, and the references that it has seen. */
struct caller {
	struct sandbox *sandbox;
	uint32_t reference[KNOWN];
	uint64_t position;
	uint64_t random;
};

static uint32_t below(struct caller *caller, uint32_t limit)
{
	return (uint32_t)random_below(&caller->random, limit);
}

static int64_t some_type(struct caller *caller)
{
	return (int64_t)(1 + below(caller, 9)) << below(caller, 60);
}

static int park(struct caller *caller, uint32_t *ret_reference)
{
	struct nr_heap *heap = &caller->sandbox->heap;
	struct nr_block_shared *block;
	int r = nr_heap_allocate(heap, 1 + below(caller, 4), ret_reference);

	if (r < 0)
		return r;
	block = nr_heap_block(heap, *ret_reference);
	block->type = some_type(caller);
	block->position = below(caller, 3) ? caller->position++ : below(caller, 1000);
	return nr_index_insert(heap, *ret_reference);
}

static int unpark(struct caller *caller)
{
	const struct nr_select select = {
		.kind = (enum nr_select_kind)below(caller, 4),
		.type = some_type(caller),
	};
	struct nr_heap *heap = &caller->sandbox->heap;
	uint32_t message;
	int r = nr_index_find(heap, &select, &message);

	if (r == 0)
		r = nr_index_remove(heap, message);
	return r < 0 ? r : nr_heap_free(heap, message);
}

static int pass(void *data, uint32_t message, const struct nr_block_shared *block)
{
	(void)data;
	assert_true(message > 0 && message < GRANULES);
	assert_non_null(block);
	return 0;
}

static int change_something(struct caller *caller)
{
	struct nr_heap *heap = &caller->sandbox->heap;
	uint32_t *known = &caller->reference[below(caller, KNOWN)];

	switch (below(caller, 16)) {
	case 0:
		return nr_heap_grow(heap, GRANULES_FIRST + below(caller, 100));
	case 1:
		return nr_heap_trim(heap, *known, below(caller, 5));
	case 2:
		return nr_heap_free(heap, *known);
	case 3:
		return nr_heap_allocate_some(heap, 1 + below(caller, 200), known);
	case 4:
		return nr_index_insert(heap, *known);
	case 5:
	case 6:
		return nr_index_remove(heap, *known);
	case 7:
	case 8:
	case 9:
		return unpark(caller);
	default:
		return park(caller, known);
	}
}

static void assert_sane(int r)
{
	assert_true(r >= 0 || r == -ENOSPC || r == -ENOMSG || r == -EBADMSG);
}

static void call_something(struct caller *caller)
{
	const struct nr_heap *heap = &caller->sandbox->heap;
	int r;

	sandbox_begin(caller->sandbox);
	r = change_something(caller);
	assert_sane(r);
	if (r < 0)
		assert_sane(sandbox_undo(caller->sandbox));
	else
		sandbox_commit(caller->sandbox);
	if (below(caller, 8) == 0) {
		assert_sane(nr_heap_check(heap));
		assert_sane(nr_index_check(heap));
		assert_sane(nr_index_walk(heap, pass, NULL));
	}
}

static void test_written_to_between_calls(void **state)
{
	struct caller caller = {.random = 4};

	(void)state;
	for (uint32_t round = 0; round < 1000; round++) {
		caller.sandbox = sandbox_open(GRANULES_FIRST, GRANULES);
		for (uint32_t i = 0; i < 300; i++) {
			if (i > 100 && below(&caller, 3) == 0)
				sandbox_scribble(caller.sandbox, &caller.random);
			call_something(&caller);
		}
		sandbox_close(caller.sandbox);
	}
}

struct scribbler {
	struct sandbox *sandbox;
	bool stop;
};

static void *scribble(void *data)
{
	struct scribbler *scribbler = data;
	uint64_t random = 5;

	while (!__atomic_load_n(&scribbler->stop, __ATOMIC_RELAXED))
		sandbox_scribble(scribbler->sandbox, &random);
	return NULL;
}

static void test_written_to_during_calls(void **state)
{
	struct caller caller = {.random = 6};

	(void)state;
	for (uint32_t round = 0; round < 500; round++) {
		struct scribbler scribbler;
		pthread_t thread;

		caller.sandbox = sandbox_open(GRANULES_FIRST, GRANULES);
		for (uint32_t i = 0; i < 200; i++)
			call_something(&caller);
		scribbler = (struct scribbler){.sandbox = caller.sandbox};
		assert_int_equal(pthread_create(&thread, NULL, scribble, &scribbler), 0);
		for (uint32_t i = 0; i < 400; i++)
			call_something(&caller);
		__atomic_store_n(&scribbler.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		sandbox_close(caller.sandbox);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_to_between_calls),
		cmocka_unit_test(test_written_to_during_calls),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
