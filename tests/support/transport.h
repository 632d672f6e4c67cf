/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TRANSPORT_H
#define SUPPORT_TRANSPORT_H

/* support/transport.h - connected streams, of every transport */

#include <naru/stream.h>
#include <stdbool.h>
#include <support/room.h>

struct transport {
	const char *name;
	const char *url; /* %s: the room's path */
	uint32_t flags;	 /* of the client */
	enum naru_transport kind;
	bool tls;
};

extern const struct transport transports[];
extern const int transports_count;

/* tests/certificates/NAME, valid until the next but three. */
const char *certificate(const char *name);

/* Listen as @transport says, in the room. */
struct naru_listener *transport_listen(struct room *room,
				       const struct transport *transport);

/* Connect to it. */
struct naru_stream *transport_dial(struct room *room, const struct transport *transport,
				   const char *url);
/* Connect to it, and accept. */
struct naru_stream *transport_connect(struct room *room,
				      const struct transport *transport,
				      struct naru_listener *listener,
				      struct naru_stream **ret_accepted);

struct pair {
	struct naru_stream *client, *server;
};

/* Both ends, connected; the listener is closed. */
struct pair transport_pair(struct room *room, const struct transport *transport);
void pair_close(struct pair *pair);

/* Read just so many bytes, or fail. */
void read_all(struct naru_stream *stream, void *buffer, size_t length);
void write_all(struct naru_stream *stream, const void *data, size_t length);

/* Is the descriptor ready now? */
bool is_ready(int fd);
/* Wait until it is, for some seconds at most. */
bool becomes_ready(int fd);

#endif /* SUPPORT_TRANSPORT_H */
