/* SPDX-License-Identifier: MIT */

#include <server/peer.h>

#include <errno.h>
#include <server/connection.h>
#include <stdlib.h>
#include <string.h>

static bool is_user(const struct nr_caller *caller)
{
	return !caller->who.name[0] && nr_caller_uid(caller) != UINT32_MAX;
}

static struct nr_peer *find(struct nr_server *server, const struct nr_caller *caller,
			    uint64_t hash)
{
	struct nr_node *node = nr_chains_find(&server->peers, hash);

	for (; node; node = nr_chains_next(node)) {
		struct nr_peer *peer = nr_of(node, struct nr_peer, node);

		if (peer->user == is_user(caller) &&
		    strcmp(peer->name, caller->name) == 0)
			return peer;
	}
	return NULL;
}

static int add(struct nr_server *server, const struct nr_caller *caller, uint64_t hash,
	       struct nr_peer **ret_peer)
{
	struct nr_peer *peer = calloc(1, sizeof(*peer));
	int r;

	if (!peer)
		return -ENOMEM;
	peer->user = is_user(caller);
	strcpy(peer->name, caller->name);
	r = nr_chains_add(&server->peers, &peer->node, hash);
	if (r < 0)
		free(peer);
	else
		*ret_peer = peer;
	return r;
}

int nr_peer_open(struct nr_server *server, const struct nr_caller *caller,
		 struct nr_peer **ret_peer)
{
	uint64_t hash = nr_hash(caller->name, strlen(caller->name));
	struct nr_peer *peer = find(server, caller, hash);
	int r = 0;

	if (!peer)
		r = add(server, caller, hash, &peer);
	if (r < 0)
		return r;
	peer->connections++;
	*ret_peer = peer;
	return 0;
}

void nr_peer_close(struct nr_server *server, struct nr_peer *peer)
{
	if (!peer || --peer->connections > 0)
		return;
	nr_chains_remove(&server->peers, &peer->node);
	free(peer);
}

void nr_peer_charge(struct nr_connection *connection, size_t before, size_t after)
{
	connection->memory = connection->memory - before + after;
	connection->peer->memory = connection->peer->memory - before + after;
}

/* Whoever keeps to its share can have it, whatever the others do. */
static bool may_have(const struct nr_connection *connection, uint64_t all, uint64_t own)
{
	uint64_t memory = connection->server->options.memory;

	return all <= memory || own <= memory / connection->peer->connections;
}

bool nr_peer_affords(const struct nr_connection *connection, size_t before, size_t after)
{
	return after <= before ||
	       may_have(connection, connection->peer->memory - before + after,
			connection->memory - before + after);
}

bool nr_peer_is_overdrawn(const struct nr_connection *connection)
{
	return !may_have(connection, connection->peer->memory, connection->memory);
}
