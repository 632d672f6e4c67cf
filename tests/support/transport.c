/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <support/must.h>
#include <support/transport.h>

enum { PATIENCE_MS = 60000 };

const struct transport transports[] = {
	{"local", "local://contract", 0, NARU_TRANSPORT_MEMORY, false},
	{"local, plain", "local://contract", NARU_STREAM_PLAIN, NARU_TRANSPORT_UNIX,
	 false},
	{"unix", "unix://%s/socket", 0, NARU_TRANSPORT_MEMORY, false},
	{"unix, plain", "unix://%s/socket", NARU_STREAM_PLAIN, NARU_TRANSPORT_UNIX,
	 false},
	{"tcp", "tcp://127.0.0.1:0", 0, NARU_TRANSPORT_MEMORY, false},
	{"tcp, plain", "tcp://127.0.0.1:0", NARU_STREAM_PLAIN, NARU_TRANSPORT_TCP, false},
	{"tls", "tls://127.0.0.1:0", 0, NARU_TRANSPORT_TLS, true},
};
const int transports_count = sizeof(transports) / sizeof(transports[0]);

const char *certificate(const char *name)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", CERTIFICATES, name);
	return path;
}

static struct naru_stream_options options_of(const struct transport *transport,
					     bool server)
{
	struct naru_stream_options options =
		NARU_INIT(options, .flags = server ? 0 : transport->flags);

	if (!transport->tls)
		return options;
	options.authority = certificate("authority.pem");
	options.certificate = certificate(server ? "server.pem" : "client.pem");
	options.key = certificate(server ? "server.key" : "client.key");
	return options;
}

struct naru_listener *transport_listen(struct room *room,
				       const struct transport *transport)
{
	struct naru_stream_options options = options_of(transport, true);
	struct naru_listener *listener = NULL;
	char url[256];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(url, sizeof(url), transport->url, room->path);
#pragma GCC diagnostic pop
	must_be(naru_listen(room->space, url, &options, &listener), 0);
	return listener;
}

struct naru_stream *transport_dial(struct room *room, const struct transport *transport,
				   const char *url)
{
	struct naru_stream_options options = options_of(transport, false);
	struct naru_stream *stream = NULL;

	must_be(naru_connect(room->space, url, &options, PATIENCE_MS, &stream), 0);
	return stream;
}

struct connecting {
	struct room *room;
	const struct transport *transport;
	const char *url;
	struct naru_stream *stream;
};

static void *dial(void *data)
{
	struct connecting *connecting = data;

	connecting->stream =
		transport_dial(connecting->room, connecting->transport, connecting->url);
	return NULL;
}

/* TLS waits for the accept, and so is another thread's. */
struct naru_stream *transport_connect(struct room *room,
				      const struct transport *transport,
				      struct naru_listener *listener,
				      struct naru_stream **ret_accepted)
{
	struct connecting connecting = {
		.room = room,
		.transport = transport,
		.url = naru_listener_url(listener),
	};
	pthread_t thread;

	if (transport->tls)
		must_be(pthread_create(&thread, NULL, dial, &connecting), 0);
	else
		dial(&connecting);
	must_be(naru_accept(listener, PATIENCE_MS, ret_accepted), 0);
	if (transport->tls)
		must_be(pthread_join(thread, NULL), 0);
	return connecting.stream;
}

struct pair transport_pair(struct room *room, const struct transport *transport)
{
	struct naru_listener *listener = transport_listen(room, transport);
	struct pair pair;

	pair.client = transport_connect(room, transport, listener, &pair.server);
	naru_listener_close(listener);
	return pair;
}

void pair_close(struct pair *pair)
{
	pair->client = naru_stream_close(pair->client);
	pair->server = naru_stream_close(pair->server);
}

void read_all(struct naru_stream *stream, void *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = naru_stream_read(stream, (char *)buffer + done, length - done,
					     PATIENCE_MS);

		must(n > 0);
		done += (size_t)n;
	}
}

void write_all(struct naru_stream *stream, const void *data, size_t length)
{
	must_be(naru_stream_write(stream, data, length, PATIENCE_MS), (ssize_t)length);
}

static bool poll_for(int fd, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, timeout_ms) == 1 && ready.revents & POLLIN;
}

bool is_ready(int fd)
{
	return poll_for(fd, 0);
}

bool becomes_ready(int fd)
{
	return poll_for(fd, PATIENCE_MS);
}
