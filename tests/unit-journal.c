/* SPDX-License-Identifier: MIT */

/* The journal: what is undone, what is not, and what a damaged one can do. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <queue/journal.h>

enum { WORDS = 512, EPOCH = 7 };

/* The journal lies in the memory that it covers, as it does in a queue. */
struct memory {
	struct nr_journal_shared journal;
	uint64_t word[WORDS];
};

static struct memory memory;
static uint64_t heap[WORDS]; /* and this, which is mapped elsewhere */
static struct nr_journal journal;

enum { END = sizeof(memory) + sizeof(heap) };

static int set_up(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < WORDS; i++)
		memory.word[i] = heap[i] = 1000 + i;
	journal = (struct nr_journal){
		.shared = &memory.journal,
		.base = (unsigned char *)&memory,
		.size = sizeof(memory),
		.heap = (unsigned char *)heap,
		.heap_size = sizeof(heap),
	};
	nr_journal_begin(&journal, EPOCH);
	return 0;
}

static void assert_as_set_up(void)
{
	for (uint32_t i = 0; i < WORDS; i++) {
		assert_int_equal(memory.word[i], 1000 + i);
		assert_int_equal(heap[i], 1000 + i);
	}
}

static void test_undo(void **state)
{
	(void)state;
	nr_journal_write(&journal, memory.word[3], 1);
	nr_journal_write(&journal, memory.word[4], 2);
	nr_journal_write(&journal, memory.word[3], 3);
	assert_int_equal(memory.word[3], 3);
	assert_int_equal(memory.word[4], 2);
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 1);
	assert_as_set_up();
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 0);
	assert_as_set_up();
}

static void test_both_mappings(void **state)
{
	(void)state;
	nr_journal_write(&journal, heap[0], 1);
	nr_journal_write(&journal, memory.word[WORDS - 1], 2);
	nr_journal_write(&journal, heap[WORDS - 1], 3);
	assert_int_equal(heap[0], 1);
	assert_int_equal(heap[WORDS - 1], 3);
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 1);
	assert_as_set_up();
}

static void test_commit(void **state)
{
	(void)state;
	nr_journal_write(&journal, memory.word[3], 1);
	assert_int_equal(nr_journal_undo(&journal, EPOCH + 1), 0);
	assert_int_equal(memory.word[3], 1);
}

static void test_begin_forgets(void **state)
{
	(void)state;
	nr_journal_write(&journal, memory.word[3], 1);
	nr_journal_begin(&journal, EPOCH + 1);
	nr_journal_write(&journal, memory.word[4], 2);
	assert_int_equal(nr_journal_undo(&journal, EPOCH + 1), 1);
	assert_int_equal(memory.word[3], 1);
	assert_int_equal(memory.word[4], 1004);
}

static void test_half_a_word(void **state)
{
	uint32_t *half = (void *)&memory.word[5];

	(void)state;
	nr_journal_write(&journal, half[1], 9);
	nr_journal_write(&journal, half[0], 8);
	assert_int_equal(half[0], 8);
	assert_int_equal(half[1], 9);
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 1);
	assert_as_set_up();
}

static void test_same_value_costs_nothing(void **state)
{
	(void)state;
	nr_journal_write(&journal, memory.word[5], 1005);
	assert_int_equal(journal.count, 0);
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 0);
}

static void test_full(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < NR_JOURNAL_ENTRIES; i++)
		nr_journal_write(&journal, memory.word[i], 1);
	assert_false(journal.full);
	nr_journal_write(&journal, memory.word[NR_JOURNAL_ENTRIES], 1);
	assert_true(journal.full);
	assert_int_equal(memory.word[NR_JOURNAL_ENTRIES], 1000 + NR_JOURNAL_ENTRIES);
	assert_int_equal(nr_journal_undo(&journal, EPOCH), 1);
	assert_as_set_up();
	assert_false(journal.full);
}

/* Who undoes may die after any of its stores; the next one begins anew. */
static void test_undone_in_part(void **state)
{
	(void)state;
	for (uint32_t done = 0; done <= 4; done++) {
		const uint64_t old[4] = {1003, 1, 1004, 2};
		const uint32_t word[4] = {3, 3, 4, 4};

		nr_journal_begin(&journal, EPOCH);
		nr_journal_write(&journal, memory.word[3], 1);
		nr_journal_write(&journal, memory.word[3], 3);
		nr_journal_write(&journal, memory.word[4], 2);
		nr_journal_write(&journal, memory.word[4], 4);
		for (uint32_t i = 4; i-- > 4 - done;)
			memory.word[word[i]] = old[i];
		assert_int_equal(nr_journal_undo(&journal, EPOCH), 1);
		assert_as_set_up();
	}
}

static void test_damaged(void **state)
{
	const uint64_t bad[] = {4, END, END + 8, UINT64_MAX - 7, UINT64_C(1) << 63};

	(void)state;
	memory.journal.count = NR_JOURNAL_ENTRIES + 1;
	assert_int_equal(nr_journal_undo(&journal, EPOCH), -EBADMSG);
	memory.journal.count = UINT64_MAX;
	assert_int_equal(nr_journal_undo(&journal, EPOCH), -EBADMSG);
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memory.journal.count = 1;
		memory.journal.entry[0].offset = bad[i];
		assert_int_equal(nr_journal_undo(&journal, EPOCH), -EBADMSG);
	}
	assert_as_set_up();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_undo, set_up),
		cmocka_unit_test_setup(test_both_mappings, set_up),
		cmocka_unit_test_setup(test_commit, set_up),
		cmocka_unit_test_setup(test_begin_forgets, set_up),
		cmocka_unit_test_setup(test_half_a_word, set_up),
		cmocka_unit_test_setup(test_same_value_costs_nothing, set_up),
		cmocka_unit_test_setup(test_full, set_up),
		cmocka_unit_test_setup(test_undone_in_part, set_up),
		cmocka_unit_test_setup(test_damaged, set_up),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
