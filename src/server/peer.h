/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_PEER_H
#define NARU_SERVER_PEER_H

/*
 * server/peer.h - the account of one client: its connections, and its memory
 *
 * All connections of a user of this machine are on one account; else all of a
 * certificate's name, or of an address. When an account is overdrawn, those of its
 * connections pay that use more than their share.
 */

#include <server/caller.h>
#include <server/chains.h>

struct nr_connection;
struct nr_server;

struct nr_peer {
	struct nr_node node;
	bool user; /* of this machine */
	char name[sizeof(((struct nr_caller *)0)->name)];
	uint32_t connections;
	uint64_t memory;
};

/* One more connection. -ENOMEM. */
int nr_peer_open(struct nr_server *server, const struct nr_caller *caller,
		 struct nr_peer **ret_peer);
/* Accepts NULL. */
void nr_peer_close(struct nr_server *server, struct nr_peer *peer);

/* A buffer of the connection's has now @after bytes instead of @before. */
void nr_peer_charge(struct nr_connection *connection, size_t before, size_t after);
/* Could a buffer of so many bytes, instead of @before, be paid for? */
bool nr_peer_affords(const struct nr_connection *connection, size_t before, size_t after);
/* Its account is overdrawn, and that by this connection. */
bool nr_peer_is_overdrawn(const struct nr_connection *connection);

#endif /* NARU_SERVER_PEER_H */
