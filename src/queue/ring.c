/* SPDX-License-Identifier: MIT */

#include <queue/ring.h>

uint64_t nr_ring_write_block(const struct nr_ring *ring, uint64_t position, int64_t type,
			     uint64_t length, uint32_t reference, uint64_t id)
{
	struct nr_record_block_shared *block =
		(void *)nr_ring_at(ring, position)->payload;

	nr_ring_write_header(ring, position, type, sizeof(*block));
	block->reference = reference;
	block->unused = 0;
	block->id = id;
	return (uint64_t)NR_RECORD_BLOCK << NR_RECORD_SHIFT | length;
}
