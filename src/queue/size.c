/* SPDX-License-Identifier: MIT */

#include <queue/size.h>

#include <layout/heap.h>
#include <layout/ring.h>

enum { RING_GROWTH = 16 };

uint64_t nr_size_messages(uint64_t capacity)
{
	uint64_t granules = NR_HEAP_GRANULES_MAX - nr_size_heap(capacity, 0);
	uint64_t messages = capacity / 128 + 16;

	return messages < granules / 3 ? messages : granules / 3;
}

/*
 * A message takes a granule of its own, its payload's last granule may be nearly
 * empty, and its type may be one that no other message has: 3. In the worst case
 * a payload lies in pieces of one granule, 48 bytes of which are payload. And some
 * granules that are in nobody's way.
 */
uint64_t nr_size_heap(uint64_t capacity, uint64_t messages)
{
	uint64_t piece = NR_GRANULE - sizeof(struct nr_piece_shared);

	return 16 + 3 * messages + (capacity + piece - 1) / piece;
}

uint64_t nr_size_ring(uint64_t capacity, uint64_t messages, uint64_t page)
{
	uint64_t wanted = capacity + messages * sizeof(struct nr_record_shared);
	uint64_t size = page;

	while (size < wanted && size < NR_RING_MAX)
		size *= 2;
	return size;
}

uint64_t nr_size_ring_most(uint64_t size)
{
	uint64_t most = RING_GROWTH * size;

	return most < NR_RING_MAX ? most : NR_RING_MAX;
}
