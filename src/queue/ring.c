/* SPDX-License-Identifier: MIT */

#include <queue/ring.h>

#include <errno.h>
#include <string.h>

int nr_ring_peek(const struct nr_ring *ring, uint64_t position,
		 struct nr_record *ret_record)
{
	struct nr_record_shared *record = nr_ring_at(ring, position);
	uint64_t state = nr_load_acquire(&record->state); /* [publish] */
	uint64_t length = state & NR_RECORD_LENGTH;
	int64_t type;

	if (state == 0)
		return 0;
	type = nr_read_once(&record->type);
	if (type <= 0)
		return -EBADMSG;

	switch (state >> NR_RECORD_SHIFT) {
	case NR_RECORD_INLINE:
		if (length > ring->inline_max)
			return -EBADMSG;
		*ret_record = (struct nr_record){
			.length = length,
			.type = type,
			.next = position + nr_ring_record_size(length),
			.payload = record->payload,
		};
		return 1;
	case NR_RECORD_BLOCK: {
		const struct nr_record_block_shared *block = (void *)record->payload;

		*ret_record = (struct nr_record){
			.length = length,
			.type = type,
			.next = position + nr_ring_record_size(sizeof(*block)),
			.reference = nr_read_once(&block->reference),
			.id = nr_read_once(&block->id),
		};
		return 1;
	}
	default:
		return -EBADMSG;
	}
}

static void write_header(const struct nr_ring *ring, uint64_t position, int64_t type,
			 uint64_t payload_length)
{
	uint64_t next = position + nr_ring_record_size(payload_length);

	nr_store_relaxed(&nr_ring_at(ring, next)->state, 0);
	nr_ring_at(ring, position)->type = type;
}

uint64_t nr_ring_write(const struct nr_ring *ring, uint64_t position, int64_t type,
		       const void *data, uint64_t length)
{
	write_header(ring, position, type, length);
	if (length > 0)
		memcpy(nr_ring_at(ring, position)->payload, data, length);
	return (uint64_t)NR_RECORD_INLINE << NR_RECORD_SHIFT | length;
}

uint64_t nr_ring_write_block(const struct nr_ring *ring, uint64_t position, int64_t type,
			     uint64_t length, uint32_t reference, uint64_t id)
{
	struct nr_record_block_shared *block =
		(void *)nr_ring_at(ring, position)->payload;

	write_header(ring, position, type, sizeof(*block));
	block->reference = reference;
	block->unused = 0;
	block->id = id;
	return (uint64_t)NR_RECORD_BLOCK << NR_RECORD_SHIFT | length;
}
