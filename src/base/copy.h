/* SPDX-License-Identifier: MIT */
#ifndef NARU_BASE_COPY_H
#define NARU_BASE_COPY_H

/* base/copy.h - memcpy(3) for payloads, most of which are short */

#include <stdint.h>
#include <string.h>

enum { NR_COPY_INLINE = 128 };

/* The two ends of 8 .. 16 bytes, of 4 .. 7, or single bytes; they may overlap. */
static inline void nr_copy_tail(unsigned char *to, const unsigned char *from,
				uint64_t length)
{
	if (length >= 8) {
		memcpy(to, from, 8);
		memcpy(to + length - 8, from + length - 8, 8);
	} else if (length >= 4) {
		memcpy(to, from, 4);
		memcpy(to + length - 4, from + length - 4, 4);
	} else {
		for (uint64_t i = 0; i < length; i++)
			to[i] = from[i];
	}
}

/* @length may be 0, and the pointers then NULL. */
static inline void nr_copy(void *to_data, const void *from_data, uint64_t length)
{
	unsigned char *to = to_data;
	const unsigned char *from = from_data;

	if (length > NR_COPY_INLINE) {
		memcpy(to, from, length);
		return;
	}
	for (; length > 16; length -= 16, to += 16, from += 16)
		memcpy(to, from, 16);
	nr_copy_tail(to, from, length);
}

#endif /* NARU_BASE_COPY_H */
