/* SPDX-License-Identifier: MIT */

/*
 * queue/journal.c - the order of the stores is all there is to it
 *
 *	begin	count = 0, epoch
 *	save	entry, count		then the caller's store
 *	undo	the words, count = 0
 *
 * A death between any two of them leaves a journal that undoes exactly the
 * stores that may have been made.
 */

#include <queue/journal.h>

#include <errno.h>

/* A word holds fields of any kind. */
typedef uint64_t __attribute__((may_alias)) word;

static uint64_t offset_of(const struct nr_journal *journal, const void *field)
{
	uint64_t offset = (uintptr_t)field - (uintptr_t)journal->base;

	if (offset >= journal->size)
		offset = (uintptr_t)field - (uintptr_t)journal->heap + journal->size;
	return offset & ~UINT64_C(7);
}

/* NULL if that is no place for a word. */
static volatile word *word_at(const struct nr_journal *journal, uint64_t offset)
{
	if (offset % 8 != 0)
		return NULL;
	if (offset < journal->size)
		return (word *)(void *)(journal->base + offset);
	offset -= journal->size;
	return offset < journal->heap_size ? (word *)(void *)(journal->heap + offset)
					   : NULL;
}

void nr_journal_begin(struct nr_journal *journal, uint64_t epoch)
{
	volatile struct nr_journal_shared *shared = journal->shared;

	/* dies here: the epoch is an old one still, and nothing is to be undone */
	shared->count = 0;
	nr_program_order();
	shared->epoch = epoch;
	nr_program_order();
	journal->count = 0;
	journal->full = false;
	journal->freed = false;
}

bool nr_journal_save(struct nr_journal *journal, const void *field)
{
	volatile struct nr_journal_shared *shared = journal->shared;
	uint64_t offset = offset_of(journal, field);
	volatile word *at = word_at(journal, offset);
	uint32_t count = journal->count;

	assert(at);
	if (count == NR_JOURNAL_ENTRIES) {
		journal->full = true;
		return false;
	}

	shared->entry[count].offset = offset;
	shared->entry[count].old = *at;
	nr_program_order();
	/* dies here: the entry does not count, and its word has not changed */
	shared->count = journal->count = count + 1;
	nr_program_order();
	return true;
}

int nr_journal_undo(struct nr_journal *journal, uint64_t epoch)
{
	volatile struct nr_journal_shared *shared = journal->shared;
	uint64_t count = shared->count;

	journal->count = 0;
	journal->full = false;
	journal->freed = false;
	if (shared->epoch != epoch || count == 0)
		return 0;
	if (count > NR_JOURNAL_ENTRIES)
		return -EBADMSG;

	while (count-- > 0) {
		uint64_t offset = shared->entry[count].offset;
		uint64_t old = shared->entry[count].old;
		volatile word *at = word_at(journal, offset);

		if (!at)
			return -EBADMSG;
		*at = old;
	}
	nr_program_order();
	/* dies here: all is undone once more, which changes nothing */
	shared->count = 0;
	nr_program_order();
	return 1;
}
