/* SPDX-License-Identifier: MIT */

/* stream/memory-wait.c - sleep, ring, and see that the peer is gone */

#include <stream/memory.h>

#include <errno.h>
#include <stream/rights.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/poller.h>
#include <sys/sockets.h>

enum {
	ROOM_LOOKS = 16,       /* so often in vain for a good deal, then for any room */
	ROOM_PAUSES = 64,      /* between two looks */
	ROOM_FRACTION = 16,    /* of the capacity is a good deal */
	WRITABLE_FRACTION = 4, /* for who sleeps: each wake is dear */
	PULSE_NS = 1000000,
	PULSE_CALLS = 64,
	NAP_NS = 10 * 1000000, /* then whoever may have missed us has stored its words */
};

bool nr_memory_is_gone(struct nr_memory *memory)
{
	struct pollfd socket = {.fd = memory->fd, .events = POLLRDHUP};

	if (nr_load_relaxed(&memory->gone))
		return true;
	if (nr_poll_descriptors(&socket, 1, 0) <= 0 ||
	    !(socket.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)))
		return false;
	nr_store_relaxed(&memory->gone, true);
	return true;
}

int nr_memory_condemn(struct nr_memory *memory)
{
	nr_store_relaxed(&memory->bad, true);
	nr_store_relaxed(&memory->gone, true);
	/* The peer sees the end, whoever else has the socket. */
	nr_socket_end(memory->fd);
	return -EBADMSG;
}

bool nr_memory_pulse(struct nr_pulse *pulse)
{
	uint64_t now;

	if (++pulse->calls < pulse->every)
		return false;
	pulse->calls = 0;
	now = nr_clock_monotonic();
	if (now - pulse->last < PULSE_NS) {
		if (pulse->every < PULSE_CALLS)
			pulse->every = pulse->every * 2 + 1;
		return false;
	}
	pulse->every = 0;
	pulse->last = now;
	return true;
}

bool nr_memory_has_ended(struct nr_memory *memory)
{
	struct nr_stream_end_shared *other = memory->in.other;

	if (nr_load_relaxed(&memory->gone) ||
	    nr_load_acquire(&other->ended)) /* [publish] */
		return true;
	if (!(nr_load_relaxed(&other->room) & NR_STREAM_CLOSING))
		return false;
	/* First, so that a close that comes now is not missed. */
	nr_fetch_and(&other->room, ~(uint32_t)NR_STREAM_CLOSING);
	return nr_memory_is_gone(memory);
}

static void ring(struct nr_memory *memory, int fd)
{
	ssize_t n = nr_socket_send(fd, "", 1, false);

	if (n == -EPIPE || n == -ECONNRESET)
		nr_store_relaxed(&memory->gone, true);
}

/* A word of the peer's, without NR_STREAM_POLLS. */
static uint32_t look_who_sleeps(const _Atomic uint32_t *word)
{
	if (nr_load_relaxed(word) & NR_STREAM_POLLS)
		atomic_thread_fence(memory_order_seq_cst); /* [poll] */
	return nr_load_relaxed(word) & ~(uint32_t)NR_STREAM_POLLS;
}

void nr_memory_ring_reader(struct nr_memory *memory)
{
	uint32_t was = look_who_sleeps(&memory->out.other->bytes);

	if (was)
		was = nr_fetch_and(&memory->out.other->bytes, NR_STREAM_POLLS);
	/* dies here: the kernel closes the socket, and that wakes it, too */
	if (was & NR_STREAM_SLEEPS)
		ring(memory, memory->fd);
	if (was & NR_STREAM_CLOSING)
		nr_memory_is_gone(memory);
}

void nr_memory_ring_writer(struct nr_memory *memory)
{
	uint64_t used = memory->in.limit - memory->in.head;

	if (memory->in.size - used >= memory->in.size / WRITABLE_FRACTION)
		nr_memory_ask_writer(memory);
}

void nr_memory_ask_writer(struct nr_memory *memory)
{
	uint32_t was = look_who_sleeps(&memory->in.other->room);

	if (!(was & NR_STREAM_SLEEPS))
		return;
	was = nr_fetch_and(&memory->in.other->room, ~(uint32_t)NR_STREAM_SLEEPS);
	if (!(was & NR_STREAM_SLEEPS))
		return;
	if (memory->ring_fd < 0)
		nr_memory_drain(memory);
	if (memory->ring_fd >= 0)
		ring(memory, memory->ring_fd);
}

/* A word of ours says that we sleep; no longer. True: somebody has rung. */
static bool disarm(_Atomic uint32_t *word)
{
	return !(nr_fetch_and(word, ~(uint32_t)NR_STREAM_SLEEPS) & NR_STREAM_SLEEPS);
}

void nr_memory_disarm_in(struct nr_memory *memory)
{
	if (memory->in_armed && disarm(&memory->in.own->bytes))
		memory->in_rung = true;
	memory->in_armed = false;
}

static void disarm_out(struct nr_memory *memory)
{
	if (memory->out_armed && disarm(&memory->out.own->room))
		memory->out_rung = true;
	memory->out_armed = false;
}

/* False: whoever rings may miss us. */
static bool arm_in(struct nr_memory *memory)
{
	if (memory->in_rung)
		nr_memory_drain(memory);
	memory->in_rung = false;
	/* What there will be to look at comes by the socket, or rings there. */
	if (!memory->in.own)
		return true;
	memory->in_armed = true;
	nr_fetch_or(&memory->in.own->bytes, NR_STREAM_SLEEPS);
	return nr_barrier_heavy(); /* [sleep] */
}

static bool arm_out(struct nr_memory *memory)
{
	unsigned char bytes[64];

	/* Who has closed the other end will not ring, and most likely dies. */
	if (memory->out_rung &&
	    nr_socket_receive(memory->room_fd, bytes, sizeof(bytes), false) == 0)
		nr_store_relaxed(&memory->gone, true);
	memory->out_rung = false;
	memory->out_armed = true;
	nr_fetch_or(&memory->out.own->room, NR_STREAM_SLEEPS);
	return nr_barrier_heavy(); /* [sleep] */
}

struct look {
	struct nr_memory *memory;
	uint64_t least;
	int looks;
};

static bool is_readable(struct nr_memory *memory, uint64_t least)
{
	uint64_t tail = nr_load_relaxed(&memory->in.other->tail);

	return tail - memory->in.head >= least ||
	       nr_load_relaxed(&memory->in.other->ended) ||
	       nr_load_relaxed(&memory->gone);
}

static bool is_writable(struct nr_memory *memory, uint64_t least)
{
	uint64_t head = nr_load_relaxed(&memory->out.other->head);
	uint64_t used = memory->out.tail - head;

	/* If it is out of range, who looks again will say so. */
	return used > memory->out.size || memory->out.size - used >= least ||
	       nr_load_relaxed(&memory->gone);
}

static bool bytes_ready(void *data)
{
	const struct look *look = data;

	return is_readable(look->memory, look->least);
}

/*
 * To look at the reader's position takes its cache line from it. So a writer that is
 * faster waits for a good deal of room, and looks seldom.
 */
static bool room_ready(void *data)
{
	struct look *look = data;
	uint64_t deal = look->memory->out.size / ROOM_FRACTION;

	for (int i = 0; i < ROOM_PAUSES; i++)
		nr_relax();
	if (look->looks++ >= ROOM_LOOKS || look->least > deal)
		deal = look->least;
	return is_writable(look->memory, deal);
}

/*
 * Sleep on @socket, and on the one that tells of the peer. 1: somebody has rung; 0: or
 * not, but look again.
 */
static int sleep_on(struct nr_memory *memory, int socket, bool nap,
		    struct nr_deadline *deadline)
{
	struct pollfd sockets[2] = {
		{.fd = socket, .events = POLLIN},
		{.fd = memory->fd, .events = POLLRDHUP},
	};
	uint64_t until = nr_deadline_until(deadline), nap_until;
	int r;

	if (nap) {
		nap_until = nr_clock_monotonic() + NAP_NS;
		nap = nap_until < until;
		until = nap ? nap_until : until;
	}
	atomic_fetch_add_explicit(&memory->sleeps, 1, memory_order_relaxed);
	r = nr_poll_descriptors(sockets, 2, until);
	if (r < 0)
		return r;
	if (sockets[1].revents)
		nr_store_relaxed(&memory->gone, true);
	/* A peer that rings without end does not keep us beyond it. */
	if (r == 0 ? !nap : nr_clock_monotonic() >= nr_deadline_until(deadline))
		return nr_deadline_error(deadline);
	return sockets[0].revents != 0;
}

int nr_memory_wait_in(struct nr_memory *memory, uint64_t least,
		      struct nr_deadline *deadline)
{
	struct look look = {.memory = memory, .least = least};
	bool nap = memory->in.own != NULL;
	int r = 0;

	if (memory->in.own && nr_spin_for(&memory->spin_in, &memory->in.other->writer_cpu,
					  bytes_ready, &look, 1))
		return 0;
	while (r >= 0) {
		nap |= !arm_in(memory);
		if (!is_readable(memory, least)) {
			nr_memory_ask_writer(memory);
			/* It may have had to look into the socket for that. */
			if (memory->in.own && !memory->in_armed)
				nap |= !arm_in(memory);
		}
		if (!is_readable(memory, least))
			r = sleep_on(memory, memory->fd, nap, deadline);
		nap = false;
		nr_memory_disarm_in(memory);
		memory->in_rung |= r > 0;
		if (is_readable(memory, least) || (r > 0 && !memory->in_met))
			return 0;
	}
	return r;
}

int nr_memory_make_room_fd(struct nr_memory *memory)
{
	int pair[2];
	ssize_t n;
	int r;

	if (memory->room_fd >= 0)
		return 0;
	r = nr_socket_pair(pair);
	if (r < 0)
		return r;
	n = nr_rights_send(memory->fd, "", 1, pair[1]);
	nr_file_close(pair[1]);
	if (n == 1) {
		memory->room_fd = pair[0];
		return 0;
	}
	nr_file_close(pair[0]);
	if (n == -EPIPE || n == -ECONNRESET)
		nr_store_relaxed(&memory->gone, true);
	return n < 0 ? (int)n : -EPIPE;
}

int nr_memory_wait_out(struct nr_memory *memory, uint64_t least,
		       struct nr_deadline *deadline)
{
	struct look look = {.memory = memory, .least = least};
	bool nap = true;
	int r;

	if (nr_spin_for(&memory->spin_out, &memory->out.other->reader_cpu, room_ready,
			&look, ROOM_PAUSES))
		return 0;
	r = nr_memory_make_room_fd(memory);
	if (nr_load_relaxed(&memory->gone))
		return 0;
	while (r >= 0) {
		nap |= !arm_out(memory);
		if (!is_writable(memory, least))
			r = sleep_on(memory, memory->room_fd, nap, deadline);
		nap = false;
		disarm_out(memory);
		memory->out_rung |= r > 0;
		if (is_writable(memory, least))
			return 0;
	}
	return r;
}

void nr_memory_poll_in(struct nr_memory *memory)
{
	memory->in_polled = true;
	if (memory->in.own)
		nr_fetch_or(&memory->in.own->bytes, NR_STREAM_POLLS);
}

void nr_memory_poll_out(struct nr_memory *memory)
{
	memory->out_polled = true;
	if (memory->out.own)
		nr_fetch_or(&memory->out.own->room, NR_STREAM_POLLS);
}

int nr_memory_settle_in(struct nr_memory *memory, struct nr_gauge *gauge)
{
	nr_memory_disarm_in(memory);
	if (!is_readable(memory, 1)) {
		bool sure;

		/* Whatever is in the socket must not keep the gauge ready. */
		memory->in_rung = true;
		sure = arm_in(memory);

		if (!is_readable(memory, 1))
			/* Who may be missed must look for itself. */
			return nr_gauge_mark(gauge, !sure);
		nr_memory_disarm_in(memory);
	}
	return nr_gauge_mark(gauge, !memory->in_rung);
}

int nr_memory_settle_out(struct nr_memory *memory, struct nr_gauge *gauge)
{
	uint64_t deal = memory->out.size / WRITABLE_FRACTION;

	disarm_out(memory);
	if (!is_writable(memory, deal)) {
		bool sure;

		memory->out_rung = true;
		sure = arm_out(memory);

		/* Who waits for more than is there waits for us. */
		if (nr_load_relaxed(&memory->out.other->bytes) & NR_STREAM_SLEEPS)
			deal = 1; /* [sleep] */
		if (!is_writable(memory, deal))
			return nr_gauge_mark(gauge, !sure);
		disarm_out(memory);
	}
	return nr_gauge_mark(gauge, !memory->out_rung);
}
