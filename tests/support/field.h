/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_FIELD_H
#define SUPPORT_FIELD_H

/* support/field.h - the fields of what a queue's files hold, and what they mean */

#include <layout/queue.h>
#include <stdbool.h>

enum meaning {
	REFERENCE,
	CHILD, /* of a branch of the index */
	SIZE,
	KIND,
	OWNER,
	BIT,
	NUMBER,	 /* of 8 bytes */
	OFFSET,	 /* of a word of the journal */
	STATE,	 /* of a record */
	LETTERS, /* bits */
};

struct field {
	const char *name;
	uint32_t offset;
	uint32_t width;
	enum meaning meaning;
	bool seen; /* whoever checks the queue must see it */
};

/* Lists up to a field without a name. */
const struct field *field_of_block(uint32_t kind); /* enum nr_block_kind */
extern const struct field heap_fields[];
extern const struct field queue_fields[];
extern const struct field side_fields[];
extern const struct field journal_fields[];
extern const struct field entry_fields[];
extern const struct field record_fields[];
extern const struct field record_block_fields[];
extern const struct field session_fields[];
extern const struct field sessions_fields[];
extern const struct field branch_fields[]; /* of a TYPE that keeps one */

#endif /* SUPPORT_FIELD_H */
