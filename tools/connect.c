/* SPDX-License-Identifier: MIT */
/* tools/connect.c - naru connect: standard input and output over a connection */

#include <tools/command.h>

#include <errno.h>
#include <string.h>
#include <tools/input.h>
#include <tools/options.h>
#include <tools/report.h>
#include <tools/stream.h>
#include <tools/units.h>
#include <unistd.h>

struct connect_options {
	const char *file;
	int timeout_ms;
	bool plain;
	const char *certificate;
	const char *key;
	const char *authority;
	const char *host;
};

#define FIELD(name) offsetof(struct connect_options, name)

static const struct nr_option options[] = {
	{"file", 'f', "PATH", "send PATH instead of standard input", nr_read_text,
	 FIELD(file)},
	{"timeout", 'w', "SECONDS", "wait so long for the connection, then end with 124",
	 nr_read_seconds, FIELD(timeout_ms)},
	{"plain", 'p', NULL, "an ordinary socket, no shared memory", NULL, FIELD(plain)},
	{"certificate", 0, "PATH", "tls: our own certificate, a PEM file", nr_read_text,
	 FIELD(certificate)},
	{"key", 0, "PATH", "tls: its key", nr_read_text, FIELD(key)},
	{"authority", 0, "PATH",
	 "tls: who must have signed the server's; default: the system's", nr_read_text,
	 FIELD(authority)},
	{"host", 0, "NAME", "tls: whom the server's must name; default: the URL's HOST",
	 nr_read_text, FIELD(host)},
	{0},
};

static int connect_to(struct nr_tool *tool, const char *url,
		      const struct connect_options *given,
		      struct naru_stream **ret_stream)
{
	struct naru_stream_options chosen =
		NARU_INIT(chosen, .flags = given->plain ? NARU_STREAM_PLAIN : 0,
			  .certificate = given->certificate, .key = given->key,
			  .authority = given->authority, .host = given->host);
	int r = naru_connect(tool->space, url, &chosen, given->timeout_ms, ret_stream);

	bool network = strncmp(url, "tcp:", 4) == 0 || strncmp(url, "tls:", 4) == 0;

	switch (-r) {
	case 0:
		return NR_OK;
	case EINVAL:
		return nr_failed("\"%s\" is no URL: local://NAME, unix:///PATH, "
				 "tcp://HOST:PORT or tls://HOST:PORT",
				 url);
	case ENOENT:
		if (network)
			return nr_failed("there is no host of that name: %s", url);
		/* fall through */
	case ECONNREFUSED:
		return nr_failed("nobody listens at %s; start: naru listen %s", url, url);
	case EACCES:
		return nr_failed("no permission to connect to %s; see the mode of the "
				 "socket's file with ls -l",
				 url);
	case EHOSTUNREACH:
	case ENETUNREACH:
		return nr_failed("%s cannot be reached", url);
	case EAGAIN:
		if (given->timeout_ms != 0)
			return nr_failed("the name of the host cannot be looked up just "
					 "now: %s",
					 url);
		return nr_stream_failed(url, -ETIMEDOUT);
	default:
		return nr_stream_failed(url, r);
	}
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct connect_options given = {.timeout_ms = -1};
	int first = nr_options_parse(tool, &nr_command_connect, argc, argv, &given);
	struct nr_carry carry = {.out = STDOUT_FILENO};
	struct nr_input input;
	int status;

	if (first <= 0)
		return -first;
	if (argc - first != 1)
		return nr_bad_usage(&nr_command_connect, "it takes one URL");
	status = nr_stream_begin(tool);
	if (status == NR_OK)
		status = nr_input_open(&input, given.file);
	if (status != NR_OK)
		return status;
	carry.url = argv[first];
	carry.in = input.fd;
	carry.in_name = input.name;
	carry.total = input.total;
	carry.stop = isatty(input.fd);
	status = connect_to(tool, carry.url, &given, &carry.stream);
	if (status == NR_OK)
		status = nr_carry(&carry);
	nr_input_close(&input);
	return status;
}

const struct nr_command nr_command_connect = {
	.name = "connect",
	.usage = "[OPTION...] URL",
	.summary = "connect to who listens at a URL, as nc(1) does",
	.text = "URL is local://NAME, unix:///PATH, tcp://HOST:PORT or tls://HOST:PORT. "
		"Standard\n"
		"input is sent, and what comes is printed, until both have ended.\n",
	.options = options,
	.run = run,
};
