/* SPDX-License-Identifier: MIT */
#include <server/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/served.h>
#include <support/transport.h>
#include <unistd.h>

static struct nr_server *server;

static void stop(int signal)
{
	(void)signal;
	nr_server_stop(server);
}

static void log_line(void *data, const char *line)
{
	(void)data;
	if (getenv("SERVED_LOG"))
		fprintf(stderr, "server: %s\n", line);
}

struct start {
	const struct served *served;
	int tells;
};

static int run(void *data)
{
	const struct start *start = data;
	const struct served *served = start->served;
	const char *urls[] = {served->url, NULL};
	struct naru_stream_options stream = NARU_INIT(stream, .flags = 0);
	const struct nr_server_options options = {
		.urls = urls,
		.stream = &stream,
		.grace_ms = served->grace_ms,
		.frame_max = served->frame_max,
		.log = log_line,
	};
	struct naru_space *space;
	const char *url;

	if (strncmp(served->url, "tls://", 6) == 0) {
		stream.authority = certificate("authority.pem");
		stream.certificate = certificate("server.pem");
		stream.key = certificate("server.key");
	}
	must_be(naru_space_open(served->path, NULL, &space), 0);
	must_be(nr_server_open(space, &options, &server), 0);
	signal(SIGTERM, stop);
	url = nr_server_url(server, 0);
	must(write(start->tells, url, strlen(url)) == (ssize_t)strlen(url));
	close(start->tells);
	must_be(nr_server_run(server), 0);
	nr_server_close(server);
	naru_space_close(space);
	return 0;
}

void served_again(struct served *served)
{
	struct start start = {.served = served};
	int pipe_[2];
	ssize_t n;

	must(pipe(pipe_) == 0);
	start.tells = pipe_[1];
	served->pid = child_start(run, &start);
	close(pipe_[1]);
	n = read(pipe_[0], served->url, sizeof(served->url) - 1);
	must(n > 0);
	served->url[n] = '\0';
	close(pipe_[0]);
}

void served_start(struct served *served, const char *path, const char *url)
{
	snprintf(served->path, sizeof(served->path), "%s", path);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(served->url, sizeof(served->url), url, path);
#pragma GCC diagnostic pop
	if (strncmp(url, "tls://", 6) == 0) {
		setenv("NARU_TLS_AUTHORITY", certificate("authority.pem"), 1);
		setenv("NARU_TLS_CERTIFICATE", certificate("client.pem"), 1);
		setenv("NARU_TLS_KEY", certificate("client.key"), 1);
	}
	served_again(served);
}

void served_kill(struct served *served)
{
	child_kill(served->pid);
}

void served_stop(struct served *served)
{
	must(kill(served->pid, SIGTERM) == 0);
	must_be(child_await(served->pid), 0);
}

const char *served_queue(const struct served *served, const char *name)
{
	static char urls[4][256];
	static int next;
	char *url = urls[next++ % 4];
	const char *mark = strncmp(served->url, "unix:", 5) == 0 ? "#" : "/";

	snprintf(url, sizeof(urls[0]), "%s%s%s", served->url, mark, name);
	return url;
}
