/* SPDX-License-Identifier: MIT */

/*
 * Each field is given values that its meaning suggests: none, the first, itself, one more
 * and one less, another block of each kind, the last one and that behind it, the largest.
 */

#include <stdlib.h>
#include <string.h>
#include <support/damage.h>
#include <support/field.h>
#include <support/must.h>
#include <support/wreck.h>

enum { VALUES = 64, SAMPLES = 8, FEW = 2, KINDS = NR_BLOCK_DOOMED + 1 };

struct maker {
	const struct laden *laden;
	struct damages damages;
	uint32_t sample[2][KINDS]; /* the first and the last block of each kind */
	uint32_t seen[KINDS];
	bool whole;	  /* nobody has died in a change */
	uint32_t samples; /* of a kind */
};

struct values {
	uint64_t value[VALUES];
	unsigned count;
};

static void add(struct values *values, uint64_t value)
{
	must(values->count < VALUES);
	values->value[values->count++] = value;
}

static void add_around(struct values *values, uint64_t old, uint64_t step)
{
	add(values, old - step);
	add(values, old + step);
}

/* Blocks of all kinds; those that the block itself leads to; those that are none. */
static void add_references(const struct maker *maker, uint32_t self,
			   struct values *values)
{
	const struct nr_block_shared *block = laden_block(maker->laden, self);

	for (int kind = 1; kind < KINDS; kind++)
		for (int i = 0; i < 2; i++)
			add(values, maker->sample[i][kind]);
	for (int i = 0; i < 2; i++)
		add(values, self + (uint32_t)i);
	if (self) {
		add(values, block->next);
		add(values, block->previous);
		add(values, block->node);
	}
	add_around(values, maker->laden->granules, 1);
	add(values, maker->laden->granules);
	add(values, 1);
	add(values, UINT32_MAX);
}

static void add_children(const struct maker *maker, uint32_t self, struct values *values)
{
	struct values references = {.count = 0};

	add_references(maker, self, &references);
	for (unsigned i = 0; i < references.count && values->count < VALUES - 8; i++)
		add(values, references.value[i] << 1);
	add(values, (uint64_t)self << 1 | 1);
	add(values, maker->laden->shared->heap.root);
	add(values, (uint64_t)maker->sample[0][NR_BLOCK_TYPE] << 1 | 1);
	add(values, (uint64_t)maker->sample[1][NR_BLOCK_TYPE] << 1 | 1);
	add(values, (uint64_t)maker->laden->granules << 1 | 1);
	add(values, UINT32_MAX);
}

static void add_offsets(const struct maker *maker, struct values *values)
{
	uint64_t heap = maker->laden->size - maker->laden->heap;

	add(values, 1);
	add(values, 4);
	add(values, NR_QUEUE_WAITERS - 8);
	add(values, NR_QUEUE_WAITERS);
	add_around(values, NR_QUEUE_WAITERS + heap, 8);
	add(values, NR_QUEUE_WAITERS + heap);
	add(values, UINT64_MAX & ~UINT64_C(7));
	add(values, offsetof(struct nr_queue_shared, receivers.epoch));
}

static void add_states(uint64_t old, struct values *values)
{
	for (uint64_t how = 0; how < 16; how++)
		add(values, how << NR_RECORD_SHIFT | (old & NR_RECORD_LENGTH));
	for (uint64_t how = NR_RECORD_INLINE; how <= NR_RECORD_BLOCK; how++) {
		add(values, how << NR_RECORD_SHIFT | NR_RECORD_LENGTH);
		add(values, how << NR_RECORD_SHIFT);
		add(values, how << NR_RECORD_SHIFT | 1024);
		add(values, how << NR_RECORD_SHIFT | 1025);
		add(values, how << NR_RECORD_SHIFT | UINT64_C(1) << 31);
	}
}

static void add_numbers(uint64_t old, struct values *values)
{
	static const uint64_t numbers[] = {
		1,
		63,
		255,
		256,
		UINT64_C(1) << 20,
		UINT64_C(1) << 31,
		UINT64_C(1) << 40,
		INT64_MAX,
		UINT64_C(1) << 63,
		UINT64_MAX - 15,
		UINT64_MAX,
	};

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		add(values, numbers[i]);
	add_around(values, old, 16);
	add_around(values, old, 4096);
}

static void add_meaning(const struct maker *maker, enum meaning meaning, uint32_t self,
			uint64_t old, struct values *values)
{
	uint32_t granules = maker->laden->granules;

	switch (meaning) {
	case REFERENCE:
		add_references(maker, self, values);
		return;
	case CHILD:
		add_children(maker, self, values);
		return;
	case SIZE:
		add(values, 1);
		add(values, 2 * old);
		add(values, granules - self);
		add(values, granules - self + 1);
		add(values, granules);
		add(values, UINT32_MAX);
		return;
	case KIND:
		for (uint64_t kind = 1; kind <= KINDS; kind++)
			add(values, kind);
		add(values, UINT32_MAX);
		return;
	case OWNER:
		add(values, maker->laden->dead);
		add(values, NR_OWNER_DONE);
		add(values, UINT32_MAX);
		return;
	case BIT:
		for (uint64_t bit = 1; bit <= 64; bit++)
			if (bit < 4 || bit > 61)
				add(values, bit);
		add(values, UINT32_MAX);
		return;
	case LETTERS:
		for (int bit = 0; bit < 64; bit += 3)
			add(values, old ^ UINT64_C(1) << bit);
		add(values, UINT64_MAX);
		return;
	case OFFSET:
		add_offsets(maker, values);
		return;
	case STATE:
		add_states(old, values);
		return;
	case NUMBER:
		add_numbers(old, values);
	}
}

static const void *place_of(const struct laden *laden, const struct damage *damage)
{
	return (damage->session ? laden->sessions : laden->bytes) + damage->offset;
}

static uint64_t read_word(const struct laden *laden, const struct damage *damage)
{
	uint64_t old = 0;

	memcpy(&old, place_of(laden, damage), damage->width);
	return old;
}

void damage_add(struct damages *damages, struct damage damage)
{
	if (damages->count % 1024 == 0)
		damages->list =
			realloc(damages->list, (damages->count + 1024) * sizeof(damage));
	must(damages->list);
	damages->list[damages->count++] = damage;
}

/* Each value once, and not the one that is there. */
static void push(struct maker *maker, struct damage damage, const struct values *values)
{
	uint64_t mask = damage.width == 4 ? UINT32_MAX : UINT64_MAX;
	uint64_t old = read_word(maker->laden, &damage);
	size_t first = maker->damages.count;

	for (unsigned i = 0; i < values->count; i++) {
		size_t n = first;

		damage.value = values->value[i] & mask;
		while (n < maker->damages.count &&
		       maker->damages.list[n].value != damage.value)
			n++;
		if (damage.value != old && n == maker->damages.count)
			damage_add(&maker->damages, damage);
	}
}

static void damage_word(struct maker *maker, struct damage damage, enum meaning meaning)
{
	uint64_t old = read_word(maker->laden, &damage);
	struct values values = {.count = 0};

	add(&values, 0);
	add_around(&values, old, 1);
	add_meaning(maker, meaning, damage.block, old, &values);
	push(maker, damage, &values);
}

/* @where: what the fields are in, as an example of a damage. */
static void damage_fields(struct maker *maker, const struct field *fields,
			  struct damage where)
{
	for (; fields->name; fields++) {
		struct damage damage = where;

		damage.what = fields->name;
		damage.offset += fields->offset;
		damage.width = fields->width;
		damage.seen = fields->seen;
		damage_word(maker, damage, fields->meaning);
	}
}

static void damage_block(struct maker *maker, uint32_t reference)
{
	const struct nr_block_shared *block = laden_block(maker->laden, reference);
	const struct nr_type_shared *type = (const void *)block;
	const struct damage where = {
		.block = reference,
		.offset = maker->laden->heap + (uint64_t)reference * NR_GRANULE,
	};

	if (maker->seen[block->kind]++ < maker->samples ||
	    (maker->whole && (block->kind == NR_BLOCK_TYPE || block->chain != 0)))
		damage_fields(maker, field_of_block(block->kind), where);
	if (maker->whole && block->kind == NR_BLOCK_TYPE && type->branch_used)
		damage_fields(maker, branch_fields, where);
}

static void damage_blocks(struct maker *maker)
{
	const struct laden *laden = maker->laden;

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 1; i < laden->granules;
		     i += laden_block(laden, i)->size) {
			uint32_t kind = laden_block(laden, i)->kind;

			if (pass > 0)
				damage_block(maker, i);
			else if (maker->sample[0][kind] == 0)
				maker->sample[0][kind] = i;
			else
				maker->sample[1][kind] = i;
		}
}

static void damage_lists(struct maker *maker)
{
	const struct nr_heap_shared *heap = &maker->laden->shared->heap;
	struct damage where = {.what = "second_level", .width = 4, .seen = true};

	for (unsigned level = 0; level < NR_HEAP_FIRST_LEVELS; level++) {
		where.offset = offsetof(struct nr_queue_shared, heap.second_level[0]) +
			       level * 4;
		damage_word(maker, where, heap->second_level[level] ? LETTERS : BIT);
	}
	where.what = "list";
	for (unsigned i = 0; i < NR_HEAP_FIRST_LEVELS * NR_HEAP_SECOND_LEVELS; i++) {
		where.offset = offsetof(struct nr_queue_shared, heap.list[0][0]) + i * 4;
		if (heap->list[i / 16][i % 16] || i < 8 || i % 16 == 0)
			damage_word(maker, where, REFERENCE);
	}
}

static void damage_journal(struct maker *maker)
{
	const struct nr_journal_shared *journal =
		(const void *)(maker->laden->bytes + NR_QUEUE_JOURNAL);
	struct damage where = {.offset = NR_QUEUE_JOURNAL};

	damage_fields(maker, journal_fields, where);
	for (uint64_t i = 0; i < journal->count; i++) {
		where.offset = NR_QUEUE_JOURNAL + i * sizeof(journal->entry[0]);
		damage_fields(maker, entry_fields, where);
	}
}

static uint64_t position_of(const struct nr_side_shared *side)
{
	return side->counts[side->epoch & 1].position;
}

/* And the place behind the last one. */
static void damage_records(struct maker *maker)
{
	const struct laden *laden = maker->laden;
	uint64_t tail = position_of(&laden->shared->senders);
	uint64_t position = position_of(&laden->shared->receivers);

	while (position <= tail) {
		const struct nr_record_shared *record = laden_record(laden, position);
		uint64_t state = record->state, length = state & NR_RECORD_LENGTH;
		struct damage where = {
			.offset =
				(uint64_t)((const unsigned char *)record - laden->bytes),
		};

		damage_fields(maker, record_fields, where);
		if (state >> NR_RECORD_SHIFT == NR_RECORD_BLOCK) {
			where.offset += sizeof(*record);
			damage_fields(maker, record_block_fields, where);
			length = sizeof(struct nr_record_block_shared);
		}
		position += sizeof(*record) +
			    (length + NR_RING_ALIGN - 1) / NR_RING_ALIGN * NR_RING_ALIGN;
	}
}

static void damage_sessions(struct maker *maker)
{
	struct damage where = {.session = true};

	damage_fields(maker, sessions_fields, where);
	for (unsigned i = 0; i < 2; i++) {
		where.offset = offsetof(struct nr_sessions_shared, sent) +
			       i * sizeof(struct nr_session_shared);
		damage_fields(maker, session_fields, where);
	}
}

struct damages damage_list(const struct laden *laden)
{
	struct maker maker = {.laden = laden};
	struct damage where = {0};

	maker.whole = (laden->shared->senders.lock | laden->shared->receivers.lock) == 0;
	maker.samples = maker.whole ? SAMPLES : FEW;
	damage_blocks(&maker);
	damage_fields(&maker, heap_fields, where);
	damage_fields(&maker, queue_fields, where);
	if (maker.whole) {
		damage_lists(&maker);
		wreck_add(laden, &maker.damages);
	}
	where.offset = offsetof(struct nr_queue_shared, senders);
	damage_fields(&maker, side_fields, where);
	where.offset = offsetof(struct nr_queue_shared, receivers);
	damage_fields(&maker, side_fields, where);
	damage_journal(&maker);
	damage_records(&maker);
	damage_sessions(&maker);
	return maker.damages;
}

void damage_do(const struct laden *laden, const struct damage *damage)
{
	memcpy((void *)(uintptr_t)place_of(laden, damage), &damage->value, damage->width);
	if (damage->second)
		memcpy(laden->bytes + damage->second, &damage->second_value,
		       sizeof(damage->second_value));
	if (damage->fills_ring)
		wreck_ring(laden);
}
