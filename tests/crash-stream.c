/* SPDX-License-Identifier: MIT */

/*
 * Let one end of a stream die after each instruction of a call. The other end reads what
 * was written before, whole calls wholly, and then the end; or it goes on. By default it
 * is a sample of the instructions; NARU_CRASH_STRIDE=1 is all of them.
 */

#include "asleep.h"
#include "trace.h"

#include <errno.h>
#include <naru/stream.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 20000, REPORTS = 8, LENGTH = 100, WRITES = 2, TOTAL = 1 << 18 };

struct crash_case {
	const char *name;
	bool plain;	   /* over an ordinary socket */
	void (*run)(void); /* what the victim does */
	int (*survive)(void *data);
	bool sleeping;	/* the survivor sleeps before the victim begins */
	bool listens;	/* the victim has no stream yet */
	bool connected; /* but somebody has connected to it */
	unsigned stride;
};

static struct naru_space *space;
static struct naru_listener *listener;
static struct naru_stream *client, *server;
static unsigned char bytes[TOTAL];
static const struct crash_case *this;

static unsigned char byte_at(size_t position)
{
	return (unsigned char)(position * 7 + 1);
}

static void run_write(void)
{
	for (int i = 0; i < WRITES; i++) {
		if (naru_stream_write(client, bytes + i * LENGTH, LENGTH, -1) != LENGTH)
			_exit(1);
		trace_page->progress++;
	}
}

static void run_shutdown(void)
{
	run_write();
	naru_stream_shutdown(client);
}

static void run_commit(void)
{
	void *place;

	for (int i = 0; i < WRITES; i++) {
		if (naru_stream_reserve(client, LENGTH, -1, &place) < LENGTH)
			_exit(1);
		memcpy(place, bytes + i * LENGTH, LENGTH);
		naru_stream_commit(client, LENGTH, -1);
		trace_page->progress++;
	}
}

static void run_close(void)
{
	run_write();
	naru_stream_close(client);
}

static void run_connect(void)
{
	if (naru_connect(space, "local://crash", NULL, -1, &client) == 0)
		run_write();
}

static void read_some(struct naru_stream *stream)
{
	unsigned char buffer[LENGTH];

	for (int i = 0; i < WRITES; i++)
		naru_stream_read(stream, buffer, sizeof(buffer), -1);
}

static void run_read(void)
{
	read_some(client);
}

static void run_accept(void)
{
	if (naru_accept(listener, 0, &server) == 0)
		read_some(server);
}

static void run_listen(void)
{
	naru_listener_close(listener);
	listener = NULL;
	if (naru_listen(space, "local://crash", NULL, &listener) == 0)
		naru_listener_close(listener);
}

/* Bytes up to the end, of which there must be those of whole writes. */
static int read_to_end(struct naru_stream *stream)
{
	unsigned char buffer[LENGTH];
	size_t done = 0;
	ssize_t n;

	while ((n = naru_stream_read(stream, buffer, sizeof(buffer), -1)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buffer[i] != byte_at(done + (size_t)i))
				trace_complain("byte %zu is wrong", done + (size_t)i);
		done += (size_t)n;
	}
	if (n < 0)
		trace_complain("it ends with %zd", n);
	if (done < trace_page->progress * LENGTH)
		trace_complain("of %u writes there are %zu bytes", trace_page->progress,
			       done);
	if (done % LENGTH != 0 && !this->plain)
		trace_complain("there are %zu bytes", done);
	n = naru_stream_write(stream, "x", 1, LIMIT_MS);
	if (n != -EPIPE && n != -ECONNRESET && n != 1)
		trace_complain("a write says %zd", n);
	return trace_page->text[0] != 0;
}

static int survive_reading(void *data)
{
	(void)data;
	client = naru_stream_close(client);
	return read_to_end(server);
}

/* More than there is room for: somebody must say that nobody reads. */
static int survive_writing(void *data)
{
	ssize_t n;

	(void)data;
	client = naru_stream_close(client);
	do
		n = naru_stream_write(server, bytes, TOTAL, LIMIT_MS);
	while (n > 0);
	if (n != -EPIPE && n != -ECONNRESET)
		trace_complain("a write says %zd", n);
	return trace_page->text[0] != 0;
}

/* One of ours connects, and is served. */
static void serve_another(void)
{
	struct naru_stream *one, *other;
	char buffer[8];

	if (naru_connect(space, "local://crash", NULL, LIMIT_MS, &one) < 0 ||
	    naru_accept(listener, LIMIT_MS, &other) < 0 ||
	    naru_stream_write(one, "again", 5, -1) != 5 ||
	    naru_stream_read(other, buffer, 8, LIMIT_MS) != 5)
		trace_complain("nobody is served any more");
}

static int survive_connect(void *data)
{
	(void)data;
	if (naru_accept(listener, 0, &server) == 0)
		read_to_end(server);
	else if (trace_page->progress > 0)
		trace_complain("the connection is lost");
	serve_another();
	return trace_page->text[0] != 0;
}

/* It was accepted, and is gone, or was not, and is there. */
static int survive_accept(void *data)
{
	char byte;
	ssize_t n;

	(void)data;
	if (naru_accept(listener, 0, &server) == 0) {
		n = naru_stream_read(server, &byte, 1, LIMIT_MS);
		if (n != 1)
			trace_complain("a read says %zd", n);
		naru_stream_close(server);
	}
	n = naru_stream_read(client, &byte, 1, LIMIT_MS);
	if (n != 0 && n != -ECONNRESET)
		trace_complain("the other end says %zd", n);
	naru_stream_close(client);
	serve_another();
	return trace_page->text[0] != 0;
}

static int survive_listen(void *data)
{
	int r;

	(void)data;
	r = naru_listen(space, "local://crash", NULL, &listener);
	if (r < 0)
		trace_complain("the name is lost: %s", naru_error_text(r));
	else
		serve_another();
	return trace_page->text[0] != 0;
}

static const struct crash_case cases[] = {
	{"write", .run = run_write, .survive = survive_reading, .stride = 5},
	{"write to a sleeper", .run = run_write, .survive = survive_reading,
	 .sleeping = true, .stride = 7},
	{"write, plain", .plain = true, .run = run_write, .survive = survive_reading,
	 .sleeping = true, .stride = 3},
	{"commit", .run = run_commit, .survive = survive_reading, .sleeping = true,
	 .stride = 7},
	{"shutdown", .run = run_shutdown, .survive = survive_reading, .sleeping = true,
	 .stride = 29},
	{"close", .run = run_close, .survive = survive_reading, .sleeping = true,
	 .stride = 47},
	{"read", .run = run_read, .survive = survive_writing, .sleeping = true,
	 .stride = 13},
	{"connect", .run = run_connect, .survive = survive_connect, .listens = true,
	 .stride = 149},
	{"accept", .run = run_accept, .survive = survive_accept, .listens = true,
	 .connected = true, .stride = 61},
	{"listen", .run = run_listen, .survive = survive_listen, .listens = true,
	 .stride = 601},
};

static bool prepare(void *data)
{
	(void)data;
	if (this->run == run_accept)
		client = naru_stream_close(client);
	if (!this->listens)
		server = naru_stream_close(server);
	if (this->run == run_connect || this->run == run_accept)
		return true;
	if (this->run == run_listen)
		return naru_listen(space, "local://crash", NULL, &listener) == 0;
	return true;
}

static void run(void *data)
{
	(void)data;
	this->run();
}

static void set_up(void)
{
	struct naru_stream_options options =
		NARU_INIT(options, .flags = this->plain ? NARU_STREAM_PLAIN : 0);

	if (this->run == run_listen)
		return;
	if (naru_listen(space, "local://crash", NULL, &listener) < 0)
		exit(1);
	if (this->listens && !this->connected)
		return;
	if (naru_connect(space, "local://crash", &options, -1, &client) < 0 ||
	    (!this->listens && naru_accept(listener, -1, &server) < 0))
		exit(1);
	/* What a reading victim reads. */
	if (this->run == run_read)
		naru_stream_write(server, bytes, WRITES * LENGTH, -1);
	if (this->connected)
		naru_stream_write(client, bytes, WRITES * LENGTH, -1);
}

static void clear(void)
{
	client = naru_stream_close(client);
	server = naru_stream_close(server);
	listener = naru_listener_close(listener);
}

static void await_sleep(pid_t pid)
{
	while (!asleep(pid))
		sched_yield();
}

/* Let the victim die at @point. False: it was through before. */
static bool die_at(unsigned long point, unsigned *failures)
{
	const struct trace_victim victim = {prepare, run, NULL, NULL};
	struct trace trace;
	pid_t survivor = 0;
	bool more = true;

	set_up();
	if (!trace_start(&trace, &victim))
		exit(1);
	if (this->sleeping) {
		survivor = trace_survive_start(this->survive, NULL, LIMIT_MS);
		client = naru_stream_close(client);
		await_sleep(survivor);
	}
	while (more && trace.steps < point)
		more = trace_step(&trace);
	trace_kill(&trace);
	if (!this->sleeping)
		survivor = trace_survive_start(this->survive, NULL, LIMIT_MS);
	/* Only the survivor has the other end from here on. */
	client = naru_stream_close(client);
	server = naru_stream_close(server);
	if (trace_survive_wait(survivor) != 0 && ++*failures < REPORTS)
		printf("  %s, killed at point %lu: %s\n", this->name, point,
		       trace_page->text);
	clear();
	return more;
}

int main(int count, char **arguments)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0), all = 0;

	trace_begin();
	if (naru_space_open(trace_directory(), NULL, &space) < 0)
		return 1;
	for (size_t i = 0; i < TOTAL; i++)
		bytes[i] = byte_at(i);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned long point = 0, points = 0;
		unsigned failures = 0;

		this = &cases[i];
		if (count > 1 && strcmp(this->name, arguments[1]) != 0)
			continue;
		while (die_at(point, &failures)) {
			point += stride ? stride : this->stride;
			points++;
		}
		printf("%s: %lu killed%s\n", this->name, points,
		       failures ? "; FAILED" : "");
		all += failures;
	}
	return all > 0;
}
