/* SPDX-License-Identifier: MIT */

#include <queue/ring.h>

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
	nr_copy(nr_ring_at(ring, position)->payload, data, length);
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
