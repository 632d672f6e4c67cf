/* SPDX-License-Identifier: MIT */

/* Sockets that somebody else has opened, and TLS with certificates as names */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <support/serving.h>
#include <support/transport.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int listen_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void test_descriptors(void **state)
{
	struct room *room = *state;

	for (int i = 0; i < 2; i++) {
		char path[128], url[32];
		struct serving *serving;
		struct lane lane;
		int fd;

		snprintf(path, sizeof(path), "%s/socket", room->path);
		fd = i == 0 ? listen_unix(path) : listen_tcp();
		snprintf(url, sizeof(url), "fd://%d", fd);
		serving = serving_start(room, url, NULL);
		assert_memory_equal(serving->url, i == 0 ? "unix:///" : "tcp://127.", 8);
		lane = lane_open_queue(serving, (uint64_t)i + 1, 0, "q");
		assert_int_equal(lane_send(&lane, 1, 1, "hello"), 1);
		lane_close(&lane);
		serving_stop(serving);
		/* It was the listener's. */
		assert_int_equal(close(fd), -1);
	}
}

static int try_listen(struct room *room, const char *url)
{
	struct naru_listener *listener;
	int r = naru_listen(room->space, url, NULL, &listener);

	if (r == 0)
		naru_listener_close(listener);
	return r;
}

static void test_no_listeners(void **state)
{
	struct naru_stream *stream;
	char url[32];
	int pair[2], fd;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	snprintf(url, sizeof(url), "fd://%d", pair[0]);
	assert_int_equal(try_listen(*state, url), -EBADF);
	close(pair[1]);
	/* It is the caller's as before. */
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(try_listen(*state, url), -EBADF);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	snprintf(url, sizeof(url), "fd://%d", fd);
	assert_int_equal(try_listen(*state, url), -EBADF);
	assert_int_equal(close(fd), 0);
	assert_int_equal(try_listen(*state, "fd://"), -EINVAL);
	assert_int_equal(try_listen(*state, "fd://-1"), -EINVAL);
	assert_int_equal(try_listen(*state, "fd://3x"), -EINVAL);
	assert_int_equal(try_listen(*state, "fd://99999999999"), -EINVAL);
	assert_int_equal(
		naru_connect(((struct room *)*state)->space, "fd://3", NULL, 0, &stream),
		-EINVAL);
}

/* Whom the certificate names may what the lines say of that name, and nobody else. */
static void test_certificates(void **state)
{
	const struct transport *tls = &transports[transports_count - 1];
	struct room *room = *state;
	struct serving *serving;
	static char path[128];
	struct lane lane = {0};
	FILE *file;

	snprintf(path, sizeof(path), "%s/.access", room->path);
	for (int i = 0; i < 2; i++) {
		struct naru_stream_options options =
			NARU_INIT(options, .certificate = certificate("server.pem"),
				  .key = certificate("server.key"),
				  .authority = certificate("authority.pem"));
		struct nr_server_options chosen = {.stream = &options, .access = path};
		const struct nr_wire_hello hello = {.magic = NR_WIRE_MAGIC,
						    .lowest = 1,
						    .highest = 1,
						    .session = {(uint64_t)i + 1}};

		file = fopen(path, "w");
		fprintf(file, "allow certificate %s all q\n",
			i == 0 ? "*client*" : "*other*");
		fclose(file);
		serving = serving_start(room, tls->url, &chosen);
		lane.stream = transport_dial(room, tls, serving->url);
		lane_say(&lane, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
		assert_int_equal(lane_hear_value(&lane), 0);
		assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "q"),
				 i == 0 ? 0 : -EACCES);
		if (i == 0)
			assert_int_equal(lane_send(&lane, 1, 1, "hello"), 1);
		lane_close(&lane);
		serving_stop(serving);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_descriptors),
		in_a_room(test_no_listeners),
		in_a_room(test_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
