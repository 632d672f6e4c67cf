/* SPDX-License-Identifier: MIT */
#include <support/field.h>

#define FIELD(of, field, meaning, seen)                                                  \
	{                                                                                \
#field, offsetof(struct nr_##of##_shared, field),                        \
			sizeof(((struct nr_##of##_shared *)0)->field), meaning, seen     \
	}
#define HEAD_FIELDS                                                                      \
	FIELD(block, size, SIZE, true), FIELD(block, before, SIZE, true),                \
		FIELD(block, kind, KIND, true)

static const struct field free_fields[] = {
	HEAD_FIELDS,
	FIELD(block, next, REFERENCE, true),
	FIELD(block, previous, REFERENCE, true),
	{0},
};
static const struct field piece_fields[] = {
	HEAD_FIELDS,
	FIELD(block, chain, REFERENCE, true),
	{0},
};
static const struct field type_fields[] = {
	HEAD_FIELDS,
	FIELD(type, first, REFERENCE, true),
	FIELD(type, last, REFERENCE, true),
	FIELD(type, type, NUMBER, true),
	FIELD(type, branch_used, BIT, true),
	{0},
};
const struct field branch_fields[] = {
	FIELD(type, branch_bit, BIT, true),
	FIELD(type, branch_child[0], CHILD, true),
	FIELD(type, branch_child[1], CHILD, true),
	FIELD(type, branch_oldest, NUMBER, true),
	{0},
};
static const struct field stored_fields[] = {
	HEAD_FIELDS,
	FIELD(block, chain, REFERENCE, true),
	FIELD(block, next, REFERENCE, true),
	FIELD(block, previous, REFERENCE, true),
	FIELD(block, node, REFERENCE, true),
	FIELD(block, owner, OWNER, false),
	FIELD(block, type, NUMBER, true),
	FIELD(block, length, NUMBER, false),
	FIELD(block, position, NUMBER, false),
	FIELD(block, id, NUMBER, false),
	{0},
};
static const struct field held_fields[] = {
	HEAD_FIELDS,
	FIELD(block, chain, REFERENCE, true),
	FIELD(block, next, REFERENCE, true),
	FIELD(block, previous, REFERENCE, true),
	FIELD(block, owner, OWNER, false),
	FIELD(block, type, NUMBER, false),
	FIELD(block, length, NUMBER, false),
	FIELD(block, position, NUMBER, false),
	FIELD(block, id, NUMBER, false),
	{0},
};
static const struct field queued_fields[] = {
	HEAD_FIELDS,
	FIELD(block, chain, REFERENCE, true),
	FIELD(block, type, NUMBER, false),
	FIELD(block, length, NUMBER, false),
	FIELD(block, position, NUMBER, false),
	FIELD(block, id, NUMBER, false),
	{0},
};
const struct field heap_fields[] = {
	FIELD(queue, heap.granules, SIZE, true),
	FIELD(queue, heap.last, REFERENCE, true),
	FIELD(queue, heap.root, CHILD, true),
	FIELD(queue, heap.held, REFERENCE, true),
	FIELD(queue, heap.stored, NUMBER, true),
	FIELD(queue, heap.claimed_messages, NUMBER, true),
	FIELD(queue, heap.claimed_bytes, NUMBER, true),
	FIELD(queue, heap.taken_messages, NUMBER, true),
	FIELD(queue, heap.taken_bytes, NUMBER, true),
	FIELD(queue, heap.building, REFERENCE, true),
	FIELD(queue, heap.doomed, REFERENCE, true),
	FIELD(queue, heap.first_level, LETTERS, true),
	{0},
};
const struct field queue_fields[] = {
	FIELD(queue, object.magic, NUMBER, true),
	FIELD(queue, object.version, BIT, true),
	FIELD(queue, ring_offset, NUMBER, true),
	FIELD(queue, ring_size, NUMBER, true),
	FIELD(queue, heap_offset, NUMBER, true),
	FIELD(queue, limit_bytes, NUMBER, false),
	FIELD(queue, limit_messages, NUMBER, false),
	FIELD(queue, removed, BIT, false),
	FIELD(queue, removing, OWNER, false),
	FIELD(queue, beside, BIT, false),
	FIELD(queue, fenced, BIT, false),
	FIELD(queue, polling_readable[1], LETTERS, false),
	FIELD(queue, polling_writable[1], LETTERS, false),
	FIELD(queue, sleeping_receivers[1], LETTERS, false),
	FIELD(queue, sleeping_senders[1], LETTERS, false),
	FIELD(queue, last_send.token, BIT, false),
	FIELD(queue, last_receive.token, BIT, false),
	FIELD(queue, intent, REFERENCE, false),
	FIELD(queue, intent_position, NUMBER, false),
	FIELD(queue, intent_id, NUMBER, false),
	FIELD(queue, seen_head, NUMBER, false),
	FIELD(queue, seen_messages, NUMBER, false),
	FIELD(queue, seen_bytes, NUMBER, false),
	FIELD(queue, note_sent.state, BIT, false),
	FIELD(queue, note_sent.last, NUMBER, false),
	FIELD(queue, note_sent.mark, NUMBER, false),
	FIELD(queue, note_released.state, BIT, false),
	FIELD(queue, note_released.last, NUMBER, false),
	FIELD(queue, note_released.mark, NUMBER, false),
	{0},
};
const struct field side_fields[] = {
	FIELD(side, epoch, NUMBER, false),
	FIELD(side, counts[0].position, NUMBER, false),
	FIELD(side, counts[0].messages, NUMBER, false),
	FIELD(side, counts[0].bytes, NUMBER, false),
	FIELD(side, counts[1].position, NUMBER, false),
	FIELD(side, counts[1].messages, NUMBER, false),
	FIELD(side, counts[1].bytes, NUMBER, false),
	{0},
};
const struct field journal_fields[] = {
	FIELD(journal, epoch, NUMBER, false),
	FIELD(journal, count, NUMBER, false),
	{0},
};
const struct field entry_fields[] = {
	FIELD(journal, entry[0].offset, OFFSET, false),
	FIELD(journal, entry[0].old, NUMBER, false),
	{0},
};
const struct field record_fields[] = {
	FIELD(record, state, STATE, false),
	FIELD(record, type, NUMBER, false),
	{0},
};
const struct field record_block_fields[] = {
	FIELD(record_block, reference, REFERENCE, true),
	FIELD(record_block, id, NUMBER, true),
	{0},
};
const struct field session_fields[] = {
	FIELD(session, name[0], NUMBER, false),
	FIELD(session, last, NUMBER, false),
	FIELD(session, used, NUMBER, false),
	{0},
};
const struct field sessions_fields[] = {
	FIELD(sessions, magic, NUMBER, false),
	FIELD(sessions, version, BIT, false),
	{0},
};

const struct field *field_of_block(uint32_t kind)
{
	switch (kind) {
	case NR_BLOCK_FREE:
		return free_fields;
	case NR_BLOCK_PIECE:
		return piece_fields;
	case NR_BLOCK_TYPE:
		return type_fields;
	case NR_BLOCK_STORED:
		return stored_fields;
	case NR_BLOCK_CLAIMED:
	case NR_BLOCK_TAKEN:
		return held_fields;
	default:
		return queued_fields;
	}
}
