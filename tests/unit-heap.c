/* SPDX-License-Identifier: MIT */

/* The heap: allocation against a model, changes undone at every store. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <queue/free-list.h>
#include <support/random.h>
#include <support/sandbox.h>

enum { GRANULES = 500, BLOCKS = GRANULES };

struct request {
	uint32_t granules;
	bool some;
	uint32_t reference;
};

static int make_allocate(struct nr_heap *heap, void *data)
{
	struct request *request = data;

	return request->some
		       ? nr_heap_allocate_some(heap, request->granules,
					       &request->reference)
		       : nr_heap_allocate(heap, request->granules, &request->reference);
}

static int make_free(struct nr_heap *heap, void *data)
{
	struct request *request = data;

	return nr_heap_free(heap, request->reference);
}

static int make_trim(struct nr_heap *heap, void *data)
{
	struct request *request = data;

	return nr_heap_trim(heap, request->reference, request->granules);
}

static int make_grow(struct nr_heap *heap, void *data)
{
	struct request *request = data;

	return nr_heap_grow(heap, request->granules);
}

static int allocate(struct sandbox *sandbox, uint32_t granules, uint32_t *ret_reference)
{
	struct request request = {.granules = granules};
	int r = sandbox_change(sandbox, make_allocate, &request);

	*ret_reference = request.reference;
	return r;
}

static int release(struct sandbox *sandbox, uint32_t reference)
{
	struct request request = {.reference = reference};

	return sandbox_change(sandbox, make_free, &request);
}

static uint32_t size_of(const struct sandbox *sandbox, uint32_t reference)
{
	return nr_heap_block(&sandbox->heap, reference)->size;
}

static void fill(const struct sandbox *sandbox, uint32_t reference)
{
	struct nr_block_shared *block = nr_heap_block(&sandbox->heap, reference);

	memset(&block->next, (int)(reference % 251),
	       (size_t)block->size * NR_GRANULE - offsetof(struct nr_block_shared, next));
}

static void assert_filled(const struct sandbox *sandbox, uint32_t reference,
			  uint32_t granules)
{
	const struct nr_block_shared *block = nr_heap_block(&sandbox->heap, reference);
	const unsigned char *bytes = (const void *)block;

	assert_int_equal(block->size, granules);
	for (size_t i = offsetof(struct nr_block_shared, next);
	     i < (size_t)granules * NR_GRANULE; i++)
		assert_int_equal(bytes[i], reference % 251);
}

static void test_classes(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (uint32_t i = 1; i < 100000; i++) {
		uint32_t above = nr_heap_class_above(i);

		assert_true(nr_heap_class(i) <= nr_heap_class(i + 1));
		assert_true(nr_heap_class(i) <= above && above <= nr_heap_class(i) + 1);
		assert_true(nr_heap_class(i - 1) < above);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t a = (uint32_t)(random_next(&random) >> 33) >> i % 31;
		uint32_t b = (uint32_t)(random_next(&random) >> 33) >> i % 31;

		if (nr_heap_class(a) >= nr_heap_class_above(b))
			assert_true(a >= b);
	}
	assert_true(nr_heap_class_above(NR_HEAP_GRANULES_MAX) <
		    NR_HEAP_FIRST_LEVELS * NR_HEAP_SECOND_LEVELS);
}

static void test_smallest_heap(void **state)
{
	struct sandbox *sandbox = sandbox_open(2, 2);
	uint32_t reference, another;

	(void)state;
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	assert_int_equal(allocate(sandbox, 2, &another), -ENOSPC);
	assert_int_equal(allocate(sandbox, UINT32_MAX, &another), -ENOSPC);
	assert_int_equal(allocate(sandbox, 1, &reference), 0);
	assert_int_equal(reference, 1);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	assert_int_equal(allocate(sandbox, 1, &another), -ENOSPC);
	assert_int_equal(release(sandbox, reference), 0);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	assert_int_equal(release(sandbox, reference), -EBADMSG);
	sandbox_close(sandbox);
}

static void test_against_a_model(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	uint32_t held[BLOCKS], sizes[BLOCKS];
	uint32_t count = 0, used = 0;
	uint64_t random = 2;

	(void)state;
	for (uint32_t i = 0; i < 6000; i++) {
		bool shrinking = i / 500 % 2;
		struct request request = {.some = random_below(&random, 2)};
		uint32_t k;

		if (count == 0 || random_below(&random, 8) < (shrinking ? 2 : 5)) {
			request.granules =
				(uint32_t)random_below(&random, 4)
					? 1 + (uint32_t)random_below(&random, 4)
					: 1 + (uint32_t)random_below(&random, 90);
			if (sandbox_change(sandbox, make_allocate, &request) == 0) {
				held[count] = request.reference;
				sizes[count] = size_of(sandbox, request.reference);
				assert_true(sizes[count] <= request.granules);
				if (!request.some)
					assert_int_equal(sizes[count], request.granules);
				fill(sandbox, request.reference);
				used += sizes[count++];
			} else if (request.some) {
				assert_int_equal(used, GRANULES - 1);
			}
		} else {
			k = (uint32_t)random_below(&random, count);
			request.reference = held[k];
			assert_filled(sandbox, held[k], sizes[k]);
			if (sizes[k] > 1 && random_below(&random, 4) == 0) {
				request.granules =
					1 + (uint32_t)random_below(&random, sizes[k]);
				assert_int_equal(
					sandbox_change(sandbox, make_trim, &request), 0);
				used -= sizes[k] - request.granules;
				sizes[k] = request.granules;
				assert_filled(sandbox, held[k], sizes[k]);
			} else {
				assert_int_equal(
					sandbox_change(sandbox, make_free, &request), 0);
				used -= sizes[k];
				held[k] = held[--count];
				sizes[k] = sizes[count];
			}
		}
		assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	}
	while (count > 0) {
		assert_filled(sandbox, held[count - 1], sizes[count - 1]);
		assert_int_equal(release(sandbox, held[--count]), 0);
	}
	assert_int_equal(size_of(sandbox, 1), GRANULES - 1);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

/* Every other granule is free: what is asked for is there, but in pieces. */
static void test_fragments(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct request request = {.granules = GRANULES / 2, .some = true};
	uint32_t reference, used = 0;

	(void)state;
	for (uint32_t i = 1; i < GRANULES; i++)
		assert_int_equal(allocate(sandbox, 1, &reference), 0);
	assert_int_equal(sandbox_change(sandbox, make_allocate, &request), -ENOSPC);
	for (uint32_t i = 1; i < GRANULES; i += 2)
		assert_int_equal(release(sandbox, i), 0);
	assert_int_equal(allocate(sandbox, 2, &reference), -ENOSPC);
	while (sandbox_change(sandbox, make_allocate, &request) == 0)
		used += size_of(sandbox, request.reference);
	assert_int_equal(used, GRANULES / 2);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

/* A request that the only free block has room for, to the granule. */
static void test_exact_fit_in_a_wide_class(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	uint32_t reference;

	(void)state;
	assert_int_equal(allocate(sandbox, GRANULES - 2, &reference), 0);
	assert_int_equal(release(sandbox, reference), 0);
	assert_int_equal(allocate(sandbox, GRANULES - 1, &reference), 0);
	assert_int_equal(reference, 1);
	sandbox_close(sandbox);
}

static void test_grow(void **state)
{
	struct sandbox *sandbox = sandbox_open(10, 300);
	struct request request = {.granules = 20};
	uint32_t reference, rest;

	(void)state;
	assert_int_equal(allocate(sandbox, 3, &reference), 0);
	assert_int_equal(reference, 7);
	assert_int_equal(sandbox_change(sandbox, make_grow, &request), 0);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	assert_int_equal(size_of(sandbox, 10), 10);

	request.granules = 300;
	assert_int_equal(sandbox_change(sandbox, make_grow, &request), 0);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	assert_int_equal(size_of(sandbox, 10), 290);
	request.granules = 20;
	assert_int_equal(sandbox_change(sandbox, make_grow, &request), 0);
	assert_int_equal(sandbox->heap.shared->granules, 300);

	assert_int_equal(allocate(sandbox, 290, &rest), 0);
	assert_int_equal(release(sandbox, reference), 0);
	assert_int_equal(release(sandbox, rest), 0);
	assert_int_equal(size_of(sandbox, 1), 299);
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

static void test_check_finds_damage(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct nr_heap_shared *shared = sandbox->heap.shared;
	uint32_t reference[8];

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(allocate(sandbox, 3, &reference[i]), 0);
	for (uint32_t i = 0; i < 8; i += 2)
		assert_int_equal(release(sandbox, reference[i]), 0);

	/* The four bytes of each field that has a meaning to the heap. */
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t *field = (void *)nr_heap_block(&sandbox->heap, reference[i]);
		uint32_t fields = i % 2 ? 3 : 6;

		for (uint32_t k = 0; k < fields; k++) {
			uint32_t old = field[k];

			if (k == 3)
				continue; /* chain */
			field[k] = k == 2 ? old ^ 3 : old ^ 1;
			assert_int_equal(nr_heap_check(&sandbox->heap), -EBADMSG);
			field[k] = old;
		}
	}
	shared->first_level ^= 2;
	assert_int_equal(nr_heap_check(&sandbox->heap), -EBADMSG);
	shared->first_level ^= 2;
	shared->second_level[0] ^= 8;
	assert_int_equal(nr_heap_check(&sandbox->heap), -EBADMSG);
	shared->second_level[0] ^= 8;
	shared->last++;
	assert_int_equal(nr_heap_check(&sandbox->heap), -EBADMSG);
	shared->last--;
	assert_int_equal(nr_heap_check(&sandbox->heap), 0);
	sandbox_close(sandbox);
}

/* The heap's end lies behind what is mapped, and a block believes it. */
static void test_end_out_of_range(void **state)
{
	struct sandbox *sandbox = sandbox_open(GRANULES, GRANULES);
	struct nr_heap *heap = &sandbox->heap;
	uint32_t reference, another;

	(void)state;
	assert_int_equal(allocate(sandbox, 1, &reference), 0);
	assert_int_equal(allocate(sandbox, 1, &another), 0);
	for (uint32_t i = 1; i < 3; i++) {
		heap->shared->granules = GRANULES + i;
		nr_heap_block(heap, reference)->size = 1 + i;
		sandbox_begin(sandbox);
		assert_int_equal(nr_heap_allocate(heap, 1, &another), -EBADMSG);
		assert_int_equal(nr_heap_allocate_some(heap, 1, &another), -EBADMSG);
		assert_int_equal(nr_heap_grow(heap, GRANULES), -EBADMSG);
		assert_int_equal(nr_heap_free(heap, reference), -EBADMSG);
		assert_int_equal(nr_heap_trim(heap, reference, 1), -EBADMSG);
		assert_int_equal(nr_heap_check(heap), -EBADMSG);
	}
	sandbox_close(sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_smallest_heap),
		cmocka_unit_test(test_against_a_model),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_exact_fit_in_a_wide_class),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_check_finds_damage),
		cmocka_unit_test(test_end_out_of_range),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
