/* SPDX-License-Identifier: MIT */
#include <support/wreck.h>

#define OFFSET(field) offsetof(struct nr_queue_shared, field)

static uint64_t position_of(const struct nr_side_shared *side)
{
	return side->counts[side->epoch & 1].position;
}

/* The first record and the block that it refers to tell a length that cannot be. */
static void add_lengths(const struct laden *laden, struct damages *damages)
{
	static const uint64_t lengths[] = {1 << 20, NR_RECORD_LENGTH};
	uint64_t position = position_of(&laden->shared->receivers);
	const struct nr_record_shared *record = laden_record(laden, position);
	const struct nr_record_block_shared *block;

	while (record->state >> NR_RECORD_SHIFT != NR_RECORD_BLOCK) {
		position += NR_RING_ALIGN;
		record = laden_record(laden, position);
	}
	block = (const void *)record->payload;
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		damage_add(damages,
			   (struct damage){
				   .what = "length, here and there",
				   .offset = (uint64_t)((const unsigned char *)record -
							laden->bytes),
				   .width = sizeof(uint64_t),
				   .value = (uint64_t)NR_RECORD_BLOCK << NR_RECORD_SHIFT |
					    lengths[i],
				   .second = laden->heap +
					     block->reference * (uint64_t)NR_GRANULE +
					     offsetof(struct nr_block_shared, length),
				   .second_value = lengths[i],
			   });
}

/* The heap is behind the ring, wherever that is. */
static void add_geometry(const struct laden *laden, struct damages *damages)
{
	static const uint64_t offsets[] = {0, 8192, NR_QUEUE_RING + 64, 1 << 30};
	static const uint64_t sizes[] = {0, 2048, 12288, UINT64_C(1) << 31};
	uint64_t offset = laden->ring, size = laden->heap - laden->ring;
	struct damage damage = {
		.what = "geometry",
		.seen = true,
		.width = sizeof(uint64_t),
		.second = OFFSET(heap_offset),
	};

	damage.offset = OFFSET(ring_offset);
	for (unsigned i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		damage.value = offsets[i];
		damage.second_value = offsets[i] + size;
		damage_add(damages, damage);
	}
	damage.offset = OFFSET(ring_size);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		damage.value = sizes[i];
		damage.second_value = offset + sizes[i];
		damage_add(damages, damage);
	}
	/* The ring ends where the file does. */
	damage.value = 32768;
	damage.second_value = offset + 32768;
	damage_add(damages, damage);
}

void wreck_add(const struct laden *laden, struct damages *damages)
{
	add_lengths(laden, damages);
	add_geometry(laden, damages);
	damage_add(damages, (struct damage){
				    .what = "ring",
				    .offset = OFFSET(heap.stored),
				    .width = sizeof(uint64_t),
				    .fills_ring = true,
			    });
}

void wreck_ring(const struct laden *laden)
{
	uint64_t size = laden->heap - laden->ring;

	for (uint64_t position = 0; position < size; position += NR_RING_ALIGN) {
		struct nr_record_shared *record = laden_record(laden, position);

		record->state = (uint64_t)NR_RECORD_INLINE << NR_RECORD_SHIFT;
		record->type = 1;
	}
}
