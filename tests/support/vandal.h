/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_VANDAL_H
#define SUPPORT_VANDAL_H

/* support/vandal.h - write what should not be there into shared memory */

#include <stddef.h>
#include <stdint.h>

struct vandal {
	unsigned char *bytes; /* aligned to 8 */
	size_t size;
	uint64_t seed;
};

/*
 * Overwrite one word of 4 or 8 bytes, more often near the beginning, where all that
 * is not payload lies: by anything, a small number, a word from elsewhere, or itself
 * with a bit or a little changed.
 */
void vandal_strike(struct vandal *vandal);

#endif /* SUPPORT_VANDAL_H */
