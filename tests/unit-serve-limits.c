/* SPDX-License-Identifier: MIT */

/* Clients that are slow, silent, too many, too large, or make no sense */

#include <server/connection.h>
#include <server/listen.h>
#include <server/peer.h>
#include <stdlib.h>
#include <string.h>
#include <support/turns.h>
#include <support/unit.h>
#include <sys/resource.h>
#include <unistd.h>

#define TCP "tcp://127.0.0.1:0"

static const struct nr_wire_hello hello = {
	.magic = NR_WIRE_MAGIC,
	.lowest = 1,
	.highest = 1,
	.session = {1, 2},
};

static void hear_error(struct lane *lane, int error, const char *words)
{
	struct heard heard = lane_hear(lane);

	assert_int_equal(heard.frame.value, error);
	if (!strstr((char *)heard.body, words))
		fail_msg("\"%s\" is not in: %s", words, (char *)heard.body);
}

/* What is no HELLO, or one of another world, is answered, and that is the end. */
static void test_hello(void **state)
{
	static const struct {
		unsigned verb;
		struct nr_wire_hello hello;
		size_t length;
		int error;
	} cases[] = {
		{NR_WIRE_STAT, {0}, 0, -EPROTO},
		{NR_WIRE_HELLO, {0}, 8, -EBADMSG},
		{NR_WIRE_HELLO, {.lowest = 1, .highest = 1, .session = {1}}, 32, -EPROTO},
		{NR_WIRE_HELLO,
		 {NR_WIRE_MAGIC, 2, 9, {1, 1}, 0, 0},
		 32,
		 -EPROTONOSUPPORT},
		{NR_WIRE_HELLO,
		 {NR_WIRE_MAGIC, 0, 0, {1, 1}, 0, 0},
		 32,
		 -EPROTONOSUPPORT},
		{NR_WIRE_HELLO, {NR_WIRE_MAGIC, 0, 9, {0, 0}, 0, 0}, 32, -EINVAL},
		{NR_WIRE_HELLO, {NR_WIRE_MAGIC, 0, 9, {0, 1}, 1024, 0}, 32, -EINVAL},
		{NR_WIRE_HELLO, {NR_WIRE_MAGIC, 0, 9, {0, 1}, 0, 1}, 32, -EINVAL},
		{NR_WIRE_HELLO, {0}, 4104, -EMSGSIZE},
	};
	struct serving *serving = serving_start(*state, TCP, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lane lane = lane_connect(serving, 0);
		unsigned char body[8192] = {0};

		memcpy(body, &cases[i].hello, sizeof(cases[i].hello));
		lane_say(&lane, cases[i].verb, 0, 0, body, cases[i].length);
		assert_int_equal(lane_hear_value(&lane), cases[i].error);
		assert_true(lane_is_closed(&lane));
		lane_close(&lane);
	}
	serving_stop(serving);
}

/* Other nonsense is answered, and one goes on. */
static void test_nonsense(void **state)
{
	static const struct {
		unsigned verb, flags;
		size_t length;
		uint64_t body[8];
		int error;
	} cases[] = {
		{99, 0, 0, {0}, -EOPNOTSUPP},
		{0, 0, 0, {0}, -EOPNOTSUPP},
		{NR_WIRE_STAT | NR_WIRE_ANSWER, 0, 0, {0}, -EOPNOTSUPP},
		{NR_WIRE_STAT, 0x4000, 0, {0}, -EINVAL},
		{NR_WIRE_SEND, NR_WIRE_TRUNCATE, 40, {0}, -EINVAL},
		{NR_WIRE_OPEN, 0, 24, {0}, -EBADMSG},
		/* names: too long for the body, empty, with a dot, with a NUL */
		{NR_WIRE_OPEN, 0, 32, {0, 0, 0, UINT64_C(5) << 32}, -EINVAL},
		{NR_WIRE_OPEN, 0, 40, {0, 0, 0, 0, 'q'}, -EINVAL},
		{NR_WIRE_OPEN, 0, 40, {0, 0, 0, UINT64_C(1) << 32, '.'}, -EINVAL},
		{NR_WIRE_OPEN, 0, 40, {0, 0, 0, UINT64_C(2) << 32, 'q'}, -EINVAL},
		{NR_WIRE_OPEN, 0, 40, {0, 0, 0, UINT64_C(1) << 32, 'x'}, -ENOENT},
		{NR_WIRE_REMOVE, 0, 16, {UINT32_MAX, 0}, -EINVAL},
		/* number, count; type, length */
		{NR_WIRE_SEND, 0, 16, {1, 0}, -EINVAL},
		{NR_WIRE_SEND, 0, 16, {1, 4097}, -EINVAL},
		{NR_WIRE_SEND, 0, 32, {0, 1, 1, 0}, -EINVAL},
		{NR_WIRE_SEND, 0, 32, {UINT64_MAX, 1, 1, 0}, -EINVAL},
		{NR_WIRE_SEND, 0, 16, {1, 1}, -EBADMSG},
		{NR_WIRE_SEND, 0, 32, {1, 1, 1, 1}, -EBADMSG},
		{NR_WIRE_SEND, 0, 40, {1, 1, 1, 9}, -EBADMSG},
		{NR_WIRE_SEND, 0, 40, {1, 1, 1, UINT64_MAX}, -EBADMSG},
		{NR_WIRE_SEND, 0, 40, {1, 1, 1, UINT64_MAX - 6}, -EBADMSG},
		{NR_WIRE_SEND, 0, 32, {1, 1, 0, 0}, -EINVAL},
		/* delivery, select, count, room */
		{NR_WIRE_TAKE, 0, 24, {1, 0, 1}, -EINVAL},
		{NR_WIRE_TAKE, 0, 24, {1, 0, 0}, -EINVAL},
		{NR_WIRE_TAKE, 0, 32, {UINT64_C(1) << 40, 0, 1}, -EINVAL},
		{NR_WIRE_TAKE, 0, 32, {UINT64_MAX, 0, 1}, -EINVAL},
		{NR_WIRE_TAKE, 0, 32, {(UINT64_C(1) << 40) - 1, 0, 1}, -EINVAL},
		{NR_WIRE_TAKE, 0, 32, {1, UINT64_C(1) << 63, 1}, -EAGAIN},
		{NR_WIRE_RELEASE, 0, 16, {1, 1}, -EINVAL},
		{NR_WIRE_RELEASE, 0, 24, {0, 1, 1}, -EINVAL},
		{NR_WIRE_RELEASE, 0, 24, {1, 1, 1}, -ESTALE},
		{NR_WIRE_GIVE_BACK, 0, 16, {1, 0}, -ESTALE},
		{NR_WIRE_LOOK, 0, 16, {0, UINT64_MAX}, -ENOMSG},
		{NR_WIRE_WATCH, 0, 8, {0}, -EINVAL},
		{NR_WIRE_HELLO, 0, 32, {0}, -EPROTO},
	};
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open(serving, 0, 1, 0);

	lane_say(&lane, NR_WIRE_STAT, 0, 0, NULL, 0);
	hear_error(&lane, -EBADF, "OPEN");
	assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "q"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int value;

		lane_say(&lane, cases[i].verb, cases[i].flags, 0, cases[i].body,
			 cases[i].length);
		value = lane_hear_value(&lane);
		if (value != cases[i].error)
			fail_msg("case %zu: %d, not %d", i, value, cases[i].error);
	}
	assert_true(lane_is_closed(&lane));
	lane_close(&lane);
	/* A length that is none: nobody knows where the next frame begins. */
	lane = lane_open(serving, 0, 1, 0);
	lane_say(&lane, NR_WIRE_STAT, 0, 0, "abc", 3);
	hear_error(&lane, -EBADMSG, "multiple of 8");
	assert_true(lane_is_closed(&lane));
	lane_close(&lane);
	serving_stop(serving);
}

/* A frame that is too long is passed over; one whose client has no memory left, too. */
static void test_frame(void **state)
{
	const struct nr_server_options options = {.frame_max = 1 << 17,
						  .memory = 1 << 17};
	struct serving *serving = serving_start(*state, TCP, &options);
	unsigned char *bytes = calloc(1, 1 << 20);

	for (uint32_t kind = 0; kind < 2; kind++) {
		struct lane lane =
			lane_open(serving, kind ? NARU_STREAM_PLAIN : 0, kind + 1, 0);

		assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "q"), 0);
		lane_say(&lane, NR_WIRE_SEND, 0, 0, bytes, 1 << 20);
		hear_error(&lane, -EMSGSIZE, "131072");
		assert_int_equal(lane_send(&lane, 1, 1, "a"), 1);
		lane_close(&lane);
	}
	free(bytes);
	serving_stop(serving);
}

/* Whoever says nothing, or half of it, is let go; or nobody is kept waiting by it. */
static void test_silent(void **state)
{
	const struct nr_server_options hasty = {.hello_ms = 1};
	struct serving *serving = serving_start(*state, TCP, &hasty);
	struct lane silent = lane_connect(serving, NARU_STREAM_PLAIN), lane;
	const struct nr_wire_frame half = {.length = 1 << 16, .verb = NR_WIRE_SEND};

	assert_true(lane_is_closed(&silent));
	lane_close(&silent);
	serving_stop(serving);
	serving = serving_start(*state, TCP, NULL);
	silent = lane_open_plain(serving, 1, 0, "q");
	assert_int_equal(naru_stream_write(silent.stream, &half, sizeof(half), -1),
			 sizeof(half));
	lane = lane_open_queue(serving, 2, 0, "q");
	assert_int_equal(lane_send(&lane, 1, 1, "a"), 1);
	lane_close(&lane);
	lane_close(&silent);
	serving_stop(serving);
}

/* So many, and no more; they are told why, and when one goes another one may come. */
static void test_connections(void **state)
{
	for (int i = 0; i < 2; i++) {
		const struct nr_server_options options = {
			.connections = i == 0 ? 3 : 100,
			.connections_per_peer = i == 0 ? 0 : 3,
		};
		struct serving *serving = serving_start(*state, TCP, &options);
		struct lane lanes[3], more;

		for (uint32_t j = 0; j < 3; j++)
			lanes[j] = lane_open(serving, 0, 1, j);
		more = lane_connect(serving, 0);
		lane_say(&more, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
		hear_error(&more, -EUSERS,
			   i == 0 ? "this server has all" : "uid 0 has all");
		assert_true(lane_is_closed(&more));
		lane_close(&more);
		lane_say(&lanes[2], NR_WIRE_BYE, 0, 0, NULL, 0);
		assert_true(lane_is_closed(&lanes[2]));
		more = lane_open(serving, 0, 2, 0);
		lane_close(&more);
		for (int j = 0; j < 3; j++)
			lane_close(&lanes[j]);
		serving_stop(serving);
	}
}

/* Nothing happens: it sleeps without a time to wake. Somebody waits: one timer for all.
 */
static void test_idle(void **state)
{
	enum { LANES = 50 };
	struct nr_server *server = turns_start(*state, NULL);
	struct lane lanes[LANES];

	for (uint64_t i = 0; i < LANES; i++)
		lanes[i] = turns_open(*state, server, 0, i + 1);
	turns_take(server);
	assert_int_equal(server->connections_count, LANES);
	assert_int_equal(server->loop.timers.count, 0);
	assert_true(nr_list_empty(&server->loop.tasks));
	for (int i = 0; i < LANES; i++)
		lane_say_take(&lanes[i], 0, -1, 1, 0);
	turns_take(server);
	assert_int_equal(server->waiting, LANES);
	assert_int_equal(server->loop.timers.count, 1);
	assert_true(nr_list_empty(&server->loop.tasks));
	for (int i = 0; i < LANES; i++)
		lane_close(&lanes[i]);
	turns_take(server);
	assert_int_equal(server->loop.timers.count, 0);
	nr_server_close(server);
}

/* Who does not read what it has asked for costs its limit, and keeps nobody waiting. */
static void test_slow_reader(void **state)
{
	enum { MESSAGE = 300000, LOOKS = 400 };
	struct room *room = *state;
	const struct nr_server_options options = {.output = 1 << 20};
	struct naru_queue *queue = room_queue(room, "q", 1 << 20, 16);
	const struct nr_wire_look look = {.nth = 0, .room = MESSAGE};
	struct nr_server *server = turns_start(room, &options);
	struct lane slow = turns_open(room, server, NARU_STREAM_PLAIN, 1);
	char *bytes = calloc(1, MESSAGE);
	struct nr_connection *connection;
	size_t read = 0;

	assert_int_equal(naru_queue_send(queue, 1, bytes, MESSAGE, -1), 0);
	for (int i = 0; i < LOOKS; i++)
		lane_say(&slow, NR_WIRE_LOOK, 0, 0, &look, sizeof(look));
	turns_take(server);
	connection = nr_of(server->connections.next, struct nr_connection, link);
	assert_true(nr_output_waiting(&connection->output) > options.output);
	assert_true(nr_output_waiting(&connection->output) <
		    options.output + MESSAGE + 100);
	assert_true(connection->peer->memory < 4 << 20);
	/* In the end all of it comes. */
	while (read < (size_t)LOOKS * MESSAGE) {
		ssize_t n = naru_stream_read(slow.stream, bytes, MESSAGE, 1);

		/* Some may be under way, and the server done. */
		if (n == -ETIMEDOUT)
			assert_int_equal(nr_server_turn(server, false), 0);
		else
			assert_true(n > 0);
		read += n > 0 ? (size_t)n : 0;
	}
	turns_take(server);
	lane_close(&slow);
	turns_take(server);
	assert_int_equal(server->connections_count, 0);
	assert_int_equal(server->peers.count, 0);
	assert_int_equal(server->sessions.count, 0);
	assert_int_equal(server->served.count, 0);
	nr_server_close(server);
	naru_queue_close(queue);
	free(bytes);
}

/* There are no more descriptors: who comes waits, and is let in when there are. */
static void test_descriptors(void **state)
{
	struct room *room = *state;
	const char *urls[] = {TCP, NULL};
	const struct nr_server_options options = {.urls = urls};
	struct naru_stream_options plain = NARU_INIT(plain, .flags = NARU_STREAM_PLAIN);
	struct rlimit before, limit;
	struct nr_server *server;
	struct lane lane = {0};
	int highest;

	assert_int_equal(nr_server_open(room->space, &options, &server), 0);
	assert_int_equal(naru_connect(room->space, nr_server_url(server, 0), &plain, -1,
				      &lane.stream),
			 0);
	lane_say(&lane, NR_WIRE_HELLO, 0, 0, &hello, sizeof(hello));
	highest = dup(0);
	close(highest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)highest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	turns_take(server);
	assert_int_equal(server->connections_count, 0);
	/* It does not spin: nothing is ready, and the next look has a time. */
	assert_int_equal(server->listening->source.events, 0);
	assert_true(server->short_of);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	while (server->connections_count == 0)
		assert_int_equal(nr_server_turn(server, true), 0);
	assert_false(server->short_of);
	turns_take(server);
	assert_int_equal(lane_hear_value(&lane), 0);
	lane_close(&lane);
	nr_server_close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_hello),	     in_a_room(test_nonsense),
		in_a_room(test_frame),	     in_a_room(test_silent),
		in_a_room(test_connections), in_a_room(test_slow_reader),
		in_a_room(test_descriptors), in_a_room(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
