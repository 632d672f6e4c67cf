/* SPDX-License-Identifier: MIT */
/* tools/serve.c - naru serve: the queues of a space, for clients elsewhere */

#include <tools/command.h>

#include <errno.h>
#include <server/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tools/away.h>
#include <tools/memory.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/systemd.h>
#include <tools/units.h>

enum { CONNECTIONS_MAX = 1000000 };

/* An option that may be given several times; the last is NULL. */
struct texts {
	const char **list;
	size_t count;
};

struct serve_options {
	struct texts urls;
	struct texts patterns;
	const char *access;
	const char *metrics;
	int grace_ms;
	int hello_ms;
	uint64_t frame;
	uint64_t memory;
	uint64_t connections;
	uint64_t connections_per_peer;
	uint64_t held;
	uint64_t capacity;
	bool plain;
	uint32_t mode;
	const char *certificate;
	const char *key;
	const char *authority;
};

static const char *read_texts(const char *text, void *ret_texts)
{
	struct texts *texts = ret_texts;
	const char **longer = nr_allocate((texts->count + 2) * sizeof(longer[0]));

	for (size_t i = 0; i < texts->count; i++)
		longer[i] = texts->list[i];
	longer[texts->count++] = text;
	longer[texts->count] = NULL;
	free(texts->list);
	texts->list = longer;
	return NULL;
}

#define FIELD(name) offsetof(struct serve_options, name)

static const struct nr_option options[] = {
	{"listen", 'l', "URL", "where clients come in; may be given several times",
	 read_texts, FIELD(urls)},
	{"allow", 'a', "PATTERN", "serve only queues of such names; several times, too",
	 read_texts, FIELD(patterns)},
	{"access", 0, "FILE", "who may do what; see FILE OF ACCESS in naru(1)",
	 nr_read_text, FIELD(access)},
	{"metrics", 0, "URL", "figures for Prometheus, at tcp:// or unix://",
	 nr_read_text, FIELD(metrics)},
	{"grace", 0, "SECONDS",
	 "so long what a lost client holds is kept for it; default 10", nr_read_seconds,
	 FIELD(grace_ms)},
	{"hello", 0, "SECONDS", "so long a connection may say nothing; default 10",
	 nr_read_seconds, FIELD(hello_ms)},
	{"frame", 0, "BYTES", "of a request, or an answer, at most; default 64M",
	 nr_read_size, FIELD(frame)},
	{"memory-per-client", 0, "BYTES", "for buffers, at most; default 256M",
	 nr_read_size, FIELD(memory)},
	{"connections", 0, "COUNT", "at most; default 4096", nr_read_count,
	 FIELD(connections)},
	{"connections-per-peer", 0, "COUNT",
	 "of one user, certificate or address; default: as many", nr_read_count,
	 FIELD(connections_per_peer)},
	{"held", 0, "COUNT", "messages that one session may hold; default 65536",
	 nr_read_count, FIELD(held)},
	{"capacity", 0, "BYTES",
	 "of a queue that a client makes, or changes, at most; default 1G", nr_read_size,
	 FIELD(capacity)},
	{"plain", 'p', NULL, "ordinary sockets, no shared memory", NULL, FIELD(plain)},
	{"mode", 0, "MODE", "who may connect to a socket's file; default 0600",
	 nr_read_mode, FIELD(mode)},
	{"certificate", 0, "PATH", "tls: our own certificate, a PEM file", nr_read_text,
	 FIELD(certificate)},
	{"key", 0, "PATH", "tls: its key", nr_read_text, FIELD(key)},
	{"authority", 0, "PATH", "tls: who must have signed each client's certificate",
	 nr_read_text, FIELD(authority)},
	{0},
};

static struct nr_server *server;

static void stop(int number)
{
	(void)number;
	nr_server_stop(server);
}

static void reload(int number)
{
	(void)number;
	nr_server_reload(server);
}

static void catch_signals(void)
{
	const struct sigaction stops = {.sa_handler = stop, .sa_flags = SA_RESTART};
	const struct sigaction reloads = {.sa_handler = reload, .sa_flags = SA_RESTART};

	sigaction(SIGINT, &stops, NULL);
	sigaction(SIGTERM, &stops, NULL);
	sigaction(SIGHUP, &reloads, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* From now on there is nothing for them to tell. */
static void ignore_signals(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

/* Without --listen: at the sockets of the service manager, in the order of its file. */
static void take_descriptors(struct texts *urls)
{
	static char texts[64][32];
	size_t count = nr_systemd_descriptors();

	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "fd://%zu", 3 + i);
		read_texts(texts[i], urls);
	}
}

static int check_usage(const struct serve_options *given, int arguments)
{
	const struct nr_command *command = &nr_command_serve;

	if (arguments > 0)
		return nr_bad_usage(command, "give URLs by --listen");
	if (given->urls.count == 0)
		return nr_bad_usage(command, "say where, by --listen URL");
	if (given->connections > CONNECTIONS_MAX ||
	    given->connections_per_peer > CONNECTIONS_MAX)
		return nr_bad_usage(command,
				    "--connections and --connections-per-peer are at "
				    "most %d",
				    CONNECTIONS_MAX);
	if (given->held > UINT32_MAX)
		return nr_bad_usage(command, "--held is at most %u", UINT32_MAX);
	if (given->frame > UINT32_MAX / 2)
		return nr_bad_usage(command, "--frame must be less than 2G");
	for (size_t i = 0; i < given->urls.count; i++)
		if (strncmp(given->urls.list[i], "tls:", 4) == 0 &&
		    (!given->certificate || !given->key))
			return nr_bad_usage(command,
					    "tls:// needs --certificate and --key");
	return NR_OK;
}

static int serve(struct nr_tool *tool, const struct serve_options *given)
{
	struct naru_stream_options stream =
		NARU_INIT(stream, .flags = given->plain ? NARU_STREAM_PLAIN : 0,
			  .mode = given->mode, .certificate = given->certificate,
			  .key = given->key, .authority = given->authority);
	const struct nr_server_options chosen = {
		.urls = given->urls.list,
		.stream = &stream,
		.patterns = given->patterns.list,
		.access = given->access,
		.metrics = given->metrics,
		.grace_ms = given->grace_ms ? given->grace_ms : -1,
		.hello_ms = given->hello_ms,
		.frame_max = ((uint32_t)given->frame + 7) & ~7u,
		.memory = given->memory,
		.connections = (uint32_t)given->connections,
		.connections_per_peer = (uint32_t)given->connections_per_peer,
		.held = (uint32_t)given->held,
		.capacity = given->capacity,
		.log = nr_print_log,
	};
	int r = nr_server_open(tool->space, &chosen, &server);

	if (r < 0)
		return NR_FAILED;
	catch_signals();
	for (int i = 0; nr_server_url(server, i); i++)
		fprintf(stderr, "naru: serving %s at %s\n", naru_space_path(tool->space),
			nr_server_url(server, i));
	if (nr_server_metrics_url(server))
		fprintf(stderr, "naru: metrics at %s\n", nr_server_metrics_url(server));
	nr_systemd_notify("READY=1");
	r = nr_server_run(server);
	nr_systemd_notify("STOPPING=1");
	ignore_signals();
	nr_server_close(server);
	return r < 0 ? nr_failed("the server has failed: %s", naru_error_text(r)) : NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct serve_options given = {.grace_ms = 10000};
	int first = nr_options_parse(tool, &nr_command_serve, argc, argv, &given);
	int status;

	if (first <= 0)
		return -first;
	if (given.urls.count == 0)
		take_descriptors(&given.urls);
	status = check_usage(&given, argc - first);
	if (status == NR_OK)
		status = nr_tool_open_space(tool);
	if (status == NR_OK && nr_is_away(tool, ""))
		status = nr_space_failed(naru_space_path(tool->space), -EOPNOTSUPP);
	if (status == NR_OK) {
		naru_set_log(nr_print_log, NULL);
		status = serve(tool, &given);
	}
	free(given.urls.list);
	free(given.patterns.list);
	return status;
}

const struct nr_command nr_command_serve = {
	.name = "serve",
	.usage = "--listen URL [OPTION...]",
	.summary = "let clients elsewhere use the queues of this space",
	.text = "URL is local://NAME, unix:///PATH, tcp://HOST:PORT or tls://HOST:PORT. "
		"Clients give\n"
		"it, and a queue's name behind it, in place of a name: "
		"tcp://HOST:PORT/QUEUE,\n"
		"unix:///PATH#QUEUE. Without --access users of this machine are allowed "
		"what the\n"
		"queues' files allow them, and nobody comes in from elsewhere.\n",
	.options = options,
	.run = run,
};
