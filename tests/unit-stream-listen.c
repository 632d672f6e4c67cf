/* SPDX-License-Identifier: MIT */

/* Listening and connecting: names, who is refused, who is passed over, other programs. */

#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/place.h>
#include <support/transport.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

static struct naru_listener *listen_at(struct room *room, const char *url)
{
	struct naru_listener *listener = NULL;

	must_be(naru_listen(room->space, url, NULL, &listener), 0);
	return listener;
}

static int try_listen(struct room *room, const char *url)
{
	struct naru_listener *listener = NULL;
	int r = naru_listen(room->space, url, NULL, &listener);

	naru_listener_close(listener);
	return r;
}

static int try_connect(struct room *room, const char *url)
{
	struct naru_stream *stream = NULL;
	int r = naru_connect(room->space, url, NULL, WAIT_MS, &stream);

	naru_stream_close(stream);
	return r;
}

/* Sockets, and what else there is but the space's own. */
static int count_names(struct room *room)
{
	DIR *directory = opendir(room->path);
	struct dirent *entry;
	int count = 0;

	must(directory);
	while ((entry = readdir(directory)))
		count += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0 &&
			 strcmp(entry->d_name, ".peers") != 0 &&
			 strcmp(entry->d_name, ".deaths") != 0;
	closedir(directory);
	return count;
}

static const char *unix_url(struct room *room)
{
	static char url[128];

	snprintf(url, sizeof(url), "unix://%s/socket", room->path);
	return url;
}

static void test_urls(void **state)
{
	static const char *const bad[] = {
		"",
		"local",
		"local:x",
		"local://",
		"local://.x",
		"local://a/b",
		"unix://x",
		"unix:///",
		"unix:///tmp/",
		"unix:///tmp/..",
		"http://a:1",
		"tcp://host",
		"tcp://:1",
		"tcp://host:",
		"tcp://host:65536",
		"tcp://host:x",
		"tcp://::1:8",
		"tcp://[::1:8",
		"tcp://a b:1",
		"tcp://[]:1",
		"tls://host",
		"tcp://u@host:1",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(try_connect(*state, bad[i]), -EINVAL);
		assert_int_equal(try_listen(*state, bad[i]), -EINVAL);
	}
	/* A server of TLS needs a certificate. */
	assert_int_equal(try_listen(*state, "tls://127.0.0.1:0"), -EINVAL);
}

static void test_names(void **state)
{
	struct room *room = *state;
	char url[sizeof("local://") + NARU_NAME_MAX] = "local://";
	static const char *const urls[] = {"tcp://127.0.0.1:0", "tcp://[::1]:0",
					   "tcp://*:0", "local://name"};
	struct naru_listener *listener;

	/* As long as a name may be. */
	memset(url + strlen(url), 'n', NARU_NAME_MAX);
	listener = listen_at(room, url);
	assert_string_equal(naru_listener_url(listener), url);
	assert_int_equal(try_connect(room, url), 0);
	assert_int_equal(try_connect(room, "local://other"), -ENOENT);
	naru_listener_close(listener);
	assert_int_equal(try_connect(room, url), -ENOENT);
	for (int i = 0; i < 4; i++) {
		listener = listen_at(room, urls[i]);
		assert_int_equal(try_listen(room, naru_listener_url(listener)),
				 -EADDRINUSE);
		naru_listener_close(listener);
	}
	assert_int_equal(count_names(room), 0);
	assert_int_equal(try_listen(room, "tcp://192.0.2.1:0"), -EADDRNOTAVAIL);
}

static void test_unix(void **state)
{
	struct room *room = *state;
	struct naru_stream_options options = NARU_INIT(options, .mode = 0640);
	struct naru_listener *listener;

	assert_int_equal(try_connect(room, unix_url(room)), -ENOENT);
	assert_int_equal(naru_listen(room->space, unix_url(room), &options, &listener),
			 0);
	assert_int_equal(mode_of(in(room, "socket")), 0640);
	assert_int_equal(count_names(room), 2);
	assert_int_equal(try_listen(room, unix_url(room)), -EADDRINUSE);
	naru_listener_close(listener);
	assert_int_equal(count_names(room), 0);
	/* What is no socket is left alone. */
	fclose(fopen(in(room, "socket"), "w"));
	assert_int_equal(try_listen(room, unix_url(room)), -EEXIST);
	assert_int_equal(try_connect(room, unix_url(room)), -ECONNREFUSED);
	assert_int_equal(count_names(room), 1);
	assert_int_equal(try_listen(room, "unix:///nowhere/at/all"), -ENOENT);
}

struct listening {
	struct room *room;
	const char *url;
};

static int listen_and_die(void *data)
{
	struct listening *listening = data;

	listen_at(listening->room, listening->url);
	raise(SIGKILL);
	return 0;
}

/* What a dead process has left is refused, then replaced. */
static void test_stale(void **state)
{
	struct room *room = *state;
	const char *urls[] = {"local://name", unix_url(room)};

	for (int i = 0; i < 2; i++) {
		struct listening listening = {room, urls[i]};
		struct naru_listener *listener;

		assert_int_equal(child_run(listen_and_die, &listening), 128 + SIGKILL);
		assert_int_equal(try_connect(room, urls[i]), -ECONNREFUSED);
		listener = listen_at(room, urls[i]);
		assert_int_equal(try_connect(room, urls[i]), 0);
		naru_listener_close(listener);
	}
}

static int close_listener(void *data)
{
	naru_listener_close(data);
	return 0;
}

static void test_fork(void **state)
{
	struct naru_listener *listener = listen_at(*state, "local://name");

	assert_int_equal(child_run(close_listener, listener), 0);
	assert_int_equal(try_connect(*state, "local://name"), 0);
	naru_listener_close(listener);
}

/* What is written, and even ended, before anybody accepts. */
static void test_early(void **state)
{
	for (int i = 0; i < transports_count; i++) {
		struct naru_listener *listener;
		struct naru_stream *early, *stream;
		char buffer[8];

		if (transports[i].tls)
			continue;
		listener = transport_listen(*state, &transports[i]);
		early = transport_dial(*state, &transports[i],
				       naru_listener_url(listener));
		write_all(early, "early", 5);
		naru_stream_close(early);
		assert_int_equal(naru_accept(listener, WAIT_MS, &stream), 0);
		read_all(stream, buffer, 5);
		assert_memory_equal(buffer, "early", 5);
		assert_int_equal(naru_stream_read(stream, buffer, 8, -1), 0);
		naru_stream_close(stream);
		naru_listener_close(listener);
	}
}

static void test_waiting(void **state)
{
	struct naru_listener *listener = listen_at(*state, "local://name");
	struct naru_stream *client, *server;
	int fd = naru_listener_fd(listener);

	assert_int_equal(naru_accept(listener, 0, &server), -EAGAIN);
	assert_int_equal(naru_accept(listener, 5, &server), -ETIMEDOUT);
	assert_false(is_ready(fd));
	assert_int_equal(naru_connect(((struct room *)*state)->space, "local://name",
				      NULL, 0, &client),
			 0);
	assert_true(becomes_ready(fd));
	assert_int_equal(naru_accept(listener, 0, &server), 0);
	assert_false(is_ready(fd));
	naru_stream_close(client);
	naru_stream_close(server);
	naru_listener_close(listener);
}

/* A socket that is connected by the system calls alone. */
static int raw_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && strlen(path) < sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	must_be(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int raw_tcp(const char *url)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	must_be(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A program that knows nothing of naru gets the bytes, and none but them. */
static void test_others(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 2; i++) {
		struct naru_listener *listener =
			listen_at(room, i ? "tcp://127.0.0.1:0" : unix_url(room));
		struct naru_stream *stream;
		char buffer[16];
		int fd = i ? raw_tcp(naru_listener_url(listener))
			   : raw_unix(in(room, "socket"));

		assert_int_equal(naru_accept(listener, WAIT_MS, &stream), 0);
		write_all(stream, "to you", 6);
		assert_int_equal(recv(fd, buffer, 6, MSG_WAITALL), 6);
		assert_memory_equal(buffer, "to you", 6);
		assert_int_equal(recv(fd, buffer, 1, MSG_DONTWAIT), -1);
		assert_int_equal(send(fd, "to me", 5, 0), 5);
		read_all(stream, buffer, 5);
		naru_stream_close(stream);
		assert_int_equal(recv(fd, buffer, 1, 0), 0);
		close(fd);
		naru_listener_close(listener);
	}
}

/* And a server that knows nothing of naru does. */
static void test_other_server(void **state)
{
	struct room *room = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	struct naru_stream *stream;
	char buffer[16];

	strcpy(address.sun_path, in(room, "socket"));
	must_be(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	must_be(listen(listener, 1), 0);
	assert_int_equal(try_listen(room, unix_url(room)), -EADDRINUSE);
	assert_int_equal(naru_connect(room->space, unix_url(room), NULL, -1, &stream), 0);
	fd = accept(listener, NULL, NULL);
	write_all(stream, "hello", 5);
	assert_int_equal(recv(fd, buffer, 16, 0), 5);
	close(fd);
	assert_int_equal(naru_stream_read(stream, buffer, 1, -1), 0);
	naru_stream_close(stream);
	close(listener);
}

/* Who connects and says nothing, or nonsense, or goes, does not keep the others off. */
static void test_silent(void **state)
{
	struct room *room = *state;
	struct naru_listener *listener = listen_at(room, "local://name");
	struct naru_stream *client, *server;
	int silent[100], mad = raw_unix(in(room, ".name.sock"));

	for (int i = 0; i < 100; i++)
		silent[i] = raw_unix(in(room, ".name.sock"));
	assert_int_equal(send(mad, "GET / HTTP/1.0\r\n\r\nabcdefghijk", 29, 0), 29);
	close(raw_unix(in(room, ".name.sock")));
	assert_int_equal(naru_accept(listener, 0, &server), -EAGAIN);
	assert_int_equal(naru_connect(room->space, "local://name", NULL, -1, &client), 0);
	assert_int_equal(naru_accept(listener, WAIT_MS, &server), 0);
	write_all(client, "x", 1);
	naru_stream_close(client);
	naru_stream_close(server);
	for (int i = 0; i < 100; i++)
		close(silent[i]);
	close(mad);
	naru_listener_close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_urls),	      in_a_room(test_names),
		in_a_room(test_unix),	      in_a_room(test_stale),
		in_a_room(test_fork),	      in_a_room(test_early),
		in_a_room(test_waiting),      in_a_room(test_others),
		in_a_room(test_other_server), in_a_room(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
