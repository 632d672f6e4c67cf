/* SPDX-License-Identifier: MIT */

/* Sockets of listeners that have died are found, and removed; others are left alone. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/transport.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct found {
	char object[4][64];
	bool repaired[4];
	int count;
};

static void keep(void *data, const struct naru_finding *finding)
{
	struct found *found = data;

	must(finding->severity == NARU_SEVERITY_NOTICE);
	must(finding->object && found->count < 4);
	snprintf(found->object[found->count], sizeof(found->object[0]), "%s",
		 finding->object);
	found->repaired[found->count++] = finding->repaired;
}

static struct found check(struct room *room, int flags)
{
	struct found found = {.count = 0};

	assert_int_equal(naru_space_check(room->space, flags, keep, &found), 0);
	return found;
}

static int listen_and_die(void *data)
{
	struct room *room = data;
	struct naru_listener *listener;

	must_be(naru_listen(room->space, "local://dead", NULL, &listener), 0);
	/* As a kill leaves it: without naru_listener_close(). */
	_exit(0);
}

static void finds_the_dead(void **state)
{
	struct room *room = *state;
	struct found found;

	assert_int_equal(child_run(listen_and_die, room), 0);
	found = check(room, 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.object[0], ".dead.sock");
	assert_false(found.repaired[0]);
	found = check(room, NARU_CHECK_REPAIR);
	assert_int_equal(found.count, 1);
	assert_true(found.repaired[0]);
	assert_int_equal(check(room, 0).count, 0);
}

static void leaves_the_living(void **state)
{
	struct room *room = *state;
	struct naru_listener *listener;
	struct naru_stream *client;

	must_be(naru_listen(room->space, "local://alive", NULL, &listener), 0);
	assert_int_equal(check(room, NARU_CHECK_REPAIR).count, 0);
	assert_int_equal(naru_connect(room->space, "local://alive", NULL, -1, &client),
			 0);
	naru_stream_close(client);
	naru_listener_close(listener);
}

/* A socket's file, whose socket is closed. */
static void leave_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	must_be(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* It may be about to listen, unless that was long ago. */
static void young_ones_are_left(void **state)
{
	struct room *room = *state;
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct found found;
	char path[100];

	snprintf(path, sizeof(path), "%s/.new-1-1", room->path);
	leave_socket(path);
	assert_int_equal(check(room, NARU_CHECK_REPAIR).count, 0);
	must_be(utimensat(AT_FDCWD, path, old, 0), 0);
	found = check(room, NARU_CHECK_REPAIR);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.object[0], ".new-1-1");
	assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(finds_the_dead),
		in_a_room(leaves_the_living),
		in_a_room(young_ones_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
