/* SPDX-License-Identifier: MIT */

/* The server of queues: what each verb does, over every transport */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/serving.h>
#include <support/transport.h>
#include <support/unit.h>

static const char *const urls[] = {"local://serve", "unix://%s/socket",
				   "tcp://127.0.0.1:0"};
static const uint32_t kinds[] = {0, NARU_STREAM_PLAIN};

static struct serving *start(struct room *room, int which)
{
	char url[256];

	if (which == 1)
		snprintf(url, sizeof(url), "unix://%s/socket", room->path);
	else
		snprintf(url, sizeof(url), "%s", urls[which]);
	return serving_start(room, url, NULL);
}

/* A message goes in, comes out, is released. */
static void test_round(void **state)
{
	for (int which = 0; which < 3; which++) {
		struct serving *serving = start(*state, which);
		struct lane lane =
			lane_open_queue(serving, (uint64_t)which + 1, 0, "jobs");

		assert_int_equal(lane_send(&lane, 1, 7, "hello"), 1);
		lane_say_take(&lane, 0, -1, 1, 0);
		lane_hear_message(&lane, 7, "hello");
		assert_int_equal(lane_release(&lane, 1, 1), 1);
		lane_say_take(&lane, 0, 0, 2, 0);
		assert_int_equal(lane_hear_value(&lane), -EAGAIN);
		lane_close(&lane);
		serving_stop(serving);
	}
}

/* Plain sockets, and messages of every size, in pieces where they must be. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {0,     1,      7,       8,	9,	 4095,
				       65536, 200000, 1 << 20, 5000001, 20000000};
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "big", 64 << 20, 16);
	size_t most = 20000000;
	unsigned char *bytes = malloc(sizeof(struct nr_wire_send) +
				      sizeof(struct nr_wire_item) + most + 8);
	struct nr_wire_send send = {.count = 1};
	struct nr_wire_item item = {.type = 1};
	unsigned char *text = bytes + sizeof(send) + sizeof(item);

	for (size_t i = 0; i < most; i++)
		text[i] = (unsigned char)(i * i >> 3);
	for (int which = 0; which < 6; which++) {
		struct serving *serving = start(room, which / 2);
		struct lane lane =
			lane_open(serving, kinds[which % 2], (uint64_t)which + 10, 0);
		uint64_t number = 0;

		assert_int_equal(lane_open_name(&lane, 0, "big"), 0);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			const struct {
				struct nr_wire_take take;
				uint64_t room;
			} take = {.take = {.delivery = i + 1, .count = 1}, .room = most};
			struct heard heard;

			send.number = ++number;
			item.length = sizes[i];
			memcpy(bytes, &send, sizeof(send));
			memcpy(bytes + sizeof(send), &item, sizeof(item));
			lane_say(&lane, NR_WIRE_SEND, 0, -1, bytes,
				 sizeof(send) + sizeof(item) + (sizes[i] + 7) / 8 * 8);
			assert_int_equal(lane_hear_value(&lane), 1);
			lane_say(&lane, NR_WIRE_TAKE, i % 2 ? NR_WIRE_QUIET : 0, -1,
				 &take, sizeof(take));
			heard = lane_hear(&lane);
			assert_int_equal(heard.frame.value, 1);
			memcpy(&item, heard.body, sizeof(item));
			assert_int_equal(item.length, sizes[i]);
			assert_memory_equal(heard.body + sizeof(item), text, sizes[i]);
			if (i % 2 == 0)
				assert_int_equal(lane_release(&lane, number, i + 1), 1);
		}
		assert_int_equal(room_stat(queue).messages, 0);
		assert_int_equal(room_stat(queue).held_messages, 0);
		lane_close(&lane);
		serving_stop(serving);
	}
	naru_queue_close(queue);
	free(bytes);
}

/* A conversation of several requests; returns its length. */
static size_t converse(unsigned char *bytes, uint64_t session)
{
	static const unsigned char name[8] = "q";
	const struct nr_wire_hello hello = {
		.magic = NR_WIRE_MAGIC, .lowest = 1, .highest = 1, .session = {session}};
	const struct nr_wire_open open = {
		.capacity = 1024, .messages = 8, .name_length = 1};
	const struct nr_wire_send send = {.count = 1};
	const struct nr_wire_item item = {.type = 1, .length = 5};
	const struct nr_wire_frame frames[] = {
		{sizeof(hello), NR_WIRE_HELLO, 0, 0, 1},
		{sizeof(open) + 8, NR_WIRE_OPEN, NR_WIRE_CREATE, 0, 2},
		{sizeof(send) + sizeof(item) + 8, NR_WIRE_SEND, NR_WIRE_QUIET, 0, 3},
		{sizeof(send) + sizeof(item) + 8, NR_WIRE_SEND, NR_WIRE_QUIET, 0, 4},
		{0, NR_WIRE_STAT, 0, 0, 5},
	};
	const void *parts[5][3] = {
		{&hello},
		{&open, name},
		{&send, &item, "hello\0\0"},
		{&send, &item, "hello\0\0"},
	};
	const size_t lengths[5][3] = {
		{sizeof(hello)},
		{sizeof(open), 8},
		{sizeof(send), sizeof(item), 8},
		{sizeof(send), sizeof(item), 8},
	};
	size_t length = 0;

	for (int i = 0; i < 5; i++) {
		memcpy(bytes + length, &frames[i], sizeof(frames[i]));
		length += sizeof(frames[i]);
		for (int j = 0; j < 3 && parts[i][j]; j++) {
			memcpy(bytes + length, parts[i][j], lengths[i][j]);
			length += lengths[i][j];
		}
	}
	return length;
}

/* However the bytes come in, it is the same requests: two pieces, cut anywhere. */
static void test_pieces(void **state)
{
	struct room *room = *state;
	const char *at[] = {"tcp://127.0.0.1:0", NULL};
	const struct nr_server_options options = {.urls = at};
	unsigned char bytes[512];
	struct nr_server *server;
	size_t length = converse(bytes, 1);

	assert_int_equal(nr_server_open(room->space, &options, &server), 0);
	for (size_t cut = 1; cut < 2 * length; cut++) {
		struct naru_stream_options kind =
			NARU_INIT(kind, .flags = kinds[cut % 2], .capacity = 4096);
		size_t first = cut / 2;
		struct nr_wire_stat_answer stat;
		struct lane lane = {0};
		struct heard heard;

		converse(bytes, cut);
		assert_int_equal(naru_connect(room->space, nr_server_url(server, 0),
					      &kind, -1, &lane.stream),
				 0);
		if (first > 0)
			write_all(lane.stream, bytes, first);
		for (int i = 0; i < 4; i++)
			assert_int_equal(nr_server_turn(server, false), 0);
		write_all(lane.stream, bytes + first, length - first);
		for (int i = 0; i < 4; i++)
			assert_int_equal(nr_server_turn(server, false), 0);
		assert_int_equal(lane_hear(&lane).frame.serial, 1);
		assert_int_equal(lane_hear(&lane).frame.serial, 2);
		heard = lane_hear(&lane);
		assert_int_equal(heard.frame.serial, 5);
		memcpy(&stat, heard.body, sizeof(stat));
		assert_int_equal(stat.messages, 2);
		assert_int_equal(stat.bytes, 10);
		lane_close(&lane);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
	nr_server_close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_round),
		in_a_room(test_sizes),
		in_a_room(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
