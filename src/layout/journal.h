/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_JOURNAL_H
#define NARU_LAYOUT_JOURNAL_H

/*
 * layout/journal.h - how a change of many words becomes one
 *
 *	  0  epoch    of the side (layout/queue.h) when the change began
 *	  8  count    entries that are valid
 *	 16  entry    { offset of a word in the mapping, what it held before }
 *
 * Before each store to a word that the journal covers, the word's old value is
 * appended here. The change is committed by the store that raises the side's
 * epoch: from then on the journal is about the past, and void.
 *
 *	I1  epoch == the side's epoch: the first count entries, undone from the
 *	    last to the first, give the state before the change. Undoing them
 *	    twice, or in part and then again, gives the same.
 *	I2  epoch != the side's epoch: nothing is to be undone.
 *	I3  only the holder of the side's lock writes here.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define NR_JOURNAL_ENTRIES 255u

struct nr_journal_shared {
	uint64_t epoch;
	uint64_t count;
	struct {
		uint64_t offset;
		uint64_t old;
	} entry[NR_JOURNAL_ENTRIES];
};

static_assert(offsetof(struct nr_journal_shared, entry) == 16, "layout");
static_assert(sizeof(struct nr_journal_shared) == 4096, "layout");

#endif /* NARU_LAYOUT_JOURNAL_H */
