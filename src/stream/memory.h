/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_MEMORY_H
#define NARU_STREAM_MEMORY_H

/*
 * stream/memory.h - a stream through shared memory
 *
 * Nobody makes a system call while the other side keeps up. Who has to wait looks for a
 * moment (space/spin.h), then says so in the memory and sleeps in ppoll(2) on a socket
 * that the other side rings: a reader on the socket under which the connection was made;
 * a writer, which may wait at the same time in another thread, on one of a pair that it
 * makes when it first has to, whose other end it hands over. That every one of these
 * sockets has its own end on each side matters: of an eventfd there is one for both, and
 * a hostile peer could make a write to it block. The first socket tells, too, that the
 * peer is gone: the kernel closes it.
 *
 * The memory is made by the first write (memory.c): most of what a connection costs is
 * paid only by those that carry something. Until then a direction has none, and its
 * .own is NULL. Of one file may be both, or each of its own; so words are those of a
 * direction, in.own, in.other, out.own and out.other. The thread that reads changes in,
 * the one that writes out; what one finds for the other is in mine and theirs.
 *
 * Edges:
 *	[share]	a file is mapped, then its address stored with release; the other thread
 *		loads it with acquire => it sees what the mapping shows
 *	[sleep]	a sleeper sets NR_STREAM_SLEEPS, passes a heavy barrier (sys/barrier.h),
 *		then looks once more; the other side publishes (or consumes), passes a
 *		light one, then looks at the bit
 *		=> either the sleeper sees the change, or the other side the bit. Of
 *		two sleepers, a reader and the writer it waits for, one sees the other's.
 *		The first sleep is a nap all the same, and then comes another look: see
 *		docs/design/stream.md.
 *	[poll]	who sleeps in poll(2) cannot nap. It sets NR_STREAM_POLLS, too, once, and
 *		whoever sees that passes a full fence before it looks at the other bit
 */

#include <space/spin.h>
#include <stdbool.h>
#include <stream/byte-ring.h>
#include <stream/gauge.h>
#include <sys/barrier.h>
#include <sys/deadline.h>
#include <sys/types.h>

/* When to ask the kernel whether the peer is there: seldom enough to cost nothing. */
struct nr_pulse {
	uint32_t calls; /* since the clock was read */
	uint32_t every; /* so many calls it is read */
	uint64_t last;	/* when the kernel was asked */
};

struct nr_memory {
	uint64_t capacity; /* each way; 0: it is an ordinary socket */
	int side;	   /* NR_STREAM_CLIENT or NR_STREAM_SERVER */
	int fd;		   /* the socket underneath; the stream's */
	int file;	   /* of mine, and not handed over yet; or -1 */
	struct nr_stream_shared *_Atomic mine;	 /* what we have made */
	struct nr_stream_shared *_Atomic theirs; /* what the peer has */
	_Atomic bool gone;			 /* the peer: nothing more will come */
	_Atomic bool bad; /* -EBADMSG was said, and will be again */

	struct nr_reader in;
	bool in_met; /* it is settled in which file the peer writes */
	struct nr_spin spin_in;
	bool in_armed;	/* NR_STREAM_SLEEPS was set, and we have not looked since */
	bool in_rung;	/* the peer has cleared it: a byte is in the socket, or will be */
	bool in_polled; /* naru_stream_fd() was asked for */
	int ring_fd;	/* rings for room at the peer's; -1: it has not sent it yet */
	struct nr_pulse pulse_in;

	struct nr_writer out;
	struct nr_spin spin_out;
	bool out_armed;
	bool out_rung;
	bool out_polled;
	int room_fd; /* what the peer rings; -1: not made yet */
	struct nr_pulse pulse_out;

	_Atomic uint64_t sleeps;
};

/* Set up the end of @side on the connected socket @fd; no memory is made. */
void nr_memory_open(struct nr_memory *memory, uint64_t capacity, int side, int fd);
/* The client's first word; with a capacity of 0, the socket will do. */
int nr_memory_say_hello(const struct nr_memory *memory, int fd);
/* Is there such memory in this process's world? */
bool nr_memory_exists(void);

/*
 * Take the client's first word, and set up the server's end.
 *
 * 0			.capacity is 0: the client wants the socket
 * -EAGAIN		the client has not said it yet
 * -EPIPE		nor will it
 * -EBADMSG		it is no such thing
 * -EPROTONOSUPPORT	it is of another version
 */
int nr_memory_accept(struct nr_memory *memory, int fd);

/* Have memory to write to. Only the thread that writes. */
int nr_memory_begin(struct nr_memory *memory);
/* We do not sleep any more: note whether somebody has rung. */
void nr_memory_disarm_in(struct nr_memory *memory);

/*
 * Read what has come by the socket, and see what memory there is to read from by now:
 * as long as in_met is false, before each look. Only the thread that reads.
 */
int nr_memory_drain(struct nr_memory *memory);

void nr_memory_close(struct nr_memory *memory);

/* Is the peer gone? Asks the kernel. */
bool nr_memory_is_gone(struct nr_memory *memory);

/* What the peer has done was not allowed. Returns -EBADMSG. */
int nr_memory_condemn(struct nr_memory *memory);

/*
 * Find out how much may be read (or written), after the copy has said that it is less
 * than @least. 0, or an error: then the stream cannot go on.
 */
int nr_memory_look_in(struct nr_memory *memory, uint64_t least);
int nr_memory_look_out(struct nr_memory *memory, uint64_t least);

/* Wait until there may be @least bytes, or the end. 0: look again. */
int nr_memory_wait_in(struct nr_memory *memory, uint64_t least,
		      struct nr_deadline *deadline);
int nr_memory_wait_out(struct nr_memory *memory, uint64_t least,
		       struct nr_deadline *deadline);

/* As of the public calls; the lengths are checked. */
ssize_t nr_memory_peek(struct nr_memory *memory, size_t least,
		       struct nr_deadline *deadline, const void **ret_data);
void nr_memory_consume(struct nr_memory *memory, size_t length);
ssize_t nr_memory_reserve(struct nr_memory *memory, size_t least,
			  struct nr_deadline *deadline, void **ret_data);
void nr_memory_commit(struct nr_memory *memory, size_t length);

/* The peer writes no more. Look once more for what it wrote before. */
bool nr_memory_has_ended(struct nr_memory *memory);

/* It is time to ask the kernel whether the peer is there. */
bool nr_memory_pulse(struct nr_pulse *pulse);

/*
 * Let the gauge say what is so: that of reading has the stream's socket in it, that of
 * writing the one for room.
 */
int nr_memory_settle_in(struct nr_memory *memory, struct nr_gauge *gauge);
int nr_memory_settle_out(struct nr_memory *memory, struct nr_gauge *gauge);
/* There is such a gauge from now on. */
void nr_memory_poll_in(struct nr_memory *memory);
void nr_memory_poll_out(struct nr_memory *memory);
/* Make the socket for room, if it is not there. */
int nr_memory_make_room_fd(struct nr_memory *memory);

/* The slow halves of those below. */
void nr_memory_ring_reader(struct nr_memory *memory);
void nr_memory_ring_writer(struct nr_memory *memory);

/* We wait for more bytes than are there: let the writer use what room there is. */
void nr_memory_ask_writer(struct nr_memory *memory);

/* After bytes were published. */
static inline void nr_memory_published(struct nr_memory *memory)
{
	nr_barrier_light(); /* [sleep] */
	if (__builtin_expect(nr_load_relaxed(&memory->out.other->bytes) != 0, 0))
		nr_memory_ring_reader(memory);
}

/* After bytes were consumed. */
static inline void nr_memory_consumed(struct nr_memory *memory)
{
	nr_barrier_light(); /* [sleep] */
	if (__builtin_expect(nr_load_relaxed(&memory->in.other->room) != 0, 0))
		nr_memory_ring_writer(memory);
}

#endif /* NARU_STREAM_MEMORY_H */
