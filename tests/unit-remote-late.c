/* SPDX-License-Identifier: MIT */

/*
 * The network breaks in the middle of a call, and stays away for longer than the call
 * waits. Afterwards every message is there, once, for whoever still uses the handle.
 *
 * A call waits for the network for five seconds; so all is done at once, in threads.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/proxy.h>
#include <support/served.h>
#include <support/unit.h>

enum { MESSAGES = 3, TYPE = 7 };

struct late {
	struct room *room;
	const char *server;
	struct naru_queue *here;
	void (*does)(struct late *late, struct naru_queue *queue);
	uint64_t bytes; /* of the call that pass */
	int index;
	struct proxy proxy;
	pthread_t thread;
	int error; /* of the call; 0: it was done in time */
};

static char receive_one(struct naru_queue *queue, int timeout_ms, ssize_t *ret_error)
{
	char byte = 0;
	ssize_t n = naru_queue_receive(queue, 0, 0, &byte, 1, timeout_ms, NULL);

	*ret_error = n < 0 ? n : 0;
	return n == 1 ? byte : '\0';
}

static void receive_late(struct late *late, struct naru_queue *queue)
{
	ssize_t error;
	char byte = receive_one(queue, 0, &error);

	late->error = (int)error;
	must(error == 0 ? byte == 'a' : byte == 0);
}

static void receive_batch_late(struct late *late, struct naru_queue *queue)
{
	char bytes[2] = "";
	struct naru_item items[2] = {{0, &bytes[0], 1}, {0, &bytes[1], 1}};
	ssize_t n = naru_queue_receive_batch(queue, 0, 0, items, 2, 0);

	late->error = n < 0 ? (int)n : 0;
	must(n < 0 || (n == 2 && bytes[0] == 'a' && bytes[1] == 'b'));
}

static void take_late(struct late *late, struct naru_queue *queue)
{
	struct naru_message message;

	late->error = naru_queue_take(queue, 0, 0, 0, &message);
	if (late->error == 0 && naru_queue_give_back(queue, &message) < 0) {
		/* It is still there to be given back. */
		proxy_mend(&late->proxy);
		must_be(naru_queue_give_back(queue, &message), 0);
	}
	/* As if nothing had been received. */
	late->error = -ECONNRESET;
}

static size_t first_left(const struct late *late)
{
	if (late->error < 0)
		return 0;
	return late->does == receive_batch_late ? 2 : 1;
}

/* What is left comes in order, whoever has settled what was open. */
static void *be_late(void *data)
{
	static const char all[] = "abc";
	struct late *late = data;
	struct naru_queue *queue = NULL;
	struct proxy *proxy = &late->proxy;
	char url[128];
	ssize_t error;

	proxy_start(proxy, late->server);
	snprintf(url, sizeof(url), "%s/q%d", proxy->url, late->index);
	must_be(naru_queue_open(NULL, url, NULL, &queue), 0);
	proxy_close_after(proxy, late->bytes);
	late->does(late, queue);
	proxy_mend(proxy);
	/* Another call than a receive may be the next one. */
	if (late->index % 2)
		room_stat(queue);
	for (size_t i = first_left(late); i < MESSAGES; i++) {
		must(receive_one(queue, -1, &error) == all[i]);
		must(error == 0);
	}
	must(receive_one(queue, 0, &error) == 0 && error == -EAGAIN);
	must(room_stat(late->here).received == MESSAGES);
	must(room_stat(late->here).held_messages == 0);
	naru_queue_close(queue);
	proxy_stop(proxy);
	return NULL;
}

static void test_receives(void **state)
{
	static const uint64_t cuts[] = {0,   20,  48,  60,  88,	 100, 128,
					136, 143, 151, 159, 167, 175, 1000};
	enum { CUTS = sizeof(cuts) / sizeof(cuts[0]), HOWS = 3 };
	static void (*const hows[HOWS])(struct late *, struct naru_queue *) = {
		receive_late, receive_batch_late, take_late};
	struct late late[HOWS * CUTS];
	struct served served = {0};
	struct room *room = *state;
	int failed = 0, done = 0;

	served_start(&served, room->path, "tcp://127.0.0.1:0");
	for (int i = 0; i < HOWS * CUTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "q%d", i);
		late[i] = (struct late){
			.room = room,
			.server = served.url,
			.here = room_queue(room, name, 1000, 0),
			.does = hows[i / CUTS],
			.bytes = cuts[i % CUTS],
			.index = i,
		};
		for (const char *word = "abc"; *word; word++)
			must_be(naru_queue_send(late[i].here, TYPE, word, 1, 0), 0);
	}
	for (int i = 0; i < HOWS * CUTS; i++)
		must_be(pthread_create(&late[i].thread, NULL, be_late, &late[i]), 0);
	for (int i = 0; i < HOWS * CUTS; i++) {
		must_be(pthread_join(late[i].thread, NULL), 0);
		failed += late[i].error == -ECONNRESET;
		done += late[i].error == 0;
		naru_queue_close(late[i].here);
	}
	assert_true(failed >= 2 * CUTS && done >= 2);
	served_kill(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_receives),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
