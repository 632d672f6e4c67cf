/* SPDX-License-Identifier: MIT */

#include <support/sandbox.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <support/random.h>

enum { PAGE = 4096, SHARED_SIZE = (sizeof(struct nr_heap_shared) + 63) / 64 * 64 };

static size_t in_pages(size_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

struct sandbox *sandbox_open(uint32_t granules, uint32_t room)
{
	struct sandbox *sandbox = calloc(1, sizeof(*sandbox));
	size_t heap_size = (size_t)room * NR_GRANULE;
	size_t size = in_pages(PAGE + SHARED_SIZE + heap_size);
	unsigned char *base;

	assert_non_null(sandbox);
	sandbox->before = calloc(1, heap_size);
	assert_non_null(sandbox->before);
	sandbox->mapping_size = size + 2 * PAGE;
	sandbox->mapping = mmap(NULL, sandbox->mapping_size, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(sandbox->mapping != MAP_FAILED);
	assert_int_equal(mprotect(sandbox->mapping + PAGE, size, PROT_READ | PROT_WRITE),
			 0);

	/* The journal lies first, the heap's end at the end. */
	base = sandbox->mapping + PAGE;
	sandbox->journal = (struct nr_journal){
		.shared = (void *)base,
		.base = base,
		.size = size - heap_size,
		.heap = base + size - heap_size,
		.heap_size = heap_size,
	};
	sandbox->heap = (struct nr_heap){
		.shared = (void *)(base + size - heap_size - SHARED_SIZE),
		.base = base + size - heap_size,
		.journal = &sandbox->journal,
	};
	nr_heap_format(&sandbox->heap, granules);
	sandbox->heap.granules = room;
	return sandbox;
}

void sandbox_close(struct sandbox *sandbox)
{
	munmap(sandbox->mapping, sandbox->mapping_size);
	free(sandbox->before);
	free(sandbox);
}

void sandbox_begin(struct sandbox *sandbox)
{
	nr_journal_begin(&sandbox->journal, sandbox->epoch);
}

void sandbox_commit(struct sandbox *sandbox)
{
	sandbox->epoch++;
}

int sandbox_undo(struct sandbox *sandbox)
{
	return nr_journal_undo(&sandbox->journal, sandbox->epoch);
}

/* Begin a change whose journal has places for @count entries only: granule 0 is idle. */
static void begin_short(struct sandbox *sandbox, uint32_t count)
{
	sandbox_begin(sandbox);
	for (uint32_t i = count; i < NR_JOURNAL_ENTRIES; i++)
		assert_true(nr_journal_save(&sandbox->journal, sandbox->heap.base));
}

int sandbox_change(struct sandbox *sandbox, int (*make)(struct nr_heap *, void *),
		   void *data)
{
	bool stopped = true;
	int r;

	sandbox_remember(sandbox);
	for (uint32_t stop = 0; stopped; stop++) {
		assert_true(stop < NR_JOURNAL_ENTRIES);
		begin_short(sandbox, stop);
		r = make(&sandbox->heap, data);
		stopped = sandbox->journal.full;
		assert_false(stopped && r == 0);
		assert_int_equal(sandbox_undo(sandbox), 1);
		sandbox_assert_as_before(sandbox);
	}

	sandbox_begin(sandbox);
	r = make(&sandbox->heap, data);
	if (r == 0) {
		sandbox_commit(sandbox);
		assert_int_equal(sandbox_undo(sandbox), 0);
	} else {
		assert_true(sandbox_undo(sandbox) >= 0);
		sandbox_assert_as_before(sandbox);
	}
	return r;
}

void sandbox_remember(struct sandbox *sandbox)
{
	size_t size = (size_t)sandbox->heap.shared->granules * NR_GRANULE;

	memcpy(&sandbox->before_shared, sandbox->heap.shared,
	       sizeof(sandbox->before_shared));
	memcpy(sandbox->before, sandbox->heap.base, size);
}

void sandbox_assert_as_before(const struct sandbox *sandbox)
{
	const struct nr_block_shared *block;
	uint32_t end = sandbox->before_shared.granules;

	assert_memory_equal(sandbox->heap.shared, &sandbox->before_shared,
			    sizeof(sandbox->before_shared));
	for (uint32_t i = 1; i < end; i += block->size) {
		size_t offset = (size_t)i * NR_GRANULE;
		size_t size;

		block = (const void *)(sandbox->before + offset);
		size = block->kind == NR_BLOCK_FREE
			       ? offsetof(struct nr_block_shared, node)
			       : (size_t)block->size * NR_GRANULE;
		assert_memory_equal(sandbox->heap.base + offset, block, size);
	}
}

void sandbox_scribble(struct sandbox *sandbox, uint64_t *random)
{
	uint32_t room = sandbox->heap.granules;
	uint32_t value = (uint32_t)random_next(random);
	uint32_t *words;
	size_t word;

	switch (random_below(random, 8)) {
	case 0:
		words = (void *)sandbox->journal.shared;
		word = random_below(random, 64);
		break;
	case 1:
	case 2:
		words = (void *)sandbox->heap.shared;
		word = random_below(random, sizeof(struct nr_heap_shared) / 4);
		if (random_below(random, 2) == 0)
			word %= 22; /* up to the bitmaps of the lowest levels */
		break;
	default:
		words = (void *)sandbox->heap.base;
		word = random_below(random, room) * (NR_GRANULE / 4) +
		       random_below(random, NR_GRANULE / 4);
	}

	switch (random_below(random, 6)) {
	case 0:
		value = 0;
		break;
	case 1:
		value %= NR_BLOCK_DOOMED + 2;
		break;
	case 2:
		value %= room + 2;
		break;
	case 3:
		value %= 2 * room + 2;
		break;
	case 4:
		value = words[word] ^ 1u << value % 32;
		break;
	}
	__atomic_store_n(&words[word], value, __ATOMIC_RELAXED);
}
