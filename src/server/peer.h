/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_PEER_H
#define NARU_SERVER_PEER_H

/*
 * server/peer.h - the account of one client: its connections, and its memory
 *
 * All connections of a user of this machine are on one account; of another machine, all
 * of an address, or of a certificate's name.
 */

#include <server/caller.h>
#include <server/chains.h>

struct nr_server;

struct nr_peer {
	struct nr_node node;
	bool local;
	char name[sizeof(((struct nr_caller *)0)->name)];
	uint32_t connections;
	uint64_t memory;
};

/* One more connection. -ENOMEM. */
int nr_peer_open(struct nr_server *server, const struct nr_caller *caller,
		 struct nr_peer **ret_peer);
/* Accepts NULL. */
void nr_peer_close(struct nr_server *server, struct nr_peer *peer);

/* A buffer has now @after bytes instead of @before. False: that is more than may be. */
bool nr_peer_charge(struct nr_server *server, struct nr_peer *peer, size_t before,
		    size_t after);

#endif /* NARU_SERVER_PEER_H */
