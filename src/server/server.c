/* SPDX-License-Identifier: MIT */

#include <server/server.h>

#include <errno.h>
#include <server/connection.h>
#include <server/explain.h>
#include <server/limit.h>
#include <server/listen.h>
#include <server/metrics.h>
#include <server/request.h>
#include <server/rules.h>
#include <server/served.h>
#include <server/session.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	GRACE_MS = 10000,
	HELLO_MS = 10000,
	FRAME_MAX = 64 << 20,
	OUTPUT = 1 << 20,
	MEMORY = 256 << 20,
	CONNECTIONS = 4096,
	HELD = 65536,
	CAPACITY = 1 << 30,
	CAPACITY_LEAST = 1 << 20,
};

void nr_server_log(struct nr_server *server, const char *format, ...)
{
	char line[512];
	va_list arguments;

	if (!server->options.log)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	/* A certificate may name anything: it stays one line. */
	for (char *letter = line; *letter; letter++)
		if ((unsigned char)*letter < ' ' || *letter == 127)
			*letter = '?';
	server->options.log(server->options.log_data, line);
}

static void set_defaults(struct nr_server_options *options)
{
	if (!options->grace_ms)
		options->grace_ms = GRACE_MS;
	if (!options->hello_ms)
		options->hello_ms = HELLO_MS;
	if (!options->frame_max)
		options->frame_max = FRAME_MAX;
	if (!options->output)
		options->output = OUTPUT;
	if (!options->memory)
		options->memory = MEMORY;
	if (!options->connections)
		options->connections = CONNECTIONS;
	if (!options->connections_per_peer)
		options->connections_per_peer = options->connections;
	if (!options->held)
		options->held = HELD;
	if (!options->capacity)
		options->capacity = CAPACITY;
}

static int check_options(struct nr_server *server)
{
	const struct nr_server_options *options = &server->options;

	if (options->frame_max < NR_SERVER_FRAME_LEAST || options->frame_max % 8) {
		nr_server_log(server,
			      "a frame must be allowed at least %d bytes, and a multiple "
			      "of 8, not %u",
			      NR_SERVER_FRAME_LEAST, options->frame_max);
		return -EINVAL;
	}
	if (options->capacity < CAPACITY_LEAST) {
		nr_server_log(server,
			      "a queue must be allowed at least %d bytes of capacity, "
			      "which it has by default",
			      CAPACITY_LEAST);
		return -EINVAL;
	}
	if (options->memory < options->frame_max) {
		nr_server_log(server,
			      "a client must be allowed the memory of a frame at least, "
			      "%u bytes",
			      options->frame_max);
		return -EINVAL;
	}
	return 0;
}

/* A file that is broken keeps what was. */
static int load_rules(struct nr_server *server)
{
	struct nr_rules *rules;
	char text[512];
	int r;

	if (!server->options.access)
		return 0;
	r = nr_rules_load(server->options.access, &rules, text, sizeof(text));
	if (r < 0) {
		nr_server_log(server, "%s%s", text,
			      server->rules ? "; what was read before holds" : "");
		return r;
	}
	nr_rules_free(server->rules);
	server->rules = rules;
	server->rules_version++;
	return 0;
}

static void controlled(struct nr_source *source)
{
	struct nr_server *server = nr_of(source, struct nr_server, control);
	uint64_t count;

	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	if (server->stop)
		server->stopping = true;
	if (server->reload) {
		server->reload = false;
		if (load_rules(server) == 0 && server->rules)
			nr_server_log(server, "%s is read again", server->options.access);
	}
}

static void say(struct nr_server *server)
{
	const uint64_t one = 1;

	/* It cannot fail but by being full, and then it has been said. */
	while (write(server->control.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void nr_server_stop(struct nr_server *server)
{
	server->stop = true;
	say(server);
}

void nr_server_reload(struct nr_server *server)
{
	server->reload = true;
	say(server);
}

static int listen_to_all(struct nr_server *server)
{
	const struct nr_server_options *options = &server->options;
	int count = 0, r = 0;

	while (options->urls[count])
		count++;
	server->listening = calloc((size_t)count, sizeof(server->listening[0]));
	if (!server->listening) {
		nr_server_log(server, "there is no memory to listen");
		return -ENOMEM;
	}
	for (int i = 0; i < count && r == 0; i++) {
		server->listening_count++;
		r = nr_listening_open(server, options->urls[i], options->stream,
				      nr_connection_open, &server->listening[i]);
		if (r < 0)
			nr_server_log(server, "cannot listen at %s: %s", options->urls[i],
				      nr_listen_error_text(r));
	}
	return r;
}

static int listen_for_metrics(struct nr_server *server)
{
	struct naru_stream_options options = NARU_INIT(
		options, .flags = NARU_STREAM_PLAIN,
		.mode = server->options.stream ? server->options.stream->mode : 0);
	const char *url = server->options.metrics;
	int r;

	if (!url)
		return 0;
	server->metrics = calloc(1, sizeof(*server->metrics));
	r = server->metrics ? nr_listening_open(server, url, &options, nr_scrape_open,
						server->metrics)
			    : -ENOMEM;
	if (r == -EINVAL)
		nr_server_log(server,
			      "no metrics at %s: they can be had at "
			      "tcp://HOST:PORT or unix:///PATH",
			      url);
	else if (r < 0)
		nr_server_log(server, "no metrics at %s: %s", url,
			      nr_listen_error_text(r));
	return r;
}

/* All that needs nothing but memory and descriptors. */
static int prepare(struct nr_server *server)
{
	int r = nr_loop_open(&server->loop);

	if (r < 0)
		return r;
	server->control.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->control.fd < 0)
		return -errno;
	server->control.ready = controlled;
	server->tick.fire = nr_served_tick;
	server->scratch = malloc(NR_SERVER_SCRATCH);
	if (!server->scratch)
		return -ENOMEM;
	if (getentropy(server->instance, sizeof(server->instance)) < 0)
		return -errno;
	return nr_loop_watch(&server->loop, &server->control, EPOLLIN);
}

/* Each of these says what is wrong. */
static int set_up(struct nr_server *server)
{
	int r = check_options(server);

	if (r == 0)
		r = load_rules(server);
	if (r == 0)
		r = listen_for_metrics(server);
	if (r == 0)
		r = listen_to_all(server);
	if (r == 0)
		nr_limit_raise(server);
	return r;
}

int nr_server_open(struct naru_space *space, const struct nr_server_options *options,
		   struct nr_server **ret_server)
{
	struct nr_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->options = *options;
	server->space = space;
	server->control.fd = -1;
	set_defaults(&server->options);
	nr_list_init(&server->connections);
	nr_list_init(&server->scrapes);
	nr_list_init(&server->served_list);
	r = prepare(server);
	if (r < 0)
		nr_server_log(server, "the server cannot begin: %s", naru_error_text(r));
	else
		r = set_up(server);
	if (r < 0)
		nr_server_close(server);
	else
		*ret_server = server;
	return r;
}

void nr_server_close(struct nr_server *server)
{
	if (!server)
		return;
	server->stopping = true;
	for (int i = 0; i < server->listening_count; i++)
		nr_listening_close(&server->listening[i]);
	if (server->metrics)
		nr_listening_close(server->metrics);
	nr_scrapes_close(server);
	nr_connections_close(server);
	nr_sessions_close(server);
	nr_loop_close(&server->loop);
	nr_chains_free(&server->served);
	nr_chains_free(&server->peers);
	nr_rules_free(server->rules);
	if (server->control.fd >= 0)
		close(server->control.fd);
	free(server->listening);
	free(server->metrics);
	free(server->scratch);
	free(server);
}

const char *nr_server_url(struct nr_server *server, int nth)
{
	return nth < server->listening_count
		       ? naru_listener_url(server->listening[nth].listener)
		       : NULL;
}

const char *nr_server_metrics_url(struct nr_server *server)
{
	return server->metrics ? naru_listener_url(server->metrics->listener) : NULL;
}

int nr_server_turn(struct nr_server *server, bool wait)
{
	return nr_loop_turn(&server->loop, wait);
}

/* So that clients connect again, elsewhere or later, and do not wait in vain. */
static void tell_all(struct nr_server *server)
{
	struct nr_link *link = server->connections.next;

	for (; link != &server->connections; link = link->next) {
		struct nr_connection *connection =
			nr_of(link, struct nr_connection, link);

		if (connection->waits)
			nr_request_end(connection, -ESHUTDOWN);
		nr_connection_end(connection);
	}
}

int nr_server_run(struct nr_server *server)
{
	int r = 0;

	while (r == 0 && !server->stopping)
		r = nr_server_turn(server, true);
	for (int i = 0; i < server->listening_count; i++)
		nr_listening_close(&server->listening[i]);
	tell_all(server);
	if (r == 0)
		r = nr_server_turn(server, false);
	return r;
}
