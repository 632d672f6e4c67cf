/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_HANDLE_H
#define NARU_STREAM_HANDLE_H

/*
 * stream/handle.h - an open stream, of whichever transport
 *
 * One thread reads while another writes: what belongs to reading and what to writing are
 * different fields, and what both use is atomic.
 */

#include <naru/stream.h>
#include <stream/buffer.h>
#include <stream/gauge.h>
#include <stream/memory.h>
#include <sys/deadline.h>

struct nr_tls_session;
struct nr_tls_module;

/*
 * A way for the bytes. read and write move at least one byte, or say why not; a write
 * goes on until all is written, as naru_stream_write() says.
 */
struct nr_transport {
	enum naru_transport kind;
	ssize_t (*read)(struct naru_stream *stream, const struct iovec *parts, int count,
			struct nr_deadline *deadline);
	ssize_t (*write)(struct naru_stream *stream, const struct iovec *parts, int count,
			 struct nr_deadline *deadline);
	int (*end)(struct naru_stream *stream);
	/* Make the gauge tell what is so; it is open. */
	int (*settle)(struct naru_stream *stream, enum naru_poll which);
	uint64_t (*readable)(struct naru_stream *stream);
	void (*close)(struct naru_stream *stream);
};

struct naru_stream {
	const struct nr_transport *transport;
	int fd; /* the socket; in shared memory, the one underneath */

	struct nr_memory memory; /* .capacity is 0 on a socket */
	struct nr_buffer in;	 /* on a socket: read, and not handed out */
	struct nr_buffer out;	 /* on a socket: reserved */
	size_t reserved;	 /* bytes that may be committed */
	size_t seen;		 /* bytes that may be consumed */
	bool ended;		 /* naru_stream_shutdown() was called */
	int failed[2]; /* on a socket: why no more can be read, or written; or 0 */

	struct nr_gauge readable;
	struct nr_gauge writable;

	struct nr_tls_session *session;
	const struct nr_tls_module *module;
	bool over;   /* the session has said that no more will come */
	int32_t pid; /* whose the session is: a child of fork has no part in it */

	uint64_t bytes_read;
	uint64_t bytes_written;
};

/*
 * A stream on a connected socket, which becomes its own, also on failure.
 * naru_stream_close() ends it.
 */
int nr_stream_open(int fd, const struct nr_transport *transport,
		   struct naru_stream **ret_stream);

extern const struct nr_transport nr_transport_memory;
extern const struct nr_transport nr_transport_unix;
extern const struct nr_transport nr_transport_tcp;
extern const struct nr_transport nr_transport_tls;

#endif /* NARU_STREAM_HANDLE_H */
