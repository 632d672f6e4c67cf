/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_LISTENER_H
#define NARU_STREAM_LISTENER_H

/*
 * stream/listener.h - where connections come in
 *
 * A listener has several sources, since a URL may mean several addresses, and since
 * naru's own clients come to a socket of their own, where they say hello first
 * (layout/stream.h). So what comes to the URL's own socket is the application's, to the
 * byte. What is not yet a stream waits in the table of pending ones, so that a client
 * that is slow, or silent, is not waited for.
 */

#include <naru/stream.h>
#include <stream/door.h>
#include <stream/handle.h>
#include <stream/tls.h>

enum nr_source_kind {
	NR_SOURCE_UNIX,	  /* a Unix socket, as it is */
	NR_SOURCE_TCP,	  /* a TCP socket, as it is */
	NR_SOURCE_MEMORY, /* a Unix socket, where clients say hello */
	NR_SOURCE_TLS,
};

struct nr_source {
	enum nr_source_kind kind;
	int fd;
	bool has_door;
	struct nr_door door; /* .fd is the same */
};

struct nr_pending {
	int fd; /* -1: free */
	enum nr_source_kind kind;
	struct nr_tls_session *session;
	uint64_t since;
};

enum { NR_SOURCES = 8, NR_PENDING = 64 };

struct naru_listener {
	struct naru_stream_options options;
	int poller;
	struct nr_source sources[NR_SOURCES];
	int source_count;
	struct nr_pending pending[NR_PENDING];
	const struct nr_tls_module *module;
	struct nr_tls_context *context;
	char *url;
};

/* Add a source, and listen. What fails is closed. */
int nr_listener_add(struct naru_listener *listener, enum nr_source_kind kind, int fd);
int nr_listener_add_door(struct naru_listener *listener, enum nr_source_kind kind,
			 int directory, const char *name);

/* The name of the socket where naru's own clients come to a Unix socket's listener. */
void nr_listener_companion(const char *name, uint64_t inode, char *ret_name, size_t size);

/* Sources at the network's addresses. */
struct nr_url;
int nr_listener_open_network(struct naru_listener *listener, struct naru_space *space,
			     const struct nr_url *url);

/* A source at a socket that is open already. -EBADF: it is none that listens. */
int nr_listener_adopt(struct naru_listener *listener, const struct nr_url *url);

#endif /* NARU_STREAM_LISTENER_H */
