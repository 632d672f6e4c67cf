/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_BUFFER_H
#define NARU_STREAM_BUFFER_H

/* stream/buffer.h - bytes of a socket that are looked at, or built, in place */

#include <stddef.h>

/* What a socket's peek and reserve can ask for at most. */
#define NR_BUFFER_MAX ((size_t)1 << 18)

struct nr_buffer {
	unsigned char *bytes;
	size_t size;
	size_t start; /* bytes[start, end) are in use */
	size_t end;
};

static inline size_t nr_buffer_used(const struct nr_buffer *buffer)
{
	return buffer->end - buffer->start;
}

/* Room for @wanted bytes behind start. -EMSGSIZE, -ENOMEM. */
int nr_buffer_grow(struct nr_buffer *buffer, size_t wanted);
void nr_buffer_free(struct nr_buffer *buffer);

/* Move bytes out of it. Returns how many. */
size_t nr_buffer_take(struct nr_buffer *buffer, void *to, size_t size);
void nr_buffer_skip(struct nr_buffer *buffer, size_t length);

#endif /* NARU_STREAM_BUFFER_H */
