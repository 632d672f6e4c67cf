/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_SET_H
#define NARU_LAYOUT_SET_H

/*
 * layout/set.h - the file of a set of semaphores
 *
 *	0		struct nr_set_shared, one page of 4 KiB
 *	4096		log, NR_SET_OPERATIONS entries of 8 bytes
 *	8192		semaphores, 8 bytes each
 *	values		what SETALL is about to set, 2 bytes each
 *	sleepers	NR_SET_SLEEPERS of 64 bytes
 *	arrays		a page for each sleeper, for operations that its entry cannot hold
 *	rows		NR_SET_ROWS: what processes owe, see below
 *
 * Where they begin follows from the number of semaphores: struct nr_set_places. The file
 * is a hole from the NR_SET_STEP-th sleeper on. Memory for more is reserved when it is
 * needed: of sleepers and rows so many as the header says, of arrays those that have
 * their bit in it. Nobody touches more than that.
 *
 * A semaphore is one word: the value in bits 0..15, in bits 32..63 the pid of the last
 * process that changed it.
 *
 * Whoever changes the set holds its lock. A change of one semaphore is the store of its
 * word. All others are written to the log first, and committed by the store of
 * log.change; then they are done, and log.change becomes NR_SET_NOTHING. To do them
 * twice does the same as once.
 *
 *	I1  Only the holder of the lock writes, but for a sleeper's state (below) and the
 *	    members.
 *	I2  Who takes the lock over from a dead owner does first what log.change says.
 *	    Nobody else ever sees anything of a change that is not done wholly.
 *	I3  Each value is 0 .. 32767.
 *
 * A process that uses SEM_UNDO has a row: the sum, by semaphore, of what is to be added
 * when it ends. The row names it by its id, and by its pid and when it started, for
 * execve(2) ends the id (layout/peers.h) but not the process.
 *
 *	I4  A row's sums are 0, or its state is NR_ROW_OWES or NR_ROW_LEAVING.
 *	I5  A row that is NR_ROW_LEAVING is of a dead process: it is worked off, in
 *	    pieces, before anything else is done to the set.
 *
 * A sleeper's operations are done for it by whoever makes that possible. Its state:
 *
 *	FREE -> WAITING		by itself, holding the lock; it looks for a moment,
 *	WAITING -> ASLEEP	by itself, without; and then must be woken
 *	WAITING, ASLEEP -> LEFT	by itself, without: it goes on without having got anything
 *	WAITING, ASLEEP -> TAKEN  by the holder of the lock, who is about to do it
 *	TAKEN -> DONE		by the holder, or by who repairs: it is done
 *	TAKEN -> WAITING	by who repairs: the holder had died before it committed
 *	WAITING, ASLEEP -> DONE | error	 by the holder: it cannot be done
 *	LEFT -> FREE		by the holder of the lock
 *	DONE -> FREE		by itself
 *
 * "By itself": or by a handler that has interrupted the call, and leaves it.
 *
 *	I6  The sleepers from header.sleepers on are FREE, or their owners are dead.
 */

#include <assert.h>
#include <layout/members.h>
#include <layout/object.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define NR_SET_VERSION	  2u
#define NR_SET_MOST	  65536u /* semaphores */
#define NR_SET_OPERATIONS 500u	 /* of one call */
#define NR_SET_VALUE_MAX  32767
#define NR_SET_SLEEPERS	  4096u
#define NR_SET_STEP	  64u /* sleepers whose memory is reserved at once */
#define NR_SET_ROWS	  4096u
#define NR_SET_INLINE	  4u
#define NR_SET_ARRAY_SIZE UINT64_C(4096)

struct nr_operation_shared {
	uint16_t number;
	int16_t add; /* 0: wait for zero */
	int16_t flags;
};

/* A change that is committed, but perhaps not done yet. */
enum nr_set_change {
	NR_SET_NOTHING = 0,
	NR_SET_OPERATE = 1,
	NR_SET_VALUE = 2,  /* entry 0's semaphore, and its sums in all rows become 0 */
	NR_SET_VALUES = 3, /* all semaphores, and all sums become 0 */
};

struct nr_set_log_shared {
	_Atomic uint32_t change;
	uint32_t count;	  /* entries */
	int32_t pid;	  /* to be stored with the values */
	uint32_t row;	  /* plus 1; 0: none */
	uint32_t sleeper; /* for whom it is done, plus 1; 0: nobody */
	uint32_t unused;
};

struct nr_set_entry_shared {
	uint16_t number;
	uint16_t value; /* new */
	int16_t sum;	/* new, if owed */
	uint16_t owed;	/* it changes the row */
};

struct nr_set_shared {
	struct nr_object_shared object;
	uint32_t semaphores;
	uint32_t unused;

	alignas(64) _Atomic uint32_t lock; /* space/lock.h */
	_Atomic uint32_t removed;
	_Atomic uint32_t sleepers;
	_Atomic uint32_t rows; /* those from there on are free */
	uint32_t unused2[2];
	_Atomic int64_t operated; /* seconds since the epoch */
	_Atomic int64_t changed;
	_Atomic uint64_t order; /* of the next one who sleeps */

	alignas(64) struct nr_set_log_shared log;
	_Atomic uint32_t reserved_sleepers;
	_Atomic uint32_t reserved_rows;
	alignas(64) struct nr_members_shared members;
	_Atomic uint64_t arrays[NR_SET_SLEEPERS / 64];
};

enum nr_sleeper_state {
	NR_SLEEPER_FREE = 0,
	NR_SLEEPER_WAITING = 1,
	NR_SLEEPER_ASLEEP = 2,
	NR_SLEEPER_TAKEN = 3,
	NR_SLEEPER_LEFT = 4,
	NR_SLEEPER_DONE = 5, /* and above, in bits 8..31, an errno */
};

struct nr_sleeper_shared {
	_Atomic uint32_t state; /* futex */
	_Atomic uint32_t owner; /* id */
	uint64_t order;		/* the least comes first */
	int32_t pid;
	uint32_t row;	   /* plus 1; 0: none */
	uint16_t count;	   /* operations */
	uint16_t blocking; /* which of them could not be done, when last looked at */
	uint32_t thread;   /* of its owner, by a number of the owner's own */
	struct nr_operation_shared operation[NR_SET_INLINE];
	uint16_t alters;
	_Atomic uint32_t waker_cpu; /* plus 1; 0: unknown */
};

enum nr_row_state {
	NR_ROW_FREE = 0,
	NR_ROW_IDLE = 1,
	NR_ROW_OWES = 2,
	NR_ROW_LEAVING = 3,
};

struct nr_row_shared {
	_Atomic uint32_t state;
	_Atomic uint32_t owner; /* id */
	int32_t pid;		/* in its own namespace */
	uint32_t unused;
	uint64_t pid_space; /* which namespace; 0: unknown */
	uint64_t start;	    /* of the process, in the kernel's clock ticks; 0: unknown */
	int16_t sum[];	    /* by semaphore */
};

struct nr_set_places {
	uint64_t semaphores, values, sleepers, reserved, arrays, rows, row_size, end;
};

static inline uint64_t nr_set_round(uint64_t offset, uint64_t unit)
{
	return (offset + unit - 1) / unit * unit;
}

static inline struct nr_set_places nr_set_places(uint32_t semaphores)
{
	struct nr_set_places places = {.semaphores = 8192};

	places.values = places.semaphores + UINT64_C(8) * semaphores;
	places.sleepers = nr_set_round(places.values + UINT64_C(2) * semaphores, 64);
	places.reserved =
		places.sleepers + NR_SET_STEP * sizeof(struct nr_sleeper_shared);
	places.arrays = nr_set_round(
		places.sleepers + NR_SET_SLEEPERS * sizeof(struct nr_sleeper_shared),
		4096);
	places.rows = places.arrays + NR_SET_SLEEPERS * NR_SET_ARRAY_SIZE;
	places.row_size = nr_set_round(sizeof(struct nr_row_shared) +
					       sizeof(int16_t) * (uint64_t)semaphores,
				       64);
	places.end = places.rows + NR_SET_ROWS * places.row_size;
	return places;
}

#define NR_SET_LOG UINT64_C(4096)

static_assert(sizeof(struct nr_operation_shared) == 6, "layout");
static_assert(sizeof(struct nr_set_entry_shared) == 8, "layout");
static_assert(sizeof(struct nr_set_entry_shared) * NR_SET_OPERATIONS <= 4096, "layout");
static_assert(sizeof(struct nr_operation_shared) * NR_SET_OPERATIONS <= NR_SET_ARRAY_SIZE,
	      "layout");
static_assert(offsetof(struct nr_set_shared, lock) == 64, "layout");
static_assert(offsetof(struct nr_set_shared, log) == 128, "layout");
static_assert(offsetof(struct nr_set_shared, members) == 192, "layout");
static_assert(sizeof(struct nr_set_shared) <= NR_SET_LOG, "layout");
static_assert(sizeof(struct nr_sleeper_shared) == 64, "layout");
static_assert(offsetof(struct nr_row_shared, sum) == 32, "layout");

#endif /* NARU_LAYOUT_SET_H */
