/* SPDX-License-Identifier: MIT */

/*
 * The network breaks at every byte of a conversation, once in each run: whatever was
 * under way, every message is there once, and in order.
 */

#include <stdio.h>
#include <string.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/proxy.h>
#include <support/served.h>
#include <support/unit.h>

enum { LARGE = 200 };

/* A program that knows nothing of it. */
static void converse(const char *url)
{
	struct naru_queue *queue = NULL;
	struct naru_message message;
	struct naru_item items[3];
	static char large[LARGE], room[3][LARGE];

	must_be(naru_queue_open(NULL, url, NULL, &queue), 0);
	words_send(queue, 1, "a");
	words_send(queue, 2, "b");
	memset(large, 'c', sizeof(large));
	items[0] = (struct naru_item){3, large, LARGE};
	items[1] = (struct naru_item){4, "dd", 2};
	items[2] = (struct naru_item){5, "", 0};
	must_be(naru_queue_send_batch(queue, items, 3, -1), 3);
	must_be(naru_queue_claim(queue, 6, 1, -1, &message), 0);
	memcpy(message.data, "f", 1);
	must_be(naru_queue_commit(queue, &message), 0);

	assert_string_equal(words_receive(queue, 2, 0), "2 b");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	memcpy(message.data, "A", 1);
	must_be(naru_queue_give_back(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 A");
	for (int i = 0; i < 3; i++)
		items[i] = (struct naru_item){0, room[i], LARGE};
	must_be(naru_queue_receive_batch(queue, 0, 0, items, 3, -1), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(items[i].type, 3 + i);
	assert_int_equal(items[0].length, LARGE);
	assert_memory_equal(room[0], large, LARGE);
	assert_string_equal(words_take(queue, 0, 0, &message), "6 f");
	must_be(naru_queue_release(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	naru_queue_close(queue);
}

static void cut_everywhere(void **state, uint64_t step)
{
	struct room *room = *state;
	struct served served = {0};
	struct proxy proxy;
	uint64_t bytes = 0;
	char url[128];

	served_start(&served, room->path, "tcp://127.0.0.1:0");
	proxy_start(&proxy, served.url);
	snprintf(url, sizeof(url), "%s/q", proxy.url);
	for (;; bytes += step) {
		struct naru_queue *queue = room_queue(room, "q", 0, 0);
		struct naru_queue_stat stat;

		proxy_cut_after(&proxy, bytes);
		converse(url);
		stat = room_stat(queue);
		assert_int_equal(stat.sent, 6);
		assert_int_equal(stat.received, 6);
		assert_int_equal(stat.messages, 0);
		assert_int_equal(stat.held_messages, 0);
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
		if (!proxy.cut)
			break;
	}
	print_message("cut at each of %lu bytes\n", (unsigned long)bytes);
	assert_true(bytes > 1500);
	proxy_stop(&proxy);
	served_kill(&served);
}

static void test_cut_at_every_byte(void **state)
{
	cut_everywhere(state, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_cut_at_every_byte),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
