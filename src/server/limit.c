/* SPDX-License-Identifier: MIT */

#include <server/limit.h>

#include <errno.h>
#include <inttypes.h>
#include <server/peer.h>
#include <sys/resource.h>

enum {
	PER_CONNECTION = 6, /* descriptors, at most */
	OTHERS = 256,
	REFUSED_MAX = 64, /* that are told why */
};

void nr_limit_raise(struct nr_server *server)
{
	rlim_t wanted = (rlim_t)server->options.connections * PER_CONNECTION + OTHERS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted) {
		limit.rlim_cur = limit.rlim_max;
		nr_server_log(server,
			      "%llu descriptors are allowed, enough for some %llu "
			      "connections; raise the limit with: ulimit -Hn %llu",
			      (unsigned long long)limit.rlim_max,
			      (unsigned long long)(limit.rlim_max / PER_CONNECTION),
			      (unsigned long long)wanted);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* As many messages as a queue of that capacity has by default: they cost memory, too. */
int nr_limit_capacity(struct nr_connection *connection, const char *name,
		      const struct naru_queue_options *options)
{
	uint64_t capacity = connection->server->options.capacity;
	uint64_t messages = capacity / 128 + 16;

	if (options->capacity <= capacity && options->messages <= messages)
		return 0;
	nr_answer_error(connection, -EINVAL,
			"%s: this server gives a queue %" PRIu64 " bytes and %" PRIu64
			" messages at most",
			name, capacity, messages);
	return -EINVAL;
}

static bool is_crowded(const struct nr_server *server)
{
	return server->connections_count - server->refused_count >
	       server->options.connections;
}

int nr_limit_admit(struct nr_connection *connection)
{
	struct nr_server *server = connection->server;
	const struct nr_peer *peer = connection->peer;

	if (!is_crowded(server) &&
	    peer->connections <= server->options.connections_per_peer) {
		server->crowded = false;
		return 0;
	}
	if (!server->crowded)
		nr_server_log(server, "%s is refused: there are %u connections, %u of it",
			      connection->caller.name, server->connections_count - 1,
			      peer->connections - 1);
	server->crowded = true;
	if (server->refused_count == REFUSED_MAX)
		return -EBUSY;
	connection->refused = true;
	server->refused_count++;
	return -EUSERS;
}

void nr_limit_refuse(struct nr_connection *connection)
{
	const struct nr_server_options *options = &connection->server->options;

	if (connection->peer->connections <= options->connections_per_peer ||
	    options->connections_per_peer >= options->connections)
		nr_answer_error(connection, -EUSERS,
				"this server has all the connections that it may have: "
				"%u",
				options->connections);
	else
		nr_answer_error(connection, -EUSERS,
				"%s has all the connections that it may have: %u",
				connection->caller.name, options->connections_per_peer);
	nr_connection_end(connection);
}
