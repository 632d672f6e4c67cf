/* SPDX-License-Identifier: MIT */

/* fault-stream-cases.c - calls on streams, each with all that it makes undone */

#include "fault.h"
#include "trace.h"

#include <errno.h>
#include <naru/stream.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SHORT_MS = 15 };

static struct naru_space *space;
static struct naru_listener *listener;
static struct naru_stream *client, *server;
static char url[256];

static bool prepare_space(void)
{
	return mkdir(fault_path, 0700) == 0 &&
	       naru_space_open(fault_path, NULL, &space) == 0;
}

static bool listen_at(const char *at)
{
	return prepare_space() && naru_listen(space, at, NULL, &listener) == 0;
}

static bool prepare_local(void)
{
	return listen_at("local://q");
}

static const char *unix_url(void)
{
	snprintf(url, sizeof(url), "unix://%s/q", fault_path);
	return url;
}

static bool prepare_unix(void)
{
	return listen_at(unix_url());
}

static bool prepare_tcp(void)
{
	return listen_at("tcp://127.0.0.1:0");
}

static void close_streams(void)
{
	client = naru_stream_close(client);
	server = naru_stream_close(server);
}

static void close_listener(void)
{
	listener = naru_listener_close(listener);
}

static void nothing(void)
{
}

static long listen_local(void)
{
	return naru_listen(space, "local://q", NULL, &listener);
}

static long listen_unix(void)
{
	return naru_listen(space, unix_url(), NULL, &listener);
}

static long listen_tcp(void)
{
	return naru_listen(space, "tcp://127.0.0.1:0", NULL, &listener);
}

/* What nobody accepts would be accepted by the next call. */
static void drop_waiting(void)
{
	struct naru_stream *stream;

	while (naru_accept(listener, 0, &stream) == 0)
		naru_stream_close(stream);
}

static long join_with(uint32_t flags)
{
	struct naru_stream_options options = {.size = sizeof(options), .flags = flags};
	int r;

	drop_waiting();
	r = naru_connect(space, naru_listener_url(listener), &options, SHORT_MS, &client);
	if (r == 0)
		r = naru_accept(listener, SHORT_MS, &server);
	if (r < 0)
		close_streams();
	return r;
}

static long join(void)
{
	return join_with(0);
}

static long join_plain(void)
{
	return join_with(NARU_STREAM_PLAIN);
}

static bool prepare_joined(void)
{
	return prepare_local() && join() == 0;
}

/* Each end makes its memory, or takes the other's. */
static long first_bytes(void)
{
	char byte;
	long r = join();

	if (r == 0)
		r = naru_stream_write(client, "?", 1, SHORT_MS);
	if (r > 0)
		r = naru_stream_read(server, &byte, 1, SHORT_MS);
	if (r > 0)
		r = naru_stream_write(server, "!", 1, SHORT_MS);
	if (r > 0)
		r = naru_stream_read(client, &byte, 1, SHORT_MS);
	close_streams();
	return r;
}

static long sleep_for_bytes(void)
{
	char byte;

	return naru_stream_read(server, &byte, 1, SHORT_MS);
}

/* To the brim, then once more; the pair of sockets for it stays. */
static long sleep_for_room(void)
{
	static const char bytes[1 << 20];
	ssize_t n = naru_stream_write(server, bytes, sizeof(bytes), 0);

	return n == -EAGAIN || n > 0 ? naru_stream_write(server, bytes, 1, SHORT_MS) : n;
}

static long descriptors_of(void)
{
	long r = join();

	if (r < 0)
		return r;
	r = naru_stream_fd(server, NARU_READABLE);
	if (r >= 0)
		r = naru_stream_fd(client, NARU_WRITABLE);
	if (r >= 0)
		r = naru_stream_write(client, "x", 1, 0);
	close_streams();
	return r;
}

static long stat_stream(void)
{
	struct naru_stream_stat stat = {.size = sizeof(stat)};
	struct naru_stream_peer peer = {.size = sizeof(peer)};
	int r = naru_stream_stat(client, &stat);

	return r < 0 ? r : naru_stream_peer(client, &peer);
}

const struct fault_case fault_stream_cases[] = {
	{"stream: listen, local", prepare_space, listen_local, close_listener},
	{"stream: listen, unix", prepare_space, listen_unix, close_listener},
	{"stream: listen, tcp", prepare_space, listen_tcp, close_listener},
	{"stream: join, local", prepare_local, join, close_streams},
	{"stream: join, local, plain", prepare_local, join_plain, close_streams},
	{"stream: join, unix", prepare_unix, join, close_streams},
	{"stream: join, tcp", prepare_tcp, join, close_streams},
	{"stream: join, tcp, plain", prepare_tcp, join_plain, close_streams},
	{"stream: first bytes", prepare_local, first_bytes, nothing},
	{"stream: sleep for bytes", prepare_joined, sleep_for_bytes, nothing},
	{"stream: sleep for room", prepare_joined, sleep_for_room, nothing},
	{"stream: descriptors", prepare_local, descriptors_of, nothing},
	{"stream: stat", prepare_joined, stat_stream, nothing},
	{0},
};
