/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_DAMAGE_H
#define SUPPORT_DAMAGE_H

/* support/damage.h - what may be written to a laden queue's file, field by field */

#include <stdbool.h>
#include <support/laden.h>

struct damage {
	const char *what;
	uint32_t block; /* that it is in, 0: none */
	bool session;	/* it is in the other file */
	bool seen;	/* whoever checks the queue must see it */
	uint64_t offset;
	unsigned width; /* 4 or 8 bytes */
	uint64_t value;
	uint64_t second; /* 0, or the offset of one more word of 8 bytes */
	uint64_t second_value;
	bool fills_ring; /* the ring has no end, too */
};

struct damages {
	struct damage *list;
	size_t count;
};

/* All that is worth trying in the state that the file is in. The caller frees the list.
 */
struct damages damage_list(const struct laden *laden);

void damage_add(struct damages *damages, struct damage damage);
void damage_do(const struct laden *laden, const struct damage *damage);

#endif /* SUPPORT_DAMAGE_H */
