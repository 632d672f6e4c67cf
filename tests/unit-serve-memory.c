/* SPDX-License-Identifier: MIT */

/* What the clients of one user cost together */

#include <server/connection.h>
#include <server/peer.h>
#include <stdlib.h>
#include <string.h>
#include <support/transport.h>
#include <support/turns.h>
#include <support/unit.h>

enum { LIMIT = NR_SERVER_FRAME_LEAST, LONG = 120000, HALF = 100000 };

/* Little memory for each client. */
static const struct nr_server_options little = {.frame_max = LIMIT, .memory = LIMIT};

/* The first part of a long SEND. */
static void say_half(struct lane *lane, unsigned char *bytes, uint64_t number)
{
	const struct nr_wire_frame frame = {
		.length = LONG, .verb = NR_WIRE_SEND, .serial = ++lane->serial};
	const struct nr_wire_send send = {.number = number, .count = 1};
	const struct nr_wire_item item = {.type = 1,
					  .length = LONG - sizeof(send) - sizeof(item)};

	memset(bytes, 0, sizeof(frame) + LONG);
	memcpy(bytes, &frame, sizeof(frame));
	memcpy(bytes + sizeof(frame), &send, sizeof(send));
	memcpy(bytes + sizeof(frame) + sizeof(send), &item, sizeof(item));
	write_all(lane->stream, bytes, HALF);
}

static void say_rest(struct lane *lane, const unsigned char *bytes)
{
	write_all(lane->stream, bytes + HALF, sizeof(struct nr_wire_frame) + LONG - HALF);
}

/* Two half-sent frames are too much: the second is passed over, the first not. */
static void test_halves(void **state)
{
	unsigned char *bytes = malloc(sizeof(struct nr_wire_frame) + LONG);

	for (unsigned i = 0; i < 2; i++) {
		uint32_t flags = i ? NARU_STREAM_PLAIN : 0;
		struct nr_server *server = turns_start(*state, &little);
		struct lane first = turns_open(*state, server, flags, 2 * i + 1);
		struct lane second = turns_open(*state, server, flags, 2 * i + 2);
		struct nr_connection *connection;
		struct heard heard;

		say_half(&first, bytes, 1);
		turns_take(server);
		say_half(&second, bytes, 1);
		turns_take(server);
		connection = nr_of(server->connections.next, struct nr_connection, link);
		if (i == 1)
			assert_in_range(connection->peer->memory, HALF, LIMIT);
		say_rest(&second, bytes);
		turns_take(server);
		heard = lane_hear(&second);
		assert_int_equal(heard.frame.value, -ENOBUFS);
		assert_int_equal(heard.frame.serial, second.serial);
		lane_say_send(&second, 0, 0, 1, 1, "a");
		turns_take(server);
		assert_int_equal(lane_hear_value(&second), 1);
		say_rest(&first, bytes);
		turns_take(server);
		assert_int_equal(lane_hear_value(&first), 1);
		lane_close(&first);
		lane_close(&second);
		turns_take(server);
		assert_int_equal(server->peers.count, 0);
		nr_server_close(server);
		assert_int_equal(naru_queue_remove(((struct room *)*state)->space, "q"),
				 0);
	}
	free(bytes);
}

/* Nor may he let the answers lie, and ask for more; another process of his may. */
static void test_unread(void **state)
{
	struct nr_server *server = turns_start(*state, &little);
	struct lane first = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct lane second = turns_open(*state, server, 0, 2);
	unsigned char *bytes = malloc(sizeof(struct nr_wire_frame) + LONG);
	const struct nr_wire_look look = {.room = LONG};

	/* However they come, they are of one user. */
	assert_int_equal(server->peers.count, 1);
	say_half(&first, bytes, 1);
	say_rest(&first, bytes);
	turns_take(server);
	assert_int_equal(lane_hear_value(&first), 1);
	for (int i = 0; i < 200; i++)
		lane_say(&first, NR_WIRE_LOOK, 0, 0, &look, sizeof(look));
	turns_take(server);
	assert_int_not_equal(server->counts.failed[NR_WIRE_LOOK], 0);
	lane_say(&second, NR_WIRE_STAT, 0, 0, NULL, 0);
	turns_take(server);
	assert_int_equal(lane_hear_value(&second), 0);
	say_half(&second, bytes, 1);
	say_rest(&second, bytes);
	turns_take(server);
	assert_int_equal(lane_hear_value(&second), 1);
	lane_close(&first);
	turns_take(server);
	lane_say(&second, NR_WIRE_STAT, 0, 0, NULL, 0);
	turns_take(server);
	assert_int_equal(lane_hear_value(&second), 0);
	lane_close(&second);
	nr_server_close(server);
	free(bytes);
}

/* Who has too much can give up what he holds. */
static void test_give_up(void **state)
{
	struct nr_server *server = turns_start(*state, &little);
	struct lane lane = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	unsigned char *bytes = malloc(sizeof(struct nr_wire_frame) + LONG);
	const struct nr_wire_look look = {.room = LONG};
	const struct nr_wire_release release = {.number = 1, .count = 1};
	const struct nr_wire_give_back give_back = {.delivery = 2};
	const uint64_t *failed = server->counts.failed;
	struct {
		struct nr_wire_release release;
		uint64_t delivery;
	} body = {release, 1};

	for (uint64_t i = 1; i <= 2; i++) {
		lane_say_send(&lane, 0, 0, i, 1, "a");
		lane_say_take(&lane, 0, 0, i, 0);
		turns_take(server);
		assert_int_equal(lane_hear_value(&lane), 1);
		lane_hear_message(&lane, 1, "a");
	}
	say_half(&lane, bytes, 3);
	say_rest(&lane, bytes);
	turns_take(server);
	for (int i = 0; i < 200; i++)
		lane_say(&lane, NR_WIRE_LOOK, 0, 0, &look, sizeof(look));
	lane_say(&lane, NR_WIRE_STAT, 0, 0, NULL, 0);
	lane_say(&lane, NR_WIRE_RELEASE, 0, 0, &body, sizeof(body));
	lane_say(&lane, NR_WIRE_GIVE_BACK, 0, 0, &give_back, sizeof(give_back));
	turns_take(server);
	assert_int_equal(server->counts.requests[NR_WIRE_GIVE_BACK], 1);
	assert_int_equal(failed[NR_WIRE_STAT], 1);
	assert_int_equal(failed[NR_WIRE_RELEASE], 0);
	assert_int_equal(failed[NR_WIRE_GIVE_BACK], 0);
	lane_close(&lane);
	nr_server_close(server);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_halves),
		in_a_room(test_unread),
		in_a_room(test_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
