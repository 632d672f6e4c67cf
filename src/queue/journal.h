/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_JOURNAL_H
#define NARU_QUEUE_JOURNAL_H

/*
 * queue/journal.h - make a change of many words one that happens or does not
 *
 *	nr_journal_begin(&journal, epoch);
 *	nr_journal_write(&journal, word, value);	as often as it takes
 *	raise the side's epoch by one	     <- committed by this store
 *
 * No system calls. See layout/journal.h.
 */

#include <base/atomic.h>
#include <layout/journal.h>
#include <stdbool.h>

struct nr_journal {
	struct nr_journal_shared *shared;
	unsigned char *base; /* offsets count from here */
	uint64_t size;	     /* bytes from base that may be journaled; multiple of 8 */
	unsigned char *heap; /* and offsets from size on, from here; elsewhere mapped */
	uint64_t heap_size;
	uint32_t count; /* of the change that is going on; our own copy */
	bool full;	/* an entry found no place: the change must be undone */
	bool freed;	/* it freed a block, and may not allocate any more */
};

void nr_journal_begin(struct nr_journal *journal, uint64_t epoch);

/*
 * Remember the aligned 8-byte word in which @field lies, before it is changed.
 * False: there is no place left, and the word must not be changed.
 */
bool nr_journal_save(struct nr_journal *journal, const void *field);

/*
 * Undo a change that was not committed, ours or a dead process's. @epoch is the
 * side's. 1 if something was undone, 0 if there was nothing to undo, -EBADMSG.
 * Done twice it does the same as once.
 */
int nr_journal_undo(struct nr_journal *journal, uint64_t epoch);

/*
 * Change a word under the journal, unless it has that value already. If the
 * journal is full the word is left as it is, and journal->full tells.
 */
#define nr_journal_write(journal, lvalue, value)                                         \
	do {                                                                             \
		const __typeof__(lvalue) value_ = (value);                               \
                                                                                         \
		if (nr_read_once(&(lvalue)) != value_ &&                                 \
		    nr_journal_save((journal), &(lvalue)))                               \
			nr_write_once(&(lvalue), value_);                                \
	} while (0)

#endif /* NARU_QUEUE_JOURNAL_H */
