/* SPDX-License-Identifier: MIT */

/* stream/memory-copy.c - move bytes through shared memory; see stream/memory.h */

#include <errno.h>
#include <stream/handle.h>
#include <sys/map.h>
#include <sys/memory-file.h>
#include <sys/process.h>

enum { PIECE = 16384 /* of a long read or write; then the other side goes on */ };

/*
 * The next position up to which there is memory, in the first lap: a page, then as much
 * again.
 */
static int grow(unsigned char *base, uint64_t size, uint64_t wanted, uint64_t *ready)
{
	uint64_t next = *ready ? *ready * 2 : nr_page_size();
	int r;

	while (next < wanted)
		next *= 2;
	if (next > size)
		next = size;
	r = nr_memory_populate(base + *ready, next - *ready);
	if (r == 0)
		*ready = next;
	return r;
}

int nr_memory_look_in(struct nr_memory *memory, uint64_t least)
{
	struct nr_reader *in = &memory->in;
	int r;

	for (;;) {
		if (nr_load_relaxed(&memory->bad) || nr_reader_look(in) < 0)
			return nr_memory_condemn(memory);
		if (in->limit > 0)
			memory->in_met = true;
		if (nr_reader_available(in) >= least || in->ready == in->size ||
		    in->limit < in->ready ||
		    nr_load_relaxed(&in->other->tail) == in->ready)
			return 0;
		r = grow((unsigned char *)in->base, in->size, in->head + least,
			 &in->ready);
		if (r < 0)
			return r;
	}
}

int nr_memory_look_out(struct nr_memory *memory, uint64_t least)
{
	struct nr_writer *out = &memory->out;
	int r;

	for (;;) {
		if (nr_load_relaxed(&memory->bad) || nr_writer_look(out) < 0)
			return nr_memory_condemn(memory);
		if (!out->own) {
			r = nr_memory_begin(memory);
			if (r < 0)
				return r;
			continue;
		}
		if (nr_writer_room(out) >= least || out->ready == out->size)
			return 0;
		r = grow(out->base, out->size, out->tail + least, &out->ready);
		if (r < 0)
			return r;
	}
}

/* Most often it is the same; to write it would take the line from the other side. */
static void note_cpu(_Atomic uint32_t *word)
{
	uint32_t cpu = nr_process_cpu();

	if (nr_load_relaxed(word) != cpu)
		nr_store_relaxed(word, cpu);
}

static void note_writer(struct nr_memory *memory)
{
	note_cpu(&memory->out.own->writer_cpu);
}

static void note_reader(struct nr_memory *memory)
{
	struct nr_spin *spin = &memory->spin_in;

	note_cpu(&memory->in.own->reader_cpu);
	nr_store_relaxed(&spin->burst, nr_load_relaxed(&spin->burst) + 1);
}

static void copy_part(struct nr_reader *in, unsigned char *to, uint64_t length)
{
	while (length > 0) {
		uint64_t n = length < PIECE ? length : PIECE;

		nr_reader_fetch(in);
		nr_copy(to, nr_reader_at(in), n);
		nr_reader_consume(in, n);
		to += n;
		length -= n;
	}
}

/* What may be read at once goes to the parts. */
static size_t copy_out(struct nr_reader *in, const struct iovec *parts, int count)
{
	uint64_t available = nr_reader_available(in), done = 0;

	for (int i = 0; i < count && done < available; i++) {
		uint64_t length = parts[i].iov_len;

		if (length > available - done)
			length = available - done;
		copy_part(in, parts[i].iov_base, length);
		done += length;
	}
	return done;
}

/* Wait for @least bytes. 0: they are there, or the end has come before. */
static int await_bytes(struct nr_memory *memory, uint64_t least,
		       struct nr_deadline *deadline)
{
	for (;;) {
		bool ended = nr_memory_has_ended(memory);
		int r = memory->in_met ? 0 : nr_memory_drain(memory);

		if (r == 0)
			r = nr_memory_look_in(memory, least);
		if (r < 0 || nr_reader_available(&memory->in) >= least || ended)
			return r;
		if (deadline->timeout_ms == 0) {
			if ((memory->in_polled || nr_memory_pulse(&memory->pulse_in)) &&
			    nr_memory_is_gone(memory))
				continue;
			nr_memory_ask_writer(memory);
			return -EAGAIN;
		}
		r = nr_memory_wait_in(memory, least, deadline);
		if (r < 0)
			return r;
	}
}

static ssize_t memory_read(struct naru_stream *stream, const struct iovec *parts,
			   int count, struct nr_deadline *deadline)
{
	struct nr_memory *memory = &stream->memory;
	size_t n;
	int r;

	if (nr_reader_available(&memory->in) == 0) {
		r = await_bytes(memory, 1, deadline);
		if (r < 0)
			return r;
	}
	n = copy_out(&memory->in, parts, count);
	if (n > 0) {
		note_reader(memory);
		nr_memory_consumed(memory);
	}
	return (ssize_t)n;
}

static bool is_gone(struct nr_memory *memory)
{
	return nr_load_relaxed(&memory->gone) ||
	       (nr_memory_pulse(&memory->pulse_out) && nr_memory_is_gone(memory));
}

/* Wait for room of @least bytes. */
static int await_room(struct nr_memory *memory, uint64_t least,
		      struct nr_deadline *deadline)
{
	for (;;) {
		int r = nr_memory_look_out(memory, least);

		if (r < 0)
			return r;
		if (nr_load_relaxed(&memory->gone))
			return -EPIPE;
		if (nr_writer_room(&memory->out) >= least)
			return 0;
		if (deadline->timeout_ms == 0)
			return nr_memory_is_gone(memory) ? -EPIPE : -EAGAIN;
		r = nr_memory_wait_out(memory, least, deadline);
		if (r < 0)
			return r;
	}
}

static ssize_t write_part(struct nr_memory *memory, const unsigned char *data,
			  uint64_t length, struct nr_deadline *deadline)
{
	struct nr_writer *out = &memory->out;
	uint64_t done = 0;

	while (done < length) {
		uint64_t n = length - done < PIECE ? length - done : PIECE;

		if (nr_writer_room(out) < n) {
			int r = nr_memory_look_out(memory, n);

			if (r == 0 && nr_writer_room(out) == 0)
				r = await_room(memory, 1, deadline);
			if (r < 0)
				return done > 0 ? (ssize_t)done : r;
			if (nr_writer_room(out) < n)
				n = nr_writer_room(out);
		}
		nr_copy(nr_writer_at(out), data + done, n);
		note_writer(memory);
		nr_writer_publish(out, n);
		nr_writer_fetch(out);
		nr_memory_published(memory);
		done += n;
	}
	return (ssize_t)done;
}

static ssize_t memory_write(struct naru_stream *stream, const struct iovec *parts,
			    int count, struct nr_deadline *deadline)
{
	struct nr_memory *memory = &stream->memory;
	ssize_t done = 0;

	if (is_gone(memory))
		return nr_load_relaxed(&memory->bad) ? -EBADMSG : -EPIPE;
	for (int i = 0; i < count; i++) {
		ssize_t n;

		if (parts[i].iov_len == 0)
			continue;
		n = write_part(memory, parts[i].iov_base, parts[i].iov_len, deadline);
		if (n < 0)
			return done > 0 ? done : n;
		done += n;
		if ((size_t)n < parts[i].iov_len)
			break;
	}
	return done;
}

ssize_t nr_memory_peek(struct nr_memory *memory, size_t least,
		       struct nr_deadline *deadline, const void **ret_data)
{
	int r;

	if (least > memory->in.size)
		return -EMSGSIZE;
	if (nr_reader_available(&memory->in) < least) {
		r = await_bytes(memory, least, deadline);
		if (r < 0)
			return r;
	}
	*ret_data = nr_reader_at(&memory->in);
	return (ssize_t)nr_reader_available(&memory->in);
}

void nr_memory_consume(struct nr_memory *memory, size_t length)
{
	nr_reader_fetch(&memory->in);
	nr_reader_consume(&memory->in, length);
	note_reader(memory);
	nr_memory_consumed(memory);
}

ssize_t nr_memory_reserve(struct nr_memory *memory, size_t least,
			  struct nr_deadline *deadline, void **ret_data)
{
	int r;

	if (least > memory->out.size)
		return -EMSGSIZE;
	if (is_gone(memory))
		return nr_load_relaxed(&memory->bad) ? -EBADMSG : -EPIPE;
	if (nr_writer_room(&memory->out) < least) {
		r = await_room(memory, least, deadline);
		if (r < 0)
			return r;
	}
	*ret_data = nr_writer_at(&memory->out);
	return (ssize_t)nr_writer_room(&memory->out);
}

void nr_memory_commit(struct nr_memory *memory, size_t length)
{
	note_writer(memory);
	nr_writer_publish(&memory->out, length);
	nr_writer_fetch(&memory->out);
	nr_memory_published(memory);
}

static int memory_end(struct naru_stream *stream)
{
	struct nr_memory *memory = &stream->memory;
	int r = memory->out.own ? 0 : nr_memory_begin(memory);

	if (r < 0) /* -EPIPE: there is nobody to be told. */
		return r == -EPIPE ? 0 : r;
	nr_store_release(&memory->out.own->ended, 1); /* [publish] */
	nr_memory_published(memory);
	return 0;
}

static int memory_settle(struct naru_stream *stream, enum naru_poll which)
{
	return which == NARU_READABLE
		       ? nr_memory_settle_in(&stream->memory, &stream->readable)
		       : nr_memory_settle_out(&stream->memory, &stream->writable);
}

static uint64_t memory_readable(struct naru_stream *stream)
{
	const struct nr_memory *memory = &stream->memory;
	uint64_t bytes = nr_load_relaxed(&memory->in.other->tail) - memory->in.head;

	return bytes <= memory->in.size ? bytes : 0;
}

static void memory_close(struct naru_stream *stream)
{
	nr_memory_close(&stream->memory);
}

const struct nr_transport nr_transport_memory = {
	.kind = NARU_TRANSPORT_MEMORY,
	.read = memory_read,
	.write = memory_write,
	.end = memory_end,
	.settle = memory_settle,
	.readable = memory_readable,
	.close = memory_close,
};
