/* SPDX-License-Identifier: MIT */

/* Who may do what: the lines of the file, the permissions of files, and what is said */

#include <ifaddrs.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/serving.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USER = 54321 };

static struct serving *serve_lines(struct room *room, const char *url, const char *lines)
{
	struct nr_server_options options = {.access = serving_write_access(room, lines)};

	return serving_start(room, url, &options);
}

/* The answer is that error, and these words are in it. */
static void hear_denied(struct lane *lane, const char *words)
{
	struct heard heard = lane_hear(lane);

	must_be(heard.frame.value, -EACCES);
	if (!strstr((char *)heard.body, words)) {
		fprintf(stderr, "%s\n", (char *)heard.body);
		must_fail(__FILE__, __LINE__, words, 0, "it is not said");
	}
}

static void say_name(struct lane *lane, unsigned verb, const char *name)
{
	struct nr_wire_open open = {0};
	struct nr_wire_remove remove = {0};

	if (verb == NR_WIRE_OPEN)
		lane_say_name(lane, verb, NR_WIRE_CREATE, &open, sizeof(open),
			      &open.name_length, name);
	else
		lane_say_name(lane, verb, 0, &remove, sizeof(remove), &remove.name_length,
			      name);
}

/* Each verb against a right of its own. */
static void test_verbs(void **state)
{
	static const struct {
		unsigned verb;
		const char *right;
		size_t length;
		unsigned char body[64];
	} cases[] = {
		{NR_WIRE_SEND, "send", sizeof(struct nr_wire_send), {0}},
		{NR_WIRE_TAKE, "receive", sizeof(struct nr_wire_take), {0}},
		{NR_WIRE_RELEASE, "receive", sizeof(struct nr_wire_release), {0}},
		{NR_WIRE_LOOK, "look", sizeof(struct nr_wire_look), {0}},
		{NR_WIRE_STAT, "look", 0, {0}},
		{NR_WIRE_SET, "set", sizeof(struct nr_wire_set), {0}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char lines[256], said[128];
		struct serving *serving;
		struct lane lane;

		snprintf(lines, sizeof(lines),
			 "# all but one\ndeny anyone %s other q\nallow anyone all q\n",
			 cases[i].right);
		serving = serve_lines(*state, "tcp://127.0.0.1:0", lines);
		lane = lane_open_queue(serving, 1, 0, "q");
		lane_say(&lane, cases[i].verb, 0, 0, cases[i].body, cases[i].length);
		snprintf(said, sizeof(said), "may not %s q: line 2 of", cases[i].right);
		hear_denied(&lane, said);
		/* Others are let through, to whatever is wrong with them. */
		for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
			if (strcmp(cases[i].right, cases[j].right) == 0)
				continue;
			lane_say(&lane, cases[j].verb, 0, 0, cases[j].body,
				 cases[j].length);
			assert_int_not_equal(lane_hear_value(&lane), -EACCES);
		}
		lane_close(&lane);
		serving_stop(serving);
	}
}

static void test_names(void **state)
{
	struct room *room = *state;
	struct serving *serving = serve_lines(room, "tcp://127.0.0.1:0",
					      "allow anyone send,create made-*\n"
					      "allow anyone remove,look shown\n");
	struct lane lane = lane_open(serving, 0, 1, 0);
	struct heard heard;

	naru_queue_close(room_queue(room, "shown", 0, 0));
	naru_queue_close(room_queue(room, "hidden", 0, 0));
	say_name(&lane, NR_WIRE_OPEN, "made-1");
	assert_int_equal(lane_hear_value(&lane), 0);
	say_name(&lane, NR_WIRE_OPEN, "unmade");
	hear_denied(&lane, "may not create unmade: no line of");
	say_name(&lane, NR_WIRE_OPEN, "hidden");
	hear_denied(&lane, "may not use hidden: no line of");
	say_name(&lane, NR_WIRE_REMOVE, "made-1");
	hear_denied(&lane, "may not remove made-1: no line of");
	lane_say(&lane, NR_WIRE_LIST, 0, 0, NULL, 0);
	heard = lane_hear(&lane);
	assert_int_equal(heard.frame.value, 1);
	assert_memory_equal(heard.body + sizeof(struct nr_wire_entry), "shown", 5);
	say_name(&lane, NR_WIRE_REMOVE, "shown");
	assert_int_equal(lane_hear_value(&lane), 0);
	/* And whoever runs the server is told. */
	assert_true(serving_said(serving, "may not create unmade: no line of"));
	lane_close(&lane);
	serving_stop(serving);
}

/* A file that was changed holds when the server is told; a broken one does not. */
static void test_reload(void **state)
{
	struct room *room = *state;
	struct serving *serving =
		serve_lines(room, "tcp://127.0.0.1:0", "allow anyone all *\n");
	struct lane lane = lane_open_queue(serving, 1, 0, "q");

	serving_write_access(room, "deny everyone all *\n");
	nr_server_reload(serving->server);
	while (!serving_said(serving, "what was read before holds"))
		assert_int_equal(lane_stat(&lane).messages, 0);
	assert_int_equal(lane_send(&lane, 1, 1, "a"), 1);
	serving_write_access(room, "deny anyone send *\nallow anyone all *\n");
	nr_server_reload(serving->server);
	while (!serving_said(serving, "is read again"))
		assert_int_equal(lane_stat(&lane).messages, 1);
	lane_say_send(&lane, 0, 0, 2, 1, "b");
	hear_denied(&lane, "line 1 of");
	lane_close(&lane);
	serving_stop(serving);
	/* At the beginning a broken one is a reason not to begin. */
	const char *urls[] = {"local://other", NULL};
	struct nr_server_options options = {
		.urls = urls, .access = serving_write_access(room, "nonsense\n")};
	struct nr_server *server;

	assert_int_equal(nr_server_open(room->space, &options, &server), -EINVAL);
}

static void test_patterns(void **state)
{
	const char *const patterns[] = {"a*", "b", NULL};
	const struct nr_server_options options = {.patterns = patterns};
	struct serving *serving = serving_start(*state, "tcp://127.0.0.1:0", &options);
	struct lane lane = lane_open(serving, 0, 1, 0);

	say_name(&lane, NR_WIRE_OPEN, "abc");
	assert_int_equal(lane_hear_value(&lane), 0);
	say_name(&lane, NR_WIRE_OPEN, "b");
	assert_int_equal(lane_hear_value(&lane), 0);
	say_name(&lane, NR_WIRE_OPEN, "bc");
	hear_denied(&lane, "queues of such names are not served here");
	lane_close(&lane);
	serving_stop(serving);
}

struct user {
	struct serving *serving;
	uint32_t flags;
};

/* As another user; what is another's stays so, and what is for all is not. */
static int be_user(void *data)
{
	const struct user *user = data;
	struct nr_wire_set set = {.mode = 0600};
	struct lane lane;

	must(setgid(USER) == 0 && setuid(USER) == 0);
	lane = lane_open(user->serving, user->flags, user->flags + 1, 0);
	say_name(&lane, NR_WIRE_OPEN, "private");
	hear_denied(&lane, "may not use private: its permissions do not allow it");
	must_be(lane_open_name(&lane, 0, "half"), -EACCES);
	/* Nobody knows a group of a user without a name, but for the kernel. */
	must_be(lane_open_name(&lane, 0, "group"), user->flags ? -EACCES : 0);
	must_be(lane_open_name(&lane, 0, "public"), 0);
	lane_say(&lane, NR_WIRE_SET, 0, 0, &set, sizeof(set));
	hear_denied(&lane, "may not set public: it is another user's");
	say_name(&lane, NR_WIRE_REMOVE, "public");
	hear_denied(&lane, "may not remove public");
	must_be(lane_open_name(&lane, NR_WIRE_CREATE, "own"), 0);
	must_be(lane_stat(&lane).uid, USER);
	lane_say(&lane, NR_WIRE_SET, 0, 0, &set, sizeof(set));
	must_be(lane_hear_value(&lane), 0);
	set = (struct nr_wire_set){.owner = 0};
	lane_say(&lane, NR_WIRE_SET, NR_WIRE_OWNER, 0, &set, sizeof(set));
	hear_denied(&lane, "may not give away own: only root may");
	set = (struct nr_wire_set){.group = 0};
	lane_say(&lane, NR_WIRE_SET, NR_WIRE_GROUP, 0, &set, sizeof(set));
	hear_denied(&lane, "may not give to that group own");
	say_name(&lane, NR_WIRE_REMOVE, "own");
	must_be(lane_hear_value(&lane), 0);
	lane_close(&lane);
	return 0;
}

static int be_stranger(void *data)
{
	const struct user *user = data;
	struct lane lane;

	must(setgid(USER) == 0 && setuid(USER) == 0);
	lane = lane_open(user->serving, 0, 99, 0);
	say_name(&lane, NR_WIRE_OPEN, "own");
	hear_denied(&lane, "may not create own: the permissions of the space");
	lane_close(&lane);
	return 0;
}

/* In a space for all, as /tmp is; by shared memory, and by TCP of this machine. */
static void test_permissions(void **state)
{
	static const struct {
		const char *name;
		uint32_t mode, group;
	} queues[] = {
		{"private", 0600, 0},
		{"half", 0604, 0},
		{"group", 0660, USER},
		{"public", 0666, 0},
	};
	struct room *room;

	(void)state;
	if (geteuid() != 0)
		skip();
	room = room_open_for(01777);
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		struct naru_queue_options options =
			NARU_INIT(options, .mode = queues[i].mode,
				  .flags = NARU_SET_GROUP, .group = queues[i].group);
		struct naru_queue *queue;

		assert_int_equal(
			naru_queue_create(room->space, queues[i].name, &options, &queue),
			0);
		naru_queue_close(queue);
	}
	for (uint32_t i = 0; i < 3; i++) {
		struct naru_stream_options stream = NARU_INIT(stream, .mode = 0666);
		const struct nr_server_options options = {.stream = &stream};
		struct user user = {.flags = i == 2 ? NARU_STREAM_PLAIN : 0};

		user.serving = serving_start(
			room, i == 0 ? "local://serve" : "tcp://127.0.0.1:0", &options);
		assert_int_equal(child_run(be_user, &user), 0);
		assert_int_equal(chmod(room->path, 0755), 0);
		assert_int_equal(child_run(be_stranger, &user), 0);
		assert_int_equal(chmod(room->path, 01777), 0);
		serving_stop(user.serving);
	}
	room_close(room);
}

/* An address of this machine that is none of loopback. */
static bool find_address(char *ret_host, size_t size)
{
	struct ifaddrs *all, *one;
	bool found = false;

	must(getifaddrs(&all) == 0);
	for (one = all; one && !found; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET)
			continue;
		must(getnameinfo(one->ifa_addr, sizeof(struct sockaddr_in), ret_host,
				 (socklen_t)size, NULL, 0, NI_NUMERICHOST) == 0);
		found = strncmp(ret_host, "127.", 4) != 0;
	}
	freeifaddrs(all);
	return found;
}

static void say_hello(struct lane *lane)
{
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC, .lowest = 1, .highest = 1, .session = {1}};

	lane_say(lane, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
}

/* From another machine nobody comes in, unless lines say so. */
static void test_elsewhere(void **state)
{
	char host[64], url[128], lines[128];
	struct serving *serving;
	struct lane lane;

	if (!find_address(host, sizeof(host)))
		skip();
	snprintf(url, sizeof(url), "tcp://%s:0", host);
	serving = serving_start(*state, url, NULL);
	lane = lane_connect(serving, NARU_STREAM_PLAIN);
	say_hello(&lane);
	hear_denied(&lane, "the server has no --access FILE");
	assert_true(lane_is_closed(&lane));
	lane_close(&lane);
	serving_stop(serving);
	snprintf(lines, sizeof(lines), "allow address %s all *\n", host);
	serving = serve_lines(*state, url, lines);
	lane = lane_connect(serving, NARU_STREAM_PLAIN);
	say_hello(&lane);
	assert_int_equal(lane_hear_value(&lane), 0);
	assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "q"), 0);
	lane_close(&lane);
	serving_stop(serving);
}

static int be_thief(void *data)
{
	struct lane lane;

	must(setgid(USER) == 0 && setuid(USER) == 0);
	lane = lane_connect(data, 0);
	say_hello(&lane);
	hear_denied(&lane, "the session is somebody else's");
	must(lane_is_closed(&lane));
	return 0;
}

/* Another user has no part in a session; the same one, however he comes, has. */
static void test_sessions(void **state)
{
	struct serving *serving = serving_start(*state, "tcp://127.0.0.1:0", NULL);
	struct lane first = lane_connect(serving, 0);
	struct lane lane = lane_connect(serving, NARU_STREAM_PLAIN);

	say_hello(&first);
	assert_int_equal(lane_hear_value(&first), 0);
	if (geteuid() == 0)
		assert_int_equal(child_run(be_thief, serving), 0);
	assert_int_equal(lane_open_name(&first, NR_WIRE_CREATE, "q"), 0);
	say_hello(&lane);
	assert_int_equal(lane_hear_value(&lane), 0);
	/* Of the same lane: it takes the place. */
	assert_true(lane_is_closed(&first));
	lane_close(&lane);
	lane_close(&first);
	serving_stop(serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_verbs),	     in_a_room(test_names),

		in_a_room(test_reload),	     in_a_room(test_patterns),
		in_a_room(test_permissions), in_a_room(test_elsewhere),
		in_a_room(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
