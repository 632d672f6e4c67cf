/* SPDX-License-Identifier: MIT */
/* tools/demo-chunk.c - a chunk leaves the file, and comes to the copy */

#include <tools/demo.h>

#include <errno.h>
#include <string.h>

size_t nr_chunk_size(const struct nr_job *job)
{
	return sizeof(struct nr_chunk) + job->chunk;
}

/* The last chunk of a copy may be shorter than the others. */
static size_t bytes_at(const struct nr_job *job, size_t offset)
{
	return job->length - offset < job->chunk ? job->length - offset : job->chunk;
}

static size_t offset_of(const struct nr_job *job, uint64_t number)
{
	return number % job->chunks * job->chunk;
}

static int64_t type_of(const struct nr_job *job, uint64_t number)
{
	return (int64_t)(number / job->chunks) + 1;
}

size_t nr_chunk_pack(const struct nr_job *job, uint64_t number,
		     struct nr_chunk *ret_chunk, int64_t *ret_type)
{
	size_t offset = offset_of(job, number);
	size_t bytes = bytes_at(job, offset);

	ret_chunk->number = number;
	memcpy(ret_chunk->bytes, job->file + offset, bytes);
	*ret_type = type_of(job, number);
	return sizeof(struct nr_chunk) + bytes;
}

int nr_chunk_unpack(struct nr_job *job, unsigned receiver, int64_t type,
		    const struct nr_chunk *chunk, size_t length)
{
	struct nr_tally *tally = &job->board->tally[receiver];
	size_t offset, bytes;
	uint64_t number;

	if (length < sizeof(*chunk))
		return -EBADMSG;
	number = chunk->number;
	if (number >= job->total || type != type_of(job, number))
		return -EBADMSG;
	offset = offset_of(job, number);
	bytes = bytes_at(job, offset);
	if (length != sizeof(*chunk) + bytes)
		return -EBADMSG;
	memcpy(job->copy + offset, chunk->bytes, bytes);
	/* Only after the bytes: who dies between the two gets the message again. */
	if (atomic_exchange(&job->arrived[number], 1))
		atomic_fetch_add_explicit(&tally->twice, 1, memory_order_relaxed);
	else
		atomic_fetch_add_explicit(&tally->arrived, 1, memory_order_relaxed);
	return 0;
}
