/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_SEGMENT_H
#define NARU_LAYOUT_SEGMENT_H

/*
 * layout/segment.h - a segment's file
 *
 *	0		struct nr_segment_shared
 *	latest_offset	the latest value, NR_LATEST_COPIES copies of it
 *	data_offset	the user's bytes, to the end of the file: its size tells how many
 *
 * data_offset is a multiple of the page size; of 2 MiB, if the segment is of huge pages.
 *
 * Who is attached is not written down here. Each attachment has a read lock
 * (F_OFD_SETLK) on a byte of its own among those from NR_HOLD_FIRST on, far behind the
 * end of the file, through a file description of its own, which nothing refers to but a
 * mapping of the file's first page. So the kernel drops the lock with the process's
 * memory, or at the detach, and the locks there are the attachments.
 *
 *	I1  The file ends at data_offset + length, and only grows. Whoever makes it grow
 *	    holds a write lock on byte NR_RESIZE_BYTE, reserves the memory first, and then
 *	    moves the end in one step.
 *	I2  Only who holds lock (space/lock.h) writes damaged, except to NR_DAMAGED:
 *	    that is written by whoever takes the lock from a dead owner, right
 *	    afterwards. If it dies before that, the next one takes the lock from a dead
 *	    owner as well.
 *	I3  events is raised before sleepers is looked at; sleepers is set before events
 *	    is looked at.
 *	I4  Copy s % NR_LATEST_COPIES is the latest value's, complete, where s is
 *	    sequence; 0: there is none. The writer fills the next copy, and commits by
 *	    the one store of s + 1.
 */

#include <layout/members.h>
#include <layout/object.h>
#include <stdalign.h>
#include <stddef.h>

#define NR_SEGMENT_VERSION 1u
#define NR_SEGMENT_LATEST  (UINT64_C(2048))
#define NR_SEGMENT_HEADER  (UINT64_C(4096))

#define NR_HUGE_PAGE (UINT64_C(2) << 20)

#define NR_RESIZE_BYTE ((UINT64_C(1) << 60) - 1)
#define NR_HOLD_FIRST  (UINT64_C(1) << 60)
#define NR_HOLD_BYTES  (UINT64_C(1) << 48)

#define NR_LATEST_COPIES 4u

enum nr_damaged {
	NR_WHOLE = 0,
	NR_DAMAGED = 1,	 /* an owner of the lock died, and nobody has repaired it */
	NR_GIVEN_UP = 2, /* for ever */
};

enum nr_segment_form {
	NR_FORM_HUGE = 1 << 0,	 /* of huge pages */
	NR_FORM_SPARSE = 1 << 1, /* its memory is not reserved */
};

/* For people. Written by those who may write, last one wins. */
struct nr_segment_use_shared {
	_Atomic int64_t time; /* nanoseconds since the epoch; 0: never */
	_Atomic int32_t pid;  /* in its own namespace */
	uint32_t unused;
};

struct nr_segment_shared {
	struct nr_object_shared object;
	uint64_t data_offset;
	uint64_t latest_offset;
	uint64_t latest_size; /* bytes of one copy's value; a multiple of 8 */
	uint32_t form;	      /* bits of enum nr_segment_form */
	int32_t creator;      /* pid in its own namespace */
	int64_t created;      /* nanoseconds since the epoch */
	_Atomic int64_t changed;
	struct nr_segment_use_shared attached;
	struct nr_segment_use_shared detached;

	alignas(128) _Atomic uint32_t lock;
	_Atomic uint32_t damaged;
	alignas(64) _Atomic uint32_t events; /* futex */
	_Atomic uint32_t sleepers;	     /* somebody may sleep on events */
	alignas(64) _Atomic uint64_t sequence;

	alignas(64) struct nr_members_shared members;
};

/* A copy of the latest value. */
struct nr_latest_shared {
	_Atomic uint64_t length; /* bytes */
	_Atomic uint64_t words[];
};

static_assert(offsetof(struct nr_segment_shared, attached) == 64, "layout");
static_assert(offsetof(struct nr_segment_shared, lock) == 128, "layout");
static_assert(offsetof(struct nr_segment_shared, events) == 192, "layout");
static_assert(offsetof(struct nr_segment_shared, sequence) == 256, "layout");
static_assert(offsetof(struct nr_segment_shared, members) == 320, "layout");
static_assert(sizeof(struct nr_segment_shared) <= NR_SEGMENT_LATEST, "layout");

#endif /* NARU_LAYOUT_SEGMENT_H */
