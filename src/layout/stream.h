/* SPDX-License-Identifier: MIT */
#ifndef NARU_LAYOUT_STREAM_H
#define NARU_LAYOUT_STREAM_H

/*
 * layout/stream.h - a connection in shared memory
 *
 * A nameless, sealed file. Whoever writes first makes it and hands it over, and the other
 * end writes to the same one; if both write first, each makes one, and in each file the
 * half of the other direction is not used.
 *
 *	page 0		struct nr_stream_shared: the client's end, the server's end
 *	page 1 ...	bytes from client to server, a power of two: the capacity
 *	behind them	bytes from server to client, as many
 *
 * Positions count bytes since the connection was made, and never wrap back: byte p is
 * at p & (capacity - 1). One end of the struct is:
 *
 *	  0  tail	position behind the last byte that this end has written
 *	  8  ended	1: it will write no more
 *	 12  writer_cpu	where it last wrote, plus 1; 0: not known
 *	128  head	position of the next byte that this end will read
 *	136  reader_cpu	the same for reading
 *	256  bytes	this end, as a reader: NR_STREAM_SLEEPS, _CLOSING, _POLLS
 *	260  room	this end, as a writer: the same
 *
 * The writer's line, the reader's and the sleeper's are two lines apart, since
 * processors fetch lines in pairs.
 *
 *	I1  head <= tail <= head + capacity	(head: of the other end)
 *	I2  an end writes to its own words, but for NR_STREAM_SLEEPS, which the other end
 *	    clears; whoever clears it rings. In a new file, its maker sleeps for bytes.
 *	I3  [head, tail) is written and is not changed any more
 *
 * Death: there is nothing to repair. An end's words are each changed by one store; what
 * is written behind tail nobody looks at. That an end is gone, and with it nothing more
 * will come, is what the socket says under which the connection was made.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NR_STREAM_SLEEPS = 1 << 0,  /* about to sleep: ring when that changes */
	NR_STREAM_CLOSING = 1 << 1, /* a handle was closed: ask the socket */
	NR_STREAM_POLLS = 1 << 2,   /* it has a descriptor for poll(2), and stays so */
};

struct nr_stream_end_shared {
	_Alignas(128) _Atomic uint64_t tail;
	_Atomic uint32_t ended;
	_Atomic uint32_t writer_cpu;

	_Alignas(128) _Atomic uint64_t head;
	_Atomic uint32_t reader_cpu;

	_Alignas(128) _Atomic uint32_t bytes;
	_Atomic uint32_t room;
};

enum { NR_STREAM_CLIENT = 0, NR_STREAM_SERVER = 1 };

struct nr_stream_shared {
	struct nr_stream_end_shared end[2];
};

static_assert(sizeof(struct nr_stream_end_shared) == 384, "layout");
static_assert(offsetof(struct nr_stream_end_shared, writer_cpu) == 12, "layout");
static_assert(offsetof(struct nr_stream_end_shared, head) == 128, "layout");
static_assert(offsetof(struct nr_stream_end_shared, reader_cpu) == 136, "layout");
static_assert(offsetof(struct nr_stream_end_shared, room) == 260, "layout");
static_assert(sizeof(struct nr_stream_shared) <= 4096, "a page");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared atomics must be lock-free");

/*
 * What the client says first; a capacity of 0 if it wants to go on with the socket
 * itself. Else, in both directions, a byte comes afterwards when something was written
 * (it rings for a sleeping reader), and brings a descriptor if it is
 *
 *	NR_STREAM_FILE	the file that the sender of this writes to; once, and before
 *			anything is written to it
 *	NR_STREAM_ROOM	ring there when there is room for me
 */
struct nr_stream_hello {
	uint64_t magic;
	uint32_t version;
	uint32_t unused;
	uint64_t capacity;
};

enum { NR_STREAM_ROOM = 0, NR_STREAM_FILE = 1 };

#define NR_STREAM_MAGIC	       UINT64_C(0x6d616572747372ff) /* "\xffrstream" */
#define NR_STREAM_VERSION      2u
#define NR_STREAM_CAPACITY_MAX (UINT64_C(1) << 30)

static_assert(sizeof(struct nr_stream_hello) == 24, "layout");

#endif /* NARU_LAYOUT_STREAM_H */
