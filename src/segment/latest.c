/* SPDX-License-Identifier: MIT */

/*
 * segment/latest.c - the latest value: one writes, many read, nobody waits
 *
 * Value s is in copy s % NR_LATEST_COPIES. The writer fills the copy of s + 1, where s
 * is sequence, and then stores s + 1 there. So a reader that read copy s has the value if
 * sequence is less than s + NR_LATEST_COPIES - 1 afterwards: the writer had not begun to
 * fill the same copy. If the writer dies, nobody notices; the next one fills that copy
 * anew.
 *
 * Edges:
 *	[value]	write stores sequence with release, read loads it with acquire
 *		=> the reader sees the copy as it was filled.
 *	[again]	write has a release fence between sequence and the words of the next copy,
 *		read an acquire fence between the words and its second look at sequence
 *		=> a reader that saw a word of value t sees sequence t - 1, at least.
 */

#include <errno.h>
#include <segment/handle.h>
#include <string.h>

enum { TRIES = 10000 };

static struct nr_latest_shared *copy_of(const struct naru_segment *segment,
					uint64_t sequence)
{
	return (void *)((unsigned char *)segment->shared + segment->latest_offset +
			sequence % NR_LATEST_COPIES *
				nr_latest_stride(segment->latest_size));
}

static void write_words(struct nr_latest_shared *copy, const unsigned char *data,
			size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		uint64_t word = 0;

		memcpy(&word, data + i, length - i < 8 ? length - i : 8);
		nr_store_relaxed(&copy->words[i / 8], word);
	}
}

static void read_words(const struct nr_latest_shared *copy, unsigned char *buffer,
		       size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		uint64_t word = nr_load_relaxed(&copy->words[i / 8]);

		memcpy(buffer + i, &word, length - i < 8 ? length - i : 8);
	}
}

int naru_segment_write_latest(struct naru_segment *segment, const void *data,
			      size_t length)
{
	struct nr_segment_shared *shared = segment->shared;
	struct nr_latest_shared *copy;
	uint64_t sequence;

	if (segment->file->read_only)
		return -EACCES;
	if (length > segment->latest_size)
		return -EMSGSIZE;
	sequence = nr_load_relaxed(&shared->sequence) + 1;
	copy = copy_of(segment, sequence);
	atomic_thread_fence(memory_order_release); /* [again] */
	nr_store_relaxed(&copy->length, length);
	write_words(copy, data, length);
	/* dies here: the latest value is the one before */
	nr_store_release(&shared->sequence, sequence); /* [value] */
	return 0;
}

/* -EAGAIN: the writer has been faster. */
static ssize_t read_once(struct naru_segment *segment, void *buffer, size_t size,
			 uint64_t *ret_sequence)
{
	struct nr_segment_shared *shared = segment->shared;
	uint64_t sequence = nr_load_acquire(&shared->sequence); /* [value] */
	const struct nr_latest_shared *copy = copy_of(segment, sequence);
	uint64_t length;

	if (sequence == 0)
		return -ENOMSG;
	length = nr_load_relaxed(&copy->length);
	if (length <= size && length <= segment->latest_size)
		read_words(copy, buffer, length);
	atomic_thread_fence(memory_order_acquire); /* [again] */
	if (nr_load_relaxed(&shared->sequence) - sequence >= NR_LATEST_COPIES - 1)
		return -EAGAIN;
	if (length > segment->latest_size)
		return -EBADMSG;
	if (length > size)
		return -EMSGSIZE;
	*ret_sequence = sequence;
	return (ssize_t)length;
}

ssize_t naru_segment_read_latest(struct naru_segment *segment, void *buffer, size_t size,
				 uint64_t *ret_sequence)
{
	uint64_t sequence = 0;
	ssize_t r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = read_once(segment, buffer, size, &sequence);
	if (r >= 0 && ret_sequence)
		*ret_sequence = sequence;
	return r;
}
