/* SPDX-License-Identifier: MIT */

/* stream/memory.c - how both ends come to have the same memory; see stream/memory.h */

#include <stream/memory.h>

#include <errno.h>
#include <stream/rights.h>
#include <string.h>
#include <sys/file.h>
#include <sys/map.h>
#include <sys/memory-file.h>
#include <sys/sockets.h>

enum { DRAIN_MAX = 16 /* messages of a peer that rings for nothing */ };

/* What a direction without memory looks at. Never written to. */
static struct nr_stream_end_shared nothing;

static uint64_t file_size(uint64_t capacity)
{
	return nr_page_size() + 2 * capacity;
}

static size_t mapped_size(uint64_t capacity)
{
	return nr_page_size() + 4 * capacity;
}

/*
 * Header, first ring, first ring again, second ring, second ring again. The middle two
 * lie in a row in the file, too.
 */
static int map_file(int file, uint64_t capacity, struct nr_stream_shared **ret_shared)
{
	size_t page = nr_page_size(), length = mapped_size(capacity);
	unsigned char *base;
	void *address;
	int r = nr_map_file(file, 0, length, true, NULL, &address);

	if (r < 0)
		return r;
	base = address;
	r = nr_map_file(file, page, 2 * capacity, true, base + page + capacity, &address);
	if (r == 0)
		r = nr_map_file(file, page + capacity, capacity, true,
				base + page + 3 * capacity, &address);
	if (r == 0)
		r = nr_memory_populate(base, page);
	if (r < 0) {
		nr_unmap(base, length);
		return r;
	}
	*ret_shared = (void *)base;
	return 0;
}

/* The bytes that @side writes, in a mapping. */
static unsigned char *ring_of(struct nr_stream_shared *shared, int side,
			      uint64_t capacity)
{
	return (unsigned char *)shared + nr_page_size() +
	       (side == NR_STREAM_CLIENT ? 0 : 2 * capacity);
}

static void read_from(struct nr_memory *memory, struct nr_stream_shared *shared)
{
	memory->in = (struct nr_reader){
		.base = ring_of(shared, !memory->side, memory->capacity),
		.size = memory->capacity,
		.own = &shared->end[memory->side],
		.other = &shared->end[!memory->side],
	};
	memory->in_armed = false;
	if (memory->in_polled)
		nr_memory_poll_in(memory);
}

static void write_to(struct nr_memory *memory, struct nr_stream_shared *shared)
{
	memory->out = (struct nr_writer){
		.base = ring_of(shared, memory->side, memory->capacity),
		.size = memory->capacity,
		.own = &shared->end[memory->side],
		.other = &shared->end[!memory->side],
	};
	if (memory->out_polled)
		nr_memory_poll_out(memory);
}

bool nr_memory_exists(void)
{
	static _Atomic bool known;
	int file;

	if (nr_load_relaxed(&known))
		return true;
	file = nr_memory_file(nr_page_size());
	if (file < 0)
		return false;
	nr_file_close(file);
	nr_store_relaxed(&known, true);
	return true;
}

void nr_memory_open(struct nr_memory *memory, uint64_t capacity, int side, int fd)
{
	*memory = (struct nr_memory){
		.capacity = capacity,
		.side = side,
		.fd = fd,
		.file = -1,
		.ring_fd = -1,
		.room_fd = -1,
		.in = {.base = (void *)&nothing, .size = capacity, .other = &nothing},
		.out = {.base = (void *)&nothing, .size = capacity, .other = &nothing},
	};
	nr_spin_set_up(&memory->spin_in);
	nr_spin_set_up(&memory->spin_out);
	nr_barrier_register();
}

int nr_memory_say_hello(const struct nr_memory *memory, int fd)
{
	const struct nr_stream_hello hello = {
		.magic = NR_STREAM_MAGIC,
		.version = NR_STREAM_VERSION,
		.capacity = memory->capacity,
	};
	ssize_t n = nr_socket_send(fd, &hello, sizeof(hello), false);

	if (n < 0)
		return (int)n;
	return n == sizeof(hello) ? 0 : -EPIPE;
}

static int check_hello(const struct nr_stream_hello *hello)
{
	if (hello->magic != NR_STREAM_MAGIC)
		return -EBADMSG;
	if (hello->version != NR_STREAM_VERSION)
		return -EPROTONOSUPPORT;
	if (hello->capacity == 0)
		return 0;
	if (hello->capacity < nr_page_size() ||
	    hello->capacity > NR_STREAM_CAPACITY_MAX ||
	    (hello->capacity & (hello->capacity - 1)) != 0)
		return -EBADMSG;
	return 0;
}

int nr_memory_accept(struct nr_memory *memory, int fd)
{
	struct nr_stream_hello hello;
	/* What comes behind it is not touched, and descriptors are not asked for. */
	ssize_t n = nr_socket_receive(fd, &hello, sizeof(hello), false);
	int r;

	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	r = n == sizeof(hello) ? check_hello(&hello) : -EBADMSG;
	if (r == 0 && hello.capacity > 0)
		nr_memory_open(memory, hello.capacity, NR_STREAM_SERVER, fd);
	return r;
}

/* A file of ours, which nobody knows yet. */
static int make_file(struct nr_memory *memory)
{
	struct nr_stream_shared *shared;
	int file = nr_memory_file(file_size(memory->capacity));
	int r;

	if (file < 0)
		return file;
	r = map_file(file, memory->capacity, &shared);
	if (r < 0) {
		nr_file_close(file);
		return r;
	}
	/* Our reader may sleep on the socket by now, without knowing of this. */
	nr_store_relaxed(&shared->end[memory->side].bytes, NR_STREAM_SLEEPS);
	memory->file = file;
	nr_store_release(&memory->mine, shared); /* [share] */
	return 0;
}

/* The reader must find it first: once the peer has it, it may ring. */
static int hand_over(struct nr_memory *memory)
{
	static const unsigned char byte = NR_STREAM_FILE;
	ssize_t n = nr_rights_send(memory->fd, &byte, 1, memory->file);

	if (n == -EPIPE || n == -ECONNRESET) {
		nr_store_relaxed(&memory->gone, true);
		return -EPIPE;
	}
	if (n < 0)
		return (int)n;
	nr_file_close(memory->file);
	memory->file = -1;
	return 0;
}

int nr_memory_begin(struct nr_memory *memory)
{
	struct nr_stream_shared *shared = nr_load_acquire(&memory->theirs); /* [share] */
	int r = 0;

	if (!shared) {
		if (memory->file < 0)
			r = make_file(memory);
		if (r == 0)
			r = hand_over(memory);
		if (r < 0)
			return r;
		shared = nr_load_relaxed(&memory->mine);
	}
	write_to(memory, shared);
	return 0;
}

/* The peer will write to a file of its own. @file becomes ours. */
static int take_file(struct nr_memory *memory, int file)
{
	struct nr_stream_shared *shared;
	int r = -EBADMSG;

	if (!memory->in_met)
		r = nr_memory_file_check(file, file_size(memory->capacity));
	if (r == 0)
		r = map_file(file, memory->capacity, &shared);
	nr_file_close(file);
	if (r < 0)
		return r;
	memory->in_met = true;
	read_from(memory, shared);
	nr_store_release(&memory->theirs, shared); /* [share] */
	return 0;
}

/* A descriptor that came with @kind. */
static int take_descriptor(struct nr_memory *memory, unsigned char kind, int fd)
{
	if (kind == NR_STREAM_FILE)
		return take_file(memory, fd);
	if (memory->ring_fd < 0)
		memory->ring_fd = fd;
	else
		nr_file_close(fd);
	return 0;
}

/*
 * Until the peer has written, it may still do so to ours. Behind the socket: what that
 * rings about is in there.
 */
static void meet_mine(struct nr_memory *memory)
{
	struct nr_stream_shared *mine = nr_load_acquire(&memory->mine); /* [share] */

	if (!memory->in.own && mine)
		read_from(memory, mine);
}

/* The kernel ends what it hands out behind a byte that brings a descriptor. */
int nr_memory_drain(struct nr_memory *memory)
{
	unsigned char bytes[64];
	ssize_t n = sizeof(bytes);
	int fd, r = 0;

	/* What rings from here on is one ring too many, and does no harm. */
	nr_memory_disarm_in(memory);
	memory->in_rung = false;
	for (int i = 0; i < DRAIN_MAX && n > 0 && r == 0; i++) {
		n = nr_rights_receive(memory->fd, bytes, sizeof(bytes), &fd);
		if (n == 0)
			nr_store_relaxed(&memory->gone, true);
		if (n == -EMFILE)
			r = -EMFILE;
		if (fd < 0)
			break;
		r = take_descriptor(memory, bytes[n - 1], fd);
	}
	/* Without what was lost there is no going on. */
	if (r < 0)
		nr_memory_condemn(memory);
	else
		meet_mine(memory);
	return r;
}

void nr_memory_close(struct nr_memory *memory)
{
	struct nr_stream_shared *mine = nr_load_relaxed(&memory->mine);
	struct nr_stream_shared *theirs = nr_load_relaxed(&memory->theirs);

	if (memory->file >= 0)
		nr_file_close(memory->file);
	if (memory->ring_fd >= 0)
		nr_file_close(memory->ring_fd);
	if (memory->room_fd >= 0)
		nr_file_close(memory->room_fd);
	/* Only a hint: the socket was closed before, and may still be open in others. */
	if (memory->in.own)
		nr_fetch_or(&memory->in.own->bytes, NR_STREAM_CLOSING);
	if (memory->out.own)
		nr_fetch_or(&memory->out.own->room, NR_STREAM_CLOSING);
	nr_unmap(mine, mapped_size(memory->capacity));
	nr_unmap(theirs, mapped_size(memory->capacity));
}
