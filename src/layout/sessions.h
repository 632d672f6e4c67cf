/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_SESSIONS_H
#define NARU_LAYOUT_SESSIONS_H

/*
 * layout/sessions.h - what was sent and released by those who may have to repeat it
 *
 * A file beside the queue, ".NAME-<inode, hexadecimal>.s", made when the first one needs
 * it (naru_queue_send_once(), naru_queue_release_once()):
 *
 *	 0	magic, version
 *	64	sent, NR_SESSIONS of 32 bytes; guarded by the senders' lock
 *	...	released, as many; guarded by the receivers' lock
 *
 * A message and its number become true in one step, by a note in the queue's own header,
 *one for each side. It tells what is about to be noted, and a mark: what the side's
 *counts say just before the change.
 *
 *	senders		mark is the position of the record. Done: the tail is beyond it.
 *	receivers	mark is the epoch. Done: it is another one.
 *
 * Invariants, true for every observer after every instruction:
 *
 *	I1  state is 0, or the rest of the note is whole
 *	I2  while the side's lock is held by the living, or free, a note whose state is
 *not 0 is done: who takes the lock over from the dead clears one that is not, before
 *	    anything else changes what the mark is compared with
 *	I3  the last number of a session is that of the note, if there is one of it and it
 *is done, else that of its entry, else 0 I4  an entry with used 0 is free; used is set
 *last, and cleared first
 *
 * Whoever looks a session up finishes the note first: copies it to the entry, clears it.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define NR_SESSIONS	    1023u
#define NR_SESSIONS_MAGIC   UINT64_C(0x7365732d7572616e) /* "naru-ses" */
#define NR_SESSIONS_VERSION 1u

struct nr_session_shared {
	_Atomic uint64_t name[2];
	_Atomic uint64_t last; /* number */
	_Atomic uint64_t used; /* the side's epoch when it was used last, plus 1 */
};

struct nr_sessions_shared {
	uint64_t magic;
	uint32_t version;
	uint32_t unused[13];
	struct nr_session_shared sent[NR_SESSIONS];
	struct nr_session_shared released[NR_SESSIONS];
};

/* In the queue's header: layout/queue.h. */
struct nr_note_shared {
	_Atomic uint32_t state; /* 1, or 0: there is none */
	uint32_t unused;
	_Atomic uint64_t name[2];
	_Atomic uint64_t last;
	_Atomic uint64_t mark;
};

static_assert(offsetof(struct nr_sessions_shared, sent) == 64, "layout");
static_assert(sizeof(struct nr_session_shared) == 32, "layout");
static_assert(sizeof(struct nr_sessions_shared) == 65536, "layout");
static_assert(sizeof(struct nr_note_shared) == 40, "layout");

#endif /* NARU_LAYOUT_SESSIONS_H */
