/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_BYTE_RING_H
#define NARU_STREAM_BYTE_RING_H

/*
 * stream/byte-ring.h - one direction of layout/stream.h, over plain memory
 *
 * One writer, one reader, no locks. Each keeps its own position for itself, and a copy
 * of the other's, and looks at the other's again only when the copy says full or empty.
 * What the other side has written is checked when it is looked at, and only then used.
 *
 * Edges:
 *	[publish]  nr_writer_publish stores tail with release
 *		   nr_reader_look loads it with acquire
 *		   => the reader sees the bytes below tail
 *	[recycle]  nr_reader_consume stores head with release
 *		   nr_writer_look loads it with acquire
 *		   => the bytes below head were read before they are overwritten
 *
 * Memory comes to the ring while it is used for the first time: up to which position it
 * is there is what "ready" says. Beyond it neither side goes; see nr_writer_grow().
 */

#include <base/atomic.h>
#include <base/copy.h>
#include <errno.h>
#include <layout/stream.h>
#include <stdbool.h>

struct nr_writer {
	unsigned char *base; /* mapped twice in a row */
	uint64_t size;	     /* a power of two; our own copy */
	struct nr_stream_end_shared *own;
	struct nr_stream_end_shared *other;
	uint64_t tail;
	uint64_t limit; /* may be written up to there */
	uint64_t ready; /* memory is there up to this position; size: all of it */
};

struct nr_reader {
	const unsigned char *base;
	uint64_t size;
	struct nr_stream_end_shared *own;
	struct nr_stream_end_shared *other;
	uint64_t head;
	uint64_t limit; /* may be read up to there */
	uint64_t ready;
};

static inline unsigned char *nr_writer_at(const struct nr_writer *writer)
{
	return writer->base + (writer->tail & (writer->size - 1));
}

/* Bytes that may be written without another look. */
static inline uint64_t nr_writer_room(const struct nr_writer *writer)
{
	return writer->limit - writer->tail;
}

/* Look how far the reader is. -EBADMSG: it cannot be there. */
static inline int nr_writer_look(struct nr_writer *writer)
{
	uint64_t head = nr_load_acquire(&writer->other->head); /* [recycle] */

	if (writer->tail - head > writer->size)
		return -EBADMSG;
	writer->limit = head + writer->size;
	if (writer->ready < writer->size && writer->limit > writer->ready)
		writer->limit = writer->ready;
	return 0;
}

/*
 * The lines that come next, for the next write: else its first store waits for each of
 * them, and the reader for that.
 */
static inline void nr_writer_fetch(const struct nr_writer *writer)
{
	const unsigned char *next = nr_writer_at(writer);

	__builtin_prefetch(next + 64, 1);
	__builtin_prefetch(next + 128, 1);
}

/* Make the next @length bytes, which are filled in, the reader's. */
static inline void nr_writer_publish(struct nr_writer *writer, uint64_t length)
{
	writer->tail += length;
	nr_store_release(&writer->own->tail, writer->tail); /* [publish] */
}

static inline const unsigned char *nr_reader_at(const struct nr_reader *reader)
{
	return reader->base + (reader->head & (reader->size - 1));
}

/* Bytes that may be read without another look. */
static inline uint64_t nr_reader_available(const struct nr_reader *reader)
{
	return reader->limit - reader->head;
}

/* Look how far the writer is. -EBADMSG: it cannot be there. */
static inline int nr_reader_look(struct nr_reader *reader)
{
	uint64_t tail = nr_load_acquire(&reader->other->tail); /* [publish] */

	if (tail - reader->head > reader->size)
		return -EBADMSG;
	reader->limit = tail;
	if (reader->ready < reader->size && tail > reader->ready)
		reader->limit = reader->ready;
	return 0;
}

static inline void nr_reader_fetch(const struct nr_reader *reader)
{
	/* Only what is published: to touch what is being written would take it away. */
	if (nr_reader_available(reader) >= 512) {
		__builtin_prefetch(nr_reader_at(reader) + 384);
		__builtin_prefetch(nr_reader_at(reader) + 448);
	}
}

/* The next @length bytes may be overwritten. */
static inline void nr_reader_consume(struct nr_reader *reader, uint64_t length)
{
	reader->head += length;
	nr_store_release(&reader->own->head, reader->head); /* [recycle] */
}

#endif /* NARU_STREAM_BYTE_RING_H */
