/* SPDX-License-Identifier: MIT */

#include <stream/buffer.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int nr_buffer_grow(struct nr_buffer *buffer, size_t wanted)
{
	size_t used = nr_buffer_used(buffer), size = 4096;
	unsigned char *bytes;
	int saved = errno;

	if (wanted > NR_BUFFER_MAX)
		return -EMSGSIZE;
	if (buffer->size - buffer->start >= wanted)
		return 0;
	while (size < wanted)
		size *= 2;
	if (size <= buffer->size) {
		memmove(buffer->bytes, buffer->bytes + buffer->start, used);
	} else {
		bytes = malloc(size);
		errno = saved;
		if (!bytes)
			return -ENOMEM;
		if (used)
			memcpy(bytes, buffer->bytes + buffer->start, used);
		free(buffer->bytes);
		buffer->bytes = bytes;
		buffer->size = size;
	}
	buffer->start = 0;
	buffer->end = used;
	return 0;
}

void nr_buffer_free(struct nr_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct nr_buffer){0};
}

void nr_buffer_skip(struct nr_buffer *buffer, size_t length)
{
	buffer->start += length;
	if (buffer->start == buffer->end)
		buffer->start = buffer->end = 0;
}

size_t nr_buffer_take(struct nr_buffer *buffer, void *to, size_t size)
{
	size_t length = nr_buffer_used(buffer);

	if (length > size)
		length = size;
	if (length == 0)
		return 0;
	memcpy(to, buffer->bytes + buffer->start, length);
	nr_buffer_skip(buffer, length);
	return length;
}
