/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_PLAIN_H
#define NARU_STREAM_PLAIN_H

/* stream/plain.h - a stream that is a socket, as it is */

#include <stream/handle.h>

/* What the socket's error means to a stream's user. */
int nr_plain_error(ssize_t error);

/* Sleep until the socket may be read (POLLIN) or written (POLLOUT). */
int nr_plain_wait(int fd, short events, struct nr_deadline *deadline);

/* Let the gauge say what is so, of which @buffered bytes the socket does not know. */
int nr_plain_settle(struct naru_stream *stream, enum naru_poll which, size_t buffered);

/* Bytes that are in the socket, and may be read. */
uint64_t nr_plain_readable(const struct naru_stream *stream);

#endif /* NARU_STREAM_PLAIN_H */
