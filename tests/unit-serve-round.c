/* SPDX-License-Identifier: MIT */

/* Who is tried when something has changed: turn by turn */

#include <errno.h>
#include <layout/queue.h>
#include <server/handle.h>
#include <server/stuck.h>
#include <string.h>
#include <support/member.h>
#include <support/turns.h>
#include <support/unit.h>
#include <sys/mman.h>

/* An answer is there. */
static bool has_answer(struct lane *lane)
{
	const void *data;

	return naru_stream_peek(lane->stream, sizeof(struct nr_wire_frame), 0, &data) > 0;
}

/* One who has died in the same moment keeps nobody from what has come. */
static void test_dead(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct nr_server *server = turns_start(*state, NULL);
	struct lane dead = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct lane alive = turns_open(*state, server, NARU_STREAM_PLAIN, 2);

	lane_say_take(&dead, 0, -1, 1, 0);
	turns_take(server);
	lane_say_take(&alive, 0, -1, 1, 0);
	turns_take(server);
	assert_int_equal(naru_queue_send(queue, 1, "a", 1, 0), 0);
	lane_close(&dead);
	turns_take(server);
	assert_true(has_answer(&alive));
	lane_hear_message(&alive, 1, "a");
	lane_close(&alive);
	nr_server_close(server);
	naru_queue_close(queue);
}

/* Who comes just when something has changed is behind those who wait for it. */
static void test_newcomer(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 1);
	struct nr_server *server = turns_start(*state, NULL);
	struct lane first = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct lane second = turns_open(*state, server, NARU_STREAM_PLAIN, 2);
	char buffer[8];
	int64_t type;

	lane_say_take(&first, NR_WIRE_QUIET, -1, 1, -5);
	turns_take(server);
	lane_say_take(&second, NR_WIRE_QUIET, -1, 1, 3);
	assert_int_equal(naru_queue_send(queue, 3, "a", 1, 0), 0);
	turns_take(server);
	assert_true(has_answer(&first));
	assert_false(has_answer(&second));
	lane_hear_message(&first, 3, "a");
	assert_int_equal(naru_queue_send(queue, 3, "b", 1, 0), 0);
	turns_take(server);
	lane_hear_message(&second, 3, "b");
	/* Of another type, he waits for nobody. */
	lane_say_take(&first, NR_WIRE_QUIET, -1, 1, 4);
	turns_take(server);
	assert_int_equal(naru_queue_send(queue, 3, "c", 1, 0), 0);
	lane_say_take(&second, NR_WIRE_QUIET, 0, 1, 3);
	turns_take(server);
	lane_hear_message(&second, 3, "c");
	assert_int_equal(naru_queue_send(queue, 4, "d", 1, 0), 0);
	turns_take(server);
	lane_hear_message(&first, 4, "d");
	/* And the same for room. */
	lane_say_send(&second, 0, 0, 1, 1, "e");
	turns_take(server);
	assert_int_equal(lane_hear_value(&second), 1);
	lane_say_send(&first, 0, -1, 1, 1, "f");
	turns_take(server);
	lane_say_send(&second, 0, -1, 2, 1, "g");
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 8, 0, &type), 1);
	turns_take(server);
	assert_true(has_answer(&first));
	assert_int_equal(lane_hear_value(&first), 1);
	assert_int_equal(naru_queue_receive(queue, 0, 0, buffer, 8, 0, &type), 1);
	assert_int_equal(buffer[0], 'f');
	turns_take(server);
	assert_int_equal(lane_hear_value(&second), 1);
	/* What is in the queue already, and comes again, does not wait. */
	lane_say_send(&first, 0, -1, 2, 1, "h");
	turns_take(server);
	lane_say_send(&second, 0, -1, 2, 1, "g");
	turns_take(server);
	assert_true(has_answer(&second));
	assert_int_equal(lane_hear_value(&second), 1);
	lane_close(&first);
	lane_close(&second);
	nr_server_close(server);
	naru_queue_close(queue);
}

static void say_next(struct lane *lane)
{
	const struct nr_wire_watch watch = {.which = NARU_READABLE};

	lane_say(lane, NR_WIRE_WATCH, NR_WIRE_NEXT, -1, &watch, sizeof(watch));
}

/* Something has come anew also if as much has gone; and not if it was there before. */
static void test_next(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct nr_server *server = turns_start(*state, NULL);
	struct lane first = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct lane second = turns_open(*state, server, NARU_STREAM_PLAIN, 2);
	struct naru_message message, other;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(naru_queue_send(queue, 1, "a", 1, 0), 0);
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &message), 0);
		assert_int_equal(naru_queue_send(queue, 1, "b", 1, 0), 0);
		say_next(&first);
		say_next(&second);
		turns_take(server);
		assert_int_equal(lane_hear(&first).frame.flags, NR_WIRE_MORE);
		assert_int_equal(lane_hear(&second).frame.flags, NR_WIRE_MORE);
		turns_take(server);
		assert_false(has_answer(&first));
		assert_false(has_answer(&second));
		assert_int_equal(naru_queue_give_back(queue, &message), 0);
		assert_int_equal(naru_queue_take(queue, 0, 0, 0, &other), 0);
		turns_take(server);
		assert_true(has_answer(&first));
		assert_true(has_answer(&second));
		assert_int_equal(lane_hear_value(&first), 0);
		assert_int_equal(lane_hear_value(&second), 0);
		assert_int_equal(naru_queue_release(queue, &other), 0);
	}
	lane_close(&first);
	lane_close(&second);
	nr_server_close(server);
	naru_queue_close(queue);
}

/* While somebody stands still with the queue's lock, it is left alone; but not for ever.
 */
static void test_stuck(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct nr_server *server = turns_start(*state, NULL);
	struct lane first = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct lane second = turns_open(*state, server, NARU_STREAM_PLAIN, 2);
	const struct {
		struct nr_wire_release release;
		uint64_t delivery;
	} body = {{.number = 1, .count = 1}, 1};
	struct nr_served *served =
		nr_of(server->served_list.next, struct nr_served, link);

	assert_int_equal(naru_queue_send(queue, 1, "a", 1, 0), 0);
	lane_say_take(&first, 0, 0, 1, 0);
	turns_take(server);
	lane_hear_message(&first, 1, "a");
	assert_int_equal(nr_stuck(served), 0);
	assert_int_equal(nr_stuck_note(served, -EAGAIN), -EAGAIN);
	assert_int_equal(nr_stuck(served), -EAGAIN);
	lane_say(&first, NR_WIRE_RELEASE, 0, 0, &body, sizeof(body));
	lane_say(&first, NR_WIRE_STAT, 0, 0, NULL, 0);
	turns_take(server);
	assert_int_equal(lane_hear_value(&first), -EAGAIN);
	assert_int_equal(lane_hear_value(&first), -EAGAIN);
	/* What does not wait for the lock is done. */
	lane_say_take(&second, 0, -1, 1, 0);
	turns_take(server);
	assert_int_equal(naru_queue_send(queue, 1, "b", 1, 0), 0);
	turns_take(server);
	assert_true(has_answer(&second));
	lane_hear_message(&second, 1, "b");
	assert_int_equal(nr_stuck(served), -EAGAIN);
	served->stuck_until = 1;
	lane_say(&first, NR_WIRE_RELEASE, 0, 0, &body, sizeof(body));
	turns_take(server);
	assert_int_equal(lane_hear_value(&first), 1);
	assert_int_equal(served->stuck_until, 0);
	lane_close(&first);
	lane_close(&second);
	nr_server_close(server);
	naru_queue_close(queue);
}

/* That is found out by the first call that has waited for the lock in vain. */
static void test_lock(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct nr_server *server = turns_start(*state, NULL);
	struct lane lane = turns_open(*state, server, NARU_STREAM_PLAIN, 1);
	struct nr_served *served =
		nr_of(server->served_list.next, struct nr_served, link);
	struct nr_queue_shared *shared;
	struct member child = {0};
	size_t size;

	shared = (void *)room_map(*state, "q", &size);
	join(&child, *state);
	atomic_store(&shared->senders.lock, child.id);
	atomic_store(&shared->receivers.lock, child.id);
	lane_say_take(&lane, 0, -1, 1, 0);
	turns_take(server);
	assert_false(has_answer(&lane));
	assert_int_equal(nr_stuck(served), -EAGAIN);
	child_kill(child.pid);
	part(&child);
	assert_int_equal(naru_queue_send(queue, 1, "a", 1, -1), 0);
	while (!has_answer(&lane))
		assert_int_equal(nr_server_turn(server, true), 0);
	lane_hear_message(&lane, 1, "a");
	lane_close(&lane);
	nr_server_close(server);
	naru_queue_close(queue);
	munmap(shared, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_dead),  in_a_room(test_newcomer), in_a_room(test_next),
		in_a_room(test_stuck), in_a_room(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
