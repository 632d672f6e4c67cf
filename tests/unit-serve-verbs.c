/* SPDX-License-Identifier: MIT */

/* The server of queues: batches, selections, and the verbs that only look */

#include <naru/space.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/serving.h>
#include <support/unit.h>

#define TCP "tcp://127.0.0.1:0"

enum { MANY = 1000, ITEM = sizeof(struct nr_wire_item) };

static void say_take(struct lane *lane, unsigned flags, uint64_t delivery, int64_t select,
		     uint32_t count, uint64_t room)
{
	struct {
		struct nr_wire_take take;
		uint64_t rooms[MANY];
	} body = {.take = {.delivery = delivery, .select = select, .count = count}};

	for (uint32_t i = 0; i < count; i++)
		body.rooms[i] = room;
	lane_say(lane, NR_WIRE_TAKE, flags, 0, &body,
		 sizeof(body.take) + count * sizeof(body.rooms[0]));
}

/* Messages of types from @first on; each is its type as text. */
static void send_many(struct lane *lane, uint64_t number, int64_t first, uint32_t count)
{
	static unsigned char body[sizeof(struct nr_wire_send) + MANY * (ITEM + 8)];
	uint32_t done = 0;

	while (done < count) {
		struct nr_wire_send send = {.number = number + done,
					    .count = count - done};
		size_t length = sizeof(send);
		int value;

		memset(body, 0, sizeof(body));
		memcpy(body, &send, sizeof(send));
		for (uint32_t i = done; i < count; i++, length += ITEM + 8) {
			struct nr_wire_item item = {.type = first + i};

			item.length = (uint64_t)snprintf((char *)body + length + ITEM, 8,
							 "%d", (int)item.type);
			memcpy(body + length, &item, ITEM);
		}
		lane_say(lane, NR_WIRE_SEND, 0, -1, body, length);
		value = lane_hear_value(lane);
		assert_true(value > 0);
		done += (uint32_t)value;
	}
}

/* The messages of an answer are of types from @first on. */
static uint32_t check_many(const struct heard *heard, int64_t first)
{
	size_t at = 0;

	for (int i = 0; i < heard->frame.value; i++) {
		struct nr_wire_item item;
		char text[8];

		memcpy(&item, heard->body + at, ITEM);
		assert_int_equal(item.type, first + i);
		snprintf(text, sizeof(text), "%d", (int)item.type);
		assert_int_equal(item.length, strlen(text));
		assert_memory_equal(heard->body + at + ITEM, text, item.length);
		at += ITEM + 8;
	}
	assert_int_equal(at, heard->frame.length);
	return (uint32_t)heard->frame.value;
}

static void release_many(struct lane *lane, uint64_t number, uint64_t delivery,
			 uint32_t count)
{
	struct {
		struct nr_wire_release release;
		uint64_t deliveries[MANY];
	} body = {.release = {.number = number, .count = count}};

	for (uint32_t i = 0; i < count; i++)
		body.deliveries[i] = delivery + i;
	lane_say(lane, NR_WIRE_RELEASE, 0, 0, &body,
		 sizeof(body.release) + count * sizeof(body.deliveries[0]));
	assert_int_equal(lane_hear_value(lane), count);
}

static void test_batches(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);

	naru_queue_close(room_queue(*state, "q", 1 << 20, 4000));
	for (uint32_t i = 0; i < 4; i++) {
		unsigned quiet = i & 1 ? NR_WIRE_QUIET : 0;
		struct lane lane = i & 2 ? lane_open_plain(serving, i + 1, 0, "q")
					 : lane_open_queue(serving, i + 1, 0, "q");
		uint64_t delivery = 1;

		send_many(&lane, 1, 1, MANY);
		while (delivery <= MANY) {
			struct heard heard;
			uint32_t count;

			say_take(&lane, quiet, delivery, 0, 300, 100);
			heard = lane_hear(&lane);
			assert_in_range(heard.frame.value, 1, 300);
			count = check_many(&heard, (int64_t)delivery);
			if (!quiet) {
				/* The same again, and again in the same order. */
				say_take(&lane, 0, delivery, 0, count, 100);
				heard = lane_hear(&lane);
				assert_int_equal(heard.frame.value, count);
				check_many(&heard, (int64_t)delivery);
				release_many(&lane, delivery, delivery, count);
			}
			delivery += count;
		}
		assert_int_equal(lane_stat(&lane).messages, 0);
		assert_int_equal(lane_stat(&lane).held_messages, 0);
		lane_close(&lane);
	}
	serving_stop(serving);
}

/* Numbers that have been sent already count as sent; the rest is. */
static void test_half_sent(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open_queue(serving, 1, 0, "q");
	struct heard heard;

	send_many(&lane, 1, 1, 10);
	send_many(&lane, 6, 6, 10);
	assert_int_equal(lane_stat(&lane).messages, 15);
	say_take(&lane, NR_WIRE_QUIET, 1, 0, 15, 100);
	heard = lane_hear(&lane);
	assert_int_equal(check_many(&heard, 1), 15);
	lane_close(&lane);
	serving_stop(serving);
}

static int take_value(struct lane *lane, unsigned flags, int64_t select, uint64_t room)
{
	static uint64_t delivery = 1;

	say_take(lane, flags, delivery++, select, 1, room);
	return lane_hear_value(lane);
}

static void test_selections(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open_queue(serving, 1, 0, "q");

	for (unsigned quiet = 0; quiet <= NR_WIRE_QUIET; quiet += NR_WIRE_QUIET) {
		send_many(&lane, quiet ? 6 : 1, 1, 5);
		say_take(&lane, quiet, 1001 + quiet, 4, 1, 8);
		lane_hear_message(&lane, 4, "4");
		say_take(&lane, quiet, 2001 + quiet, -3, 1, 8);
		lane_hear_message(&lane, 1, "1");
		say_take(&lane, quiet | NR_WIRE_EXCEPT, 3001 + quiet, 2, 1, 8);
		lane_hear_message(&lane, 3, "3");
		assert_int_equal(take_value(&lane, quiet, 7, 8), -EAGAIN);
		/* Too large: it stays, or is cut. */
		assert_int_equal(take_value(&lane, quiet, 0, 0), -EMSGSIZE);
		assert_int_equal(lane_stat(&lane).messages, 2);
		say_take(&lane, quiet | NR_WIRE_TRUNCATE, 4001 + quiet, 0, 1, 0);
		lane_hear_message(&lane, 2, "");
		say_take(&lane, quiet, 5001 + quiet, 0, 1, 1);
		lane_hear_message(&lane, 5, "5");
	}
	lane_close(&lane);
	serving_stop(serving);
}

static void test_look(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open_queue(serving, 1, 0, "q");
	static const struct {
		unsigned flags;
		uint64_t nth, room;
		int error;
	} cases[] = {
		{0, 0, 100, 0},	      {0, 1, 1 << 20, 0},
		{0, 1, 0, -EMSGSIZE}, {NR_WIRE_TRUNCATE, 1, 1, 0},
		{0, 2, 100, -ENOMSG}, {0, UINT64_MAX, UINT64_MAX, -ENOMSG},
	};

	assert_int_equal(lane_send(&lane, 1, 1, "first"), 1);
	assert_int_equal(lane_send(&lane, 2, 2, "second"), 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nr_wire_look look = {.nth = cases[i].nth,
						  .room = cases[i].room};
		const char *text = cases[i].nth ? "second" : "first";
		struct nr_wire_item item;
		struct heard heard;

		lane_say(&lane, NR_WIRE_LOOK, cases[i].flags, 0, &look, sizeof(look));
		heard = lane_hear(&lane);
		assert_int_equal(heard.frame.value, cases[i].error);
		if (cases[i].error)
			continue;
		memcpy(&item, heard.body, ITEM);
		assert_int_equal(item.type, cases[i].nth + 1);
		assert_int_equal(item.length, cases[i].room < 2 ? 1 : strlen(text));
		assert_memory_equal(heard.body + ITEM, text, item.length);
	}
	assert_int_equal(lane_stat(&lane).messages, 2);
	lane_close(&lane);
	serving_stop(serving);
}

static void test_set(void **state)
{
	struct serving *serving = serving_start(*state, TCP, NULL);
	struct lane lane = lane_open_queue(serving, 1, 0, "q");
	const struct nr_wire_set set = {.capacity = 123456, .messages = 77, .mode = 0640};
	struct nr_wire_stat_answer stat;
	struct naru_queue *queue = room_reopen(*state, "q");
	struct naru_queue_stat local;

	lane_say(&lane, NR_WIRE_SET, 0, 0, &set, sizeof(set));
	assert_int_equal(lane_hear_value(&lane), 0);
	assert_int_equal(lane_send(&lane, 1, 1, "hello"), 1);
	lane_say_take(&lane, 0, -1, 1, 0);
	lane_hear_message(&lane, 1, "hello");
	stat = lane_stat(&lane);
	local = room_stat(queue);
	assert_int_equal(stat.capacity, 123456);
	assert_int_equal(stat.capacity_messages, 77);
	assert_int_equal(stat.mode, 0640);
	assert_int_equal(stat.messages, local.messages);
	assert_int_equal(stat.bytes, local.bytes);
	assert_int_equal(stat.held_messages, 1);
	assert_int_equal(stat.held_bytes, 5);
	assert_int_equal(stat.sent, 1);
	assert_int_equal(stat.received, local.received);
	assert_int_equal(stat.last_send, local.last_send);
	assert_int_equal(stat.last_receive, local.last_receive);
	assert_int_equal(stat.last_sender, local.last_sender);
	assert_int_equal(stat.changed, local.changed);
	assert_int_equal(stat.memory, local.memory);
	assert_int_equal(stat.uid, local.uid);
	assert_int_equal(stat.gid, local.gid);
	naru_queue_close(queue);
	lane_close(&lane);
	serving_stop(serving);
}

/* More queues than one answer has room for; segments are no queues. */
static void hear_too_much(struct lane *lane)
{
	struct heard heard = lane_hear(lane);

	assert_int_equal(heard.frame.value, -EINVAL);
	assert_non_null(strstr((char *)heard.body,
			       "gives a queue 2097152 bytes and 16400 "
			       "messages at most"));
}

/* Memory is reserved at once; so a client cannot have any amount. */
static void test_capacity(void **state)
{
	const struct nr_server_options options = {.capacity = 2 << 20};
	struct serving *serving = serving_start(*state, "local://serve", &options);
	struct lane lane = lane_open(serving, 0, 1, 0);
	struct nr_wire_open open = {.capacity = (2 << 20) + 1};
	struct nr_wire_set set = {.capacity = (2 << 20) + 1};

	for (int i = 0; i < 2; i++) {
		lane_say_name(&lane, NR_WIRE_OPEN, NR_WIRE_CREATE, &open, sizeof(open),
			      &open.name_length, "q");
		hear_too_much(&lane);
		open = (struct nr_wire_open){.messages = 16401};
	}
	open = (struct nr_wire_open){.capacity = 2 << 20, .messages = 16400};
	lane_say_name(&lane, NR_WIRE_OPEN, NR_WIRE_CREATE, &open, sizeof(open),
		      &open.name_length, "q");
	assert_int_equal(lane_hear_value(&lane), 0);
	for (int i = 0; i < 2; i++) {
		lane_say(&lane, NR_WIRE_SET, 0, 0, &set, sizeof(set));
		hear_too_much(&lane);
		set = (struct nr_wire_set){.messages = 16401};
	}
	/* What was made here may be larger. */
	naru_queue_close(room_queue(*state, "large", 4 << 20, 0));
	assert_int_equal(lane_open_name(&lane, NR_WIRE_CREATE, "large"), 0);
	lane_close(&lane);
	serving_stop(serving);
}

static void test_list(void **state)
{
	enum { QUEUES = 300 };
	struct room *room = *state;
	struct serving *serving = serving_start(room, TCP, NULL);
	struct lane lane = lane_open(serving, 0, 1, 0);
	bool seen[QUEUES] = {false};
	int count = 0, answers = 0;
	struct nr_wire_space_answer space;
	struct heard heard;

	for (int i = 0; i < QUEUES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "a-queue-with-a-rather-long-name-%d", i);
		naru_queue_close(room_queue(room, name, 1, 1));
	}
	lane_say(&lane, NR_WIRE_LIST, 0, 0, NULL, 0);
	do {
		size_t at = 0;

		heard = lane_hear(&lane);
		answers++;
		assert_true(heard.frame.value >= 0);
		for (int i = 0; i < heard.frame.value; i++) {
			struct nr_wire_entry entry;
			int which;

			memcpy(&entry, heard.body + at, sizeof(entry));
			at += sizeof(entry);
			assert_int_equal(entry.kind, NARU_KIND_QUEUE);
			assert_int_equal(entry.mode, 0600);
			assert_true(entry.memory > 0);
			which = atoi((char *)heard.body + at + 32);
			assert_in_range(which, 0, QUEUES - 1);
			assert_false(seen[which]);
			seen[which] = true;
			at += (entry.name_length + 7) / 8 * 8;
			count++;
		}
		assert_int_equal(at, heard.frame.length);
	} while (heard.frame.flags & NR_WIRE_MORE);
	assert_int_equal(count, QUEUES);
	assert_true(answers > 1);
	lane_say(&lane, NR_WIRE_SPACE, 0, 0, NULL, 0);
	heard = lane_hear(&lane);
	assert_int_equal(heard.frame.value, 0);
	memcpy(&space, heard.body, sizeof(space));
	assert_int_equal(space.objects, QUEUES);
	assert_int_equal(space.peers, 1);
	assert_true(space.filesystem_size > 0);
	lane_close(&lane);
	serving_stop(serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_batches),    in_a_room(test_half_sent),
		in_a_room(test_selections), in_a_room(test_look),
		in_a_room(test_set),	    in_a_room(test_list),
		in_a_room(test_capacity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
