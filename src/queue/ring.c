/* SPDX-License-Identifier: MIT */

#include <queue/ring.h>

#include <string.h>

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

void nr_ring_spread(const struct nr_ring *ring, uint64_t size, uint64_t head,
		    uint64_t tail)
{
	uint64_t old = nr_ring_size(ring);
	uint64_t end = tail + sizeof(uint64_t); /* the state word there is 0 */

	while (head < end) {
		uint64_t next = (head | (old - 1)) + 1;
		const unsigned char *from = ring->base + (head & (old - 1));
		unsigned char *to = ring->base + (head & (size - 1));

		if (next > end)
			next = end;
		if (to != from)
			memcpy(to, from, next - head);
		head = next;
	}
}
