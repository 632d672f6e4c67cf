/* SPDX-License-Identifier: MIT */

/* What a session holds, and what becomes of it when its lanes break */

#include <server/handle.h>
#include <string.h>
#include <support/turns.h>
#include <support/unit.h>

#define TCP		  "tcp://127.0.0.1:0"
#define DELIVERY(lane, n) ((uint64_t)(lane) << NR_WIRE_LANE_SHIFT | (n))

static const struct nr_server_options patient = {.grace_ms = 3600 * 1000};
static const struct nr_server_options hasty = {.grace_ms = 1};

/* Over the network: what breaks may come back. */
static struct lane remote(struct serving *serving, uint64_t session, uint32_t lane)
{
	return lane_open_plain(serving, session, lane, "q");
}

/* The same TAKE again brings the same message, also in a new connection of the lane. */
static void test_again(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &patient);
	struct lane lane = remote(serving, 1, 0), other = remote(serving, 2, 0);

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&lane, 2, 5, "two"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	lane_close(&lane);
	lane = remote(serving, 1, 0);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	assert_int_equal(lane_stat(&other).held_messages, 1);
	assert_int_equal(lane_release(&lane, 1, 1), 1);
	assert_int_equal(lane_stat(&other).held_messages, 0);
	lane_close(&lane);
	lane_close(&other);
	serving_stop(serving);
}

/* While it may come back, nobody else gets what it held. */
static void test_kept(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);
	struct nr_server *server = turns_start(room, &patient);
	struct lane lane = turns_open(room, server, NARU_STREAM_PLAIN, 1);

	assert_int_equal(naru_queue_send(queue, 5, "one", 3, -1), 0);
	lane_say_take(&lane, 0, -1, 1, 0);
	turns_take(server);
	assert_int_equal(room_stat(queue).held_messages, 1);
	lane_close(&lane);
	turns_take(server);
	assert_int_equal(server->connections_count, 0);
	assert_int_equal(server->sessions.count, 1);
	assert_int_equal(room_stat(queue).held_messages, 1);
	nr_server_close(server);
	assert_int_equal(room_stat(queue).held_messages, 0);
	naru_queue_close(queue);
}

/* A send that comes again with its number is not done again. */
static void test_numbers(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &patient);
	struct lane lane = remote(serving, 1, 0);

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	lane_close(&lane);
	lane = remote(serving, 1, 0);
	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_stat(&lane).messages, 1);
	assert_int_equal(lane_send(&lane, 2, 5, "two"), 1);
	assert_int_equal(lane_stat(&lane).messages, 2);
	/* A lane has numbers of its own; and so has each session. */
	lane_close(&lane);
	lane = remote(serving, 1, 1);
	assert_int_equal(lane_send(&lane, 1, 5, "three"), 1);
	lane_close(&lane);
	lane = remote(serving, 3, 0);
	assert_int_equal(lane_send(&lane, 1, 5, "four"), 1);
	assert_int_equal(lane_stat(&lane).messages, 4);
	lane_close(&lane);
	serving_stop(serving);
}

/* So is a release; a server that was restarted knows it from the queue. */
static void test_releases(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &patient);
	struct lane lane = remote(serving, 1, 0);

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&lane, 2, 5, "two"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	lane_say_take(&lane, 0, -1, 2, 0);
	lane_hear_message(&lane, 5, "two");
	assert_int_equal(lane_release(&lane, 1, 1), 1);
	assert_int_equal(lane_release(&lane, 1, 1), 1);
	lane_close(&lane);
	serving_stop(serving);
	serving = serving_start(*state, TCP, &patient);
	lane = remote(serving, 1, 0);
	assert_int_equal(lane_release(&lane, 1, 1), 1);
	/* This one was given back when the server went. */
	assert_int_equal(lane_release(&lane, 2, 2), -ESTALE);
	lane_say_take(&lane, 0, -1, 3, 0);
	lane_hear_message(&lane, 5, "two");
	assert_int_equal(lane_release(&lane, 2, 3), 1);
	lane_close(&lane);
	serving_stop(serving);
}

/* What a client held that does not come back goes to others, in its old place. */
static void test_grace(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &hasty);
	struct lane lane = remote(serving, 1, 0), other = remote(serving, 2, 0);

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&lane, 2, 5, "two"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	lane_close(&lane);
	lane_await_held(&other, 0);
	lane_say_take(&other, 0, -1, 1, 0);
	lane_hear_message(&other, 5, "one");
	lane = remote(serving, 1, 0);
	assert_int_equal(lane_release(&lane, 1, 1), -ESTALE);
	lane_close(&lane);
	lane_close(&other);
	serving_stop(serving);
}

/* One lane is left: nothing is given back. Nor when it came back in time. */
static void test_lanes(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &hasty);
	struct lane lane = remote(serving, 1, 0), second = remote(serving, 1, 7);
	struct lane third;

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	/* A second one of the same lane takes the place of the first. */
	third = remote(serving, 1, 0);
	assert_true(lane_is_closed(&lane));
	lane_close(&lane);
	lane_close(&third);
	assert_int_equal(lane_stat(&second).held_messages, 1);
	/* Another lane may release it; but a lane takes under its own numbers. */
	lane_say_take(&second, 0, 0, DELIVERY(6, 1), 0);
	assert_int_equal(lane_hear_value(&second), -EINVAL);
	/* It is of the lane's queue. */
	assert_int_equal(lane_open_name(&second, NR_WIRE_CREATE, "other"), 0);
	assert_int_equal(lane_release(&second, 1, 1), -EINVAL);
	assert_int_equal(lane_give_back(&second, 1), -EINVAL);
	assert_int_equal(lane_open_name(&second, 0, "q"), 0);
	assert_int_equal(lane_release(&second, 1, 1), 1);
	lane_close(&second);
	serving_stop(serving);
}

/* The dead of this machine are known to be dead; and who says BYE wants nothing back. */
static void test_at_once(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &patient);
	struct lane local = lane_open_queue(serving, 1, 0, "q");
	struct lane lane = remote(serving, 2, 0), other = remote(serving, 3, 0);

	assert_int_equal(lane_send(&local, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&local, 2, 5, "two"), 1);
	lane_say_take(&local, 0, -1, 1, 0);
	lane_hear_message(&local, 5, "one");
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "two");
	assert_int_equal(lane_stat(&other).held_messages, 2);
	lane_close(&local);
	lane_await_held(&other, 1);
	lane_say(&lane, NR_WIRE_BYE, 0, 0, NULL, 0);
	assert_true(lane_is_closed(&lane));
	assert_int_equal(lane_stat(&other).held_messages, 0);
	lane_close(&lane);
	lane_close(&other);
	serving_stop(serving);
}

/* Given back as it is, or as it was changed; in its old place. */
static void test_give_back(void **state)
{
	struct serving *serving = serving_start(*state, TCP, &patient);
	struct lane lane = remote(serving, 1, 0);
	struct {
		struct nr_wire_give_back give;
		char text[8];
	} body = {.give = {.delivery = 2, .length = 3}, .text = "ONE"};

	assert_int_equal(lane_send(&lane, 1, 5, "one"), 1);
	assert_int_equal(lane_send(&lane, 2, 5, "two"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 5, "one");
	assert_int_equal(lane_give_back(&lane, 1), 0);
	assert_int_equal(lane_give_back(&lane, 1), -ESTALE);
	lane_say_take(&lane, 0, -1, 2, 0);
	lane_hear_message(&lane, 5, "one");
	lane_say(&lane, NR_WIRE_GIVE_BACK, 0, 0, &body, sizeof(body));
	assert_int_equal(lane_hear_value(&lane), 0);
	lane_say_take(&lane, 0, -1, 3, 0);
	lane_hear_message(&lane, 5, "ONE");
	/* Of another length it is another message. */
	body.give = (struct nr_wire_give_back){.delivery = 3, .length = 4};
	lane_say(&lane, NR_WIRE_GIVE_BACK, 0, 0, &body, sizeof(body));
	assert_int_equal(lane_hear_value(&lane), -EINVAL);
	/* And what is said of its length must be there. */
	body.give = (struct nr_wire_give_back){.delivery = 3, .length = 3};
	lane_say(&lane, NR_WIRE_GIVE_BACK, 0, 0, &body, sizeof(body.give));
	assert_int_equal(lane_hear_value(&lane), -EINVAL);
	lane_close(&lane);
	serving_stop(serving);
}

/* A session holds so many messages. */
static void test_held(void **state)
{
	const struct nr_server_options options = {.held = 2};
	struct serving *serving = serving_start(*state, TCP, &options);
	struct lane lane = remote(serving, 1, 0);
	struct heard heard;

	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(lane_send(&lane, i, 5, "one"), 1);
	for (uint64_t i = 1; i <= 2; i++) {
		lane_say_take(&lane, 0, -1, i, 0);
		lane_hear_message(&lane, 5, "one");
	}
	lane_say_take(&lane, 0, -1, 3, 0);
	heard = lane_hear(&lane);
	assert_int_equal(heard.frame.value, -ENOBUFS);
	assert_non_null(strstr((char *)heard.body, "release"));
	assert_int_equal(lane_stat(&lane).messages, 1);
	assert_int_equal(lane_release(&lane, 1, 1), 1);
	lane_say_take(&lane, 0, -1, 3, 0);
	lane_hear_message(&lane, 5, "one");
	lane_close(&lane);
	serving_stop(serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_again),	 in_a_room(test_kept),
		in_a_room(test_numbers), in_a_room(test_releases),
		in_a_room(test_grace),	 in_a_room(test_lanes),
		in_a_room(test_at_once), in_a_room(test_give_back),
		in_a_room(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
