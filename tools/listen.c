/* SPDX-License-Identifier: MIT */
/* tools/listen.c - naru listen: wait for connections, and serve them */

#include <tools/command.h>

#include <errno.h>
#include <server/explain.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/stream-server.h>
#include <tools/stream.h>
#include <tools/units.h>
#include <unistd.h>

struct listen_options {
	const char *exec;
	bool once;
	uint32_t mode;
	int timeout_ms;
	const char *certificate;
	const char *key;
	const char *authority;
};

#define FIELD(name) offsetof(struct listen_options, name)

static const struct nr_option options[] = {
	{"exec", 'e', "COMMAND", "run a shell's COMMAND for each connection",
	 nr_read_text, FIELD(exec)},
	{"once", '1', NULL, "with a command: end after the first connection", NULL,
	 FIELD(once)},
	{"timeout", 'w', "SECONDS", "wait so long for a connection, then end with 124",
	 nr_read_seconds, FIELD(timeout_ms)},
	{"mode", 0, "MODE", "who may connect to a socket's file; default 0600",
	 nr_read_mode, FIELD(mode)},
	{"certificate", 0, "PATH", "tls: our own certificate, a PEM file", nr_read_text,
	 FIELD(certificate)},
	{"key", 0, "PATH", "tls: its key", nr_read_text, FIELD(key)},
	{"authority", 0, "PATH", "tls: who must have signed each client's certificate",
	 nr_read_text, FIELD(authority)},
	{0},
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = number;
}

/* The calls that wait end, so that the socket's file can be removed. */
static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = stop};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Until it is stopped, each connection gets a command of its own. */
static int serve(struct naru_listener *listener, const struct listen_options *given,
		 char *const *command)
{
	const char *url = naru_listener_url(listener);
	struct naru_stream *stream;
	int r, status = NR_OK;

	do {
		r = naru_accept(listener, given->timeout_ms, &stream);
		if (r == 0)
			status = nr_stream_serve(stream, url, command, given->once);
	} while ((r == 0 && !given->once) || (r == -EINTR && !stopped));
	if (stopped)
		return NR_INTERRUPTED;
	return r < 0 ? nr_stream_failed(url, r == -EAGAIN ? -ETIMEDOUT : r) : status;
}

/* One connection, to standard input and output. */
static int talk(struct naru_listener *listener, const struct listen_options *given)
{
	struct nr_carry carry = {
		.url = naru_listener_url(listener),
		.in = STDIN_FILENO,
		.in_name = "standard input",
		.out = STDOUT_FILENO,
		.stop = isatty(STDIN_FILENO),
	};
	int r;

	do
		r = naru_accept(listener, given->timeout_ms, &carry.stream);
	while (r == -EINTR && !stopped);
	if (stopped)
		return NR_INTERRUPTED;
	if (r < 0)
		return nr_stream_failed(carry.url, r == -EAGAIN ? -ETIMEDOUT : r);
	/* From here on they end us as usual. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	return nr_carry(&carry);
}

static int listen_at(struct nr_tool *tool, const char *url,
		     const struct listen_options *given,
		     struct naru_listener **ret_listener)
{
	struct naru_stream_options chosen =
		NARU_INIT(chosen, .mode = given->mode, .certificate = given->certificate,
			  .key = given->key, .authority = given->authority);
	int r = naru_listen(tool->space, url, &chosen, ret_listener);

	if (r < 0)
		return nr_failed("cannot listen at %s: %s", url, nr_listen_error_text(r));
	/* The port was not known before. */
	if (strcmp(naru_listener_url(*ret_listener), url) != 0)
		fprintf(stderr, "naru: listening at %s\n",
			naru_listener_url(*ret_listener));
	return NR_OK;
}

static int check_usage(const struct listen_options *given, const char *url, int arguments)
{
	const struct nr_command *command = &nr_command_listen;

	if (arguments < 1)
		return nr_bad_usage(command, "say at which URL");
	if (arguments > 1 && given->exec)
		return nr_bad_usage(command, "give either --exec or -- COMMAND");
	if (strncmp(url, "tls:", 4) == 0 && (!given->certificate || !given->key))
		return nr_bad_usage(command, "tls:// needs --certificate and --key");
	return NR_OK;
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct listen_options given = {.timeout_ms = -1};
	int first = nr_options_parse(tool, &nr_command_listen, argc, argv, &given);
	char *shell[] = {(char *)"/bin/sh", (char *)"-c", (char *)given.exec, NULL};
	struct naru_listener *listener;
	int status;

	if (first <= 0)
		return -first;
	status = check_usage(&given, argv[first], argc - first);
	if (status == NR_OK)
		status = nr_stream_begin(tool);
	if (status != NR_OK)
		return status;
	catch_signals();
	status = listen_at(tool, argv[first], &given, &listener);
	if (status != NR_OK)
		return status;
	if (given.exec || argc - first > 1)
		status = serve(listener, &given, given.exec ? shell : argv + first + 1);
	else
		status = talk(listener, &given);
	naru_listener_close(listener);
	return status;
}

const struct nr_command nr_command_listen = {
	.name = "listen",
	.usage = "[OPTION...] URL [-- COMMAND [ARGUMENT...]]",
	.summary = "wait for connections at a URL, as nc(1) does",
	.text = "URL is local://NAME, unix:///PATH, tcp://HOST:PORT or tls://HOST:PORT. "
		"Without a\n"
		"command, one connection is carried to standard input and output. With "
		"one, it runs\n"
		"for each connection, which is its standard input and output.\n",
	.options = options,
	.run = run,
};
