/* SPDX-License-Identifier: MIT */

/* Whose is a connection over TCP from this machine, and who says he is somebody else */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/serving.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <unistd.h>

enum { USER = 54321 };

struct attack {
	int port;  /* of the server */
	int from;  /* to come from; 0: any */
	int said;  /* a pipe: all has been said */
	uid_t uid; /* to be */
	int expected;
};

static int socket_at(int port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					    .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	must(fd >= 0);
	must_be(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	must_be(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void connect_to(int fd, int port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					    .sin_port = htons((uint16_t)port)};

	must_be(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	must_be(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

static void say(int fd, unsigned verb, const void *body, size_t length)
{
	const struct nr_wire_frame frame = {.length = (uint32_t)length,
					    .verb = (uint16_t)verb};
	unsigned char bytes[128];

	memcpy(bytes, &frame, sizeof(frame));
	memcpy(bytes + sizeof(frame), body, length);
	length += sizeof(frame);
	must_be(send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static int hear(int fd)
{
	struct nr_wire_frame frame;
	unsigned char body[512];

	must_be(recv(fd, &frame, sizeof(frame), MSG_WAITALL), sizeof(frame));
	must(frame.length <= sizeof(body));
	must_be(recv(fd, body, frame.length, MSG_WAITALL), frame.length);
	return frame.value;
}

/* Says all there is to say, and that it says no more: its end is in FIN_WAIT. */
static int ask(void *data)
{
	static const struct {
		struct nr_wire_open open;
		char name[8];
	} body = {.open.name_length = 6, .name = "secret"};
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC, .lowest = 1, .highest = 1, .session = {1}};
	const struct attack *attack = data;
	int fd;

	must(setgid(attack->uid) == 0 && setuid(attack->uid) == 0);
	fd = socket_at(attack->from);
	connect_to(fd, attack->port);
	say(fd, NR_WIRE_HELLO, &hello, sizeof(hello));
	say(fd, NR_WIRE_OPEN, &body, sizeof(body));
	must_be(shutdown(fd, SHUT_WR), 0);
	must_be(write(attack->said, "", 1), 1);
	must_be(hear(fd), 0);
	must_be(hear(fd), attack->expected);
	return 0;
}

static void *run(void *server)
{
	must_be(nr_server_run(server), 0);
	return NULL;
}

/* The server looks at nothing before the client has said all. */
static void check(struct room *room, struct attack attack)
{
	const char *const urls[] = {"tcp://127.0.0.1:0", NULL};
	const struct nr_server_options options = {.urls = urls};
	struct nr_server *server;
	pthread_t thread;
	int pipes[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(nr_server_open(room->space, &options, &server), 0);
	attack.port = atoi(strrchr(nr_server_url(server, 0), ':') + 1);
	attack.said = pipes[1];
	child = child_start(ask, &attack);
	assert_int_equal(close(pipes[1]), 0);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	assert_int_equal(pthread_create(&thread, NULL, run, server), 0);
	assert_int_equal(child_await(child), 0);
	nr_server_stop(server);
	assert_int_equal(pthread_join(thread, NULL), 0);
	nr_server_close(server);
	close(pipes[0]);
}

/* A connection of root's to anything at all, from the port that the attacker takes. */
static void test_same_port(void **state)
{
	int listener, fd;

	if (geteuid() != 0)
		skip();
	naru_queue_close(room_queue(*state, "secret", 0, 0));
	listener = socket_at(0);
	assert_int_equal(listen(listener, 1), 0);
	fd = socket_at(0);
	connect_to(fd, port_of(listener));
	check(*state,
	      (struct attack){.from = port_of(fd), .uid = USER, .expected = -EACCES});
	check(*state, (struct attack){.from = port_of(fd), .uid = 0, .expected = 0});
	check(*state, (struct attack){.uid = USER, .expected = -EACCES});
	check(*state, (struct attack){.uid = 0, .expected = 0});
	close(fd);
	close(listener);
}

/* By IPv6 one is known as well, and by IPv6 that comes from IPv4. */
static void test_families(void **state)
{
	static const char *const urls[] = {"tcp://127.0.0.1:0", "tcp://[::1]:0",
					   "tcp://*:0"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct serving *serving = serving_start(*state, urls[i], NULL);
		int port = atoi(strrchr(serving->url, ':') + 1);
		struct lane lane;

		if (i == 2)
			/* From an IPv6 socket, to IPv4. */
			snprintf(serving->url, sizeof(serving->url),
				 "tcp://[::ffff:127.0.0.1]:%d", port);
		lane = lane_open_plain(serving, 1, 0, "q");
		assert_int_equal(lane_stat(&lane).uid, geteuid());
		lane_close(&lane);
		serving_stop(serving);
	}
}

/* Lines of addresses are about who comes by shared memory as well, if he comes to one. */
static void test_addresses(void **state)
{
	static const char lines[] = "deny address 127.0.0.0/8 all closed\n"
				    "allow address ::1 create,send six\n"
				    "allow address 127.0.0.1 all q closed\n";
	struct room *room = *state;
	char path[128];
	const struct nr_server_options options = {.access = path};
	FILE *file;

	snprintf(path, sizeof(path), "%s/.access", room->path);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(lines, sizeof(lines) - 1, 1, file), 1);
	assert_int_equal(fclose(file), 0);
	for (int i = 0; i < 2; i++) {
		struct serving *serving = serving_start(
			room, i ? "local://serve" : "tcp://127.0.0.1:0", &options);
		struct lane lane = lane_open(serving, 0, 1, 0);
		int expected = i ? -EACCES : 0;

		assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "q"), expected);
		assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "six"), expected);
		assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "closed"),
				 -EACCES);
		/* Who may look at nothing may not have the space searched. */
		lane_say(&lane, NR_WIRE_LIST, 0, 0, NULL, 0);
		assert_int_equal(lane_hear_value(&lane), i ? -EACCES : 1);
		lane_say(&lane, NR_WIRE_SPACE, 0, 0, NULL, 0);
		assert_int_equal(lane_hear_value(&lane), i ? -EACCES : 0);
		lane_close(&lane);
		serving_stop(serving);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_same_port),
		in_a_room(test_families),
		in_a_room(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
