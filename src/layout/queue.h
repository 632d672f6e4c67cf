/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_QUEUE_H
#define NARU_LAYOUT_QUEUE_H

/*
 * layout/queue.h - a queue's file
 *
 *	0		struct nr_queue_shared, one page of 4 KiB
 *	4096		waiters, 256 of 32 bytes
 *	12288		journal (layout/journal.h)
 *	ring_offset	ring (layout/ring.h), ring_size bytes; a process maps it twice.
 *			It may grow, to half of what is kept free up to
 *	heap_offset	heap (layout/heap.h), to the end of the file, which may grow
 *
 * A queue has two sides, each with its own lock:
 *
 *	senders		writes the ring and moves tail
 *	receivers	moves head, and owns heap, index and journal
 *
 * Who needs both takes the senders' first. A side's counts tell
 *
 *			senders			receivers
 *	position	tail of the ring	head of the ring
 *	messages	sent			removed, less those claimed now
 *	bytes		sent			removed, less those claimed now
 *
 * so that what a queue holds, claims included, is the difference. They exist
 * twice, and the low bit of epoch selects the valid ones: a change is written to
 * the other ones and then committed by the one store of epoch + 1.
 *
 * Invariants, true for every observer after every instruction:
 *
 *	I1  counts[epoch & 1] of a side are from one instant
 *	I2  only the holder of a side's lock writes to the side; if the holder is
 *	    dead, who takes the lock over repairs before anything else:
 *	    senders:   counts the records that were published behind tail;
 *		       publishes the record of a commit that had already gone through
 *		       on the receivers' side (intent); a receiver that finds nothing
 *		       while there is an intent takes the senders' lock too, so that
 *		       this does not wait for the next sender;
 *	    receivers: undoes the journal; finishes what building and doomed tell
 *	I3  receivers.messages and .bytes go down only while the senders' lock is
 *	    held too; so seen is never more than the truth
 *	I4  sent - removed <= limit, for messages and bytes, unless a limit was
 *	    lowered afterwards
 *	I5  heap.granules is enough for limit_bytes in limit_messages messages at
 *	    the worst fragmentation: no admitted message fails to find its memory
 *
 * A waiter asks to be woken when a message that it admits, or room that it
 * needs, is there. Its state goes FREE -> SLEEPING (by its owner; then the bit of
 * its kind is set) -> WOKEN (by a waker, which clears the bit first) -> FREE. Who
 * sleeps for longer than NR_NAP_MS hears of the death of every member (layout/members.h):
 * a waker may die, or one of several sleepers that was woken.
 */

#include <layout/heap.h>
#include <layout/journal.h>
#include <layout/members.h>
#include <layout/object.h>
#include <layout/ring.h>
#include <layout/sessions.h>
#include <stdalign.h>

#define NR_QUEUE_VERSION 4u
#define NR_WAITERS	 256u
#define NR_WAITER_WORDS	 (NR_WAITERS / 64)
#define NR_NAP_MS	 8 /* most sleeps are shorter, and need not watch anybody */
#define NR_NAP_BLIND_MS	 5 /* where a sleeper cannot be sure that it will be woken */

struct nr_counts_shared {
	_Atomic uint64_t position;
	_Atomic uint64_t messages;
	_Atomic uint64_t bytes;
};

struct nr_side_shared {
	_Atomic uint32_t lock; /* space/lock.h */
	uint32_t unused;
	_Atomic uint64_t epoch;
	struct nr_counts_shared counts[2];
};

/* Of a side, but on another cache line: who touches it holds the side's lock. */
struct nr_last_shared {
	_Atomic int64_t time; /* nanoseconds since the epoch */
	_Atomic int32_t pid;
	_Atomic uint32_t token; /* there is a byte in the FIFO: queue/poll.h */
	_Atomic uint32_t cpu;	/* on which, plus 1; 0: unknown */
	uint32_t unused;
};

struct nr_queue_shared {
	struct nr_object_shared object;
	uint64_t ring_offset;
	_Atomic uint64_t ring_size; /* changed under both locks */
	uint64_t heap_offset;
	_Atomic uint64_t limit_bytes;
	_Atomic uint64_t limit_messages;
	_Atomic int64_t changed; /* nanoseconds since the epoch */

	alignas(128) _Atomic uint32_t removed;
	_Atomic uint32_t removing; /* the id of who is about to remove the name, or was */
	_Atomic uint64_t polling_readable[NR_WAITER_WORDS]; /* bits of waiters */
	_Atomic uint64_t intent; /* reference of the block that is being committed */
	_Atomic uint32_t fenced; /* queue/waiter.h */
	_Atomic uint32_t beside; /* there may be files beside it: queue/beside.h */
	alignas(64) _Atomic uint64_t sleeping_receivers[NR_WAITER_WORDS];
	_Atomic uint64_t sleeping_senders[NR_WAITER_WORDS];
	alignas(64) _Atomic uint64_t polling_writable[NR_WAITER_WORDS];

	alignas(128) struct nr_side_shared senders;
	alignas(64) struct nr_last_shared last_send;
	uint64_t seen_head; /* receivers' counts when a sender last looked */
	uint64_t seen_messages;
	uint64_t seen_bytes;
	uint64_t intent_position; /* valid while intent is not 0 */
	uint64_t intent_id;

	alignas(128) struct nr_side_shared receivers;
	alignas(64) struct nr_last_shared last_receive;

	alignas(128) struct nr_heap_shared heap;
	struct nr_members_shared members;
	struct nr_note_shared note_sent;     /* senders': layout/sessions.h */
	struct nr_note_shared note_released; /* receivers' */
};

/* The removed word: gone, and everybody who waits or polls has been told. */
enum nr_removed {
	NR_REMOVED = 1,
	NR_REMOVED_TOLD = 2,
};

enum nr_waiter_state {
	NR_WAITER_FREE = 0,
	NR_WAITER_SLEEPING = 1,
	NR_WAITER_WOKEN = 2,
};

struct nr_waiter_shared {
	_Atomic uint32_t state;	 /* futex */
	_Atomic uint32_t owner;	 /* id; 0: the entry is free */
	_Atomic uint32_t select; /* receivers: enum nr_select_kind */
	_Atomic uint32_t thread; /* of its owner, by a number of the owner's own; or 0 */
	_Atomic int64_t type;	 /* receivers: of the selection; senders: 0 */
	_Atomic uint64_t need;	 /* senders: bytes */
};

#define NR_QUEUE_WAITERS (UINT64_C(4096))
#define NR_QUEUE_JOURNAL (NR_QUEUE_WAITERS + NR_WAITERS * sizeof(struct nr_waiter_shared))
#define NR_QUEUE_RING	 (NR_QUEUE_JOURNAL + sizeof(struct nr_journal_shared))

static_assert(sizeof(struct nr_side_shared) == 64, "layout");
static_assert(offsetof(struct nr_queue_shared, removed) == 128, "layout");
static_assert(offsetof(struct nr_queue_shared, sleeping_receivers) == 192, "layout");
static_assert(offsetof(struct nr_queue_shared, senders) == 384, "layout");
static_assert(offsetof(struct nr_queue_shared, last_send) == 448, "layout");
static_assert(offsetof(struct nr_queue_shared, intent) == 168, "layout");
static_assert(offsetof(struct nr_queue_shared, intent_id) == 504, "layout");
static_assert(offsetof(struct nr_queue_shared, receivers) == 512, "layout");
static_assert(offsetof(struct nr_queue_shared, last_receive) == 576, "layout");
static_assert(offsetof(struct nr_queue_shared, heap) == 640, "layout");
static_assert(offsetof(struct nr_queue_shared, members) == 640 + 2248, "layout");
static_assert(sizeof(struct nr_queue_shared) <= NR_QUEUE_WAITERS, "layout");
static_assert(sizeof(struct nr_waiter_shared) == 32, "layout");
static_assert(NR_QUEUE_RING == 16384, "layout");

#endif /* NARU_LAYOUT_QUEUE_H */
