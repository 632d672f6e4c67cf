/* SPDX-License-Identifier: MIT */

/* Queues and spaces by URL: what is not as with those of this machine. */

#include <naru/segment.h>
#include <naru/stream.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/default-space.h>
#include <support/must.h>
#include <support/served-room.h>
#include <support/unit.h>
#include <unistd.h>

static int set_up(void **state)
{
	*state = served_room_open(100000, 0);
	return 0;
}

static int tear_down(void **state)
{
	served_room_close(*state);
	return 0;
}

static void test_urls(void **state)
{
	static const char *const bad[] = {
		"tcp://127.0.0.1:1",
		"tcp://127.0.0.1:1/",
		"tcp://127.0.0.1/q",
		"tcp://127.0.0.1:1/a/b",
		"tcp://127.0.0.1:1/.q",
		"tcp://:1/q",
		"tcp://127.0.0.1:99999/q",
		"http://127.0.0.1:1/q",
		"unix:///x/q",
		"unix://x#q",
		"unix:///x#",
		"local://a/b/c",
		"local://a#b#c",
		"local:///q",
		"tcp://127.0.0.1:1#q",
		"://",
		"tls://127.0.0.1:1/q q",
	};
	struct naru_queue *queue = NULL;
	struct naru_space *space = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(naru_queue_open(NULL, bad[i], NULL, &queue), -EINVAL);
		assert_int_equal(naru_queue_create(NULL, bad[i], NULL, &queue), -EINVAL);
		assert_int_equal(naru_queue_remove(NULL, bad[i]), -EINVAL);
	}
	assert_int_equal(naru_space_open("tcp://127.0.0.1:1/q", NULL, &space), -EINVAL);
	assert_int_equal(naru_space_open("ftp://127.0.0.1:1", NULL, &space), -EINVAL);
	assert_null(queue);
}

static void test_nobody_there(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = NULL;
	char url[128];

	snprintf(url, sizeof(url), "unix://%s/nothing#q", room->path);
	assert_int_equal(naru_queue_open(NULL, url, NULL, &queue), -ENOENT);
	assert_int_equal(naru_queue_remove(NULL, url), -ENOENT);
	assert_int_equal(naru_queue_open(NULL, "tcp://127.0.0.1:1/q", NULL, &queue),
			 -ECONNREFUSED);
	assert_int_equal(naru_queue_open(room->space, "local://nobody/q", NULL, &queue),
			 -ENOENT);
}

static void test_by_each_kind_of_url(void **state)
{
	static const char *const urls[] = {"local://server", "unix://%s/.server",
					   "tcp://127.0.0.1:0", "tcp://[::1]:0",
					   "tls://127.0.0.1:0"};
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct served served = {0};
		struct naru_queue *away = NULL;

		served_start(&served, room->path, urls[i]);
		must_be(naru_queue_open(room->space, served_queue(&served, "q"), NULL,
					&away),
			0);
		words_send(away, 3, "hello");
		assert_string_equal(words_receive(queue, 0, 0), "3 hello");
		words_send(queue, 4, "there");
		assert_string_equal(words_receive(away, 0, 0), "4 there");
		naru_queue_close(away);
		if (strncmp(urls[i], "local:", 6) == 0) {
			must_be(naru_queue_open(room->space, "local://server#q", NULL,
						&away),
				0);
			naru_queue_close(away);
		}
		served_kill(&served);
	}
	naru_queue_close(queue);
}

static int count(void *data, const struct naru_entry *entry)
{
	int *seen = data;

	assert_true(strncmp(entry->name, "q", 1) == 0);
	assert_int_equal(entry->kind, NARU_KIND_QUEUE);
	assert_int_equal(entry->mode, 0600);
	return ++*seen == 100 ? 7 : 0;
}

static void test_a_space(void **state)
{
	struct served_room *it = *state;
	struct naru_space_stat stat = NARU_INIT(stat, .peers = 0);
	struct naru_queue_options small = NARU_INIT(small, .capacity = 64);
	struct naru_space *space = NULL;
	struct naru_segment *segment = NULL;
	struct naru_listener *listener = NULL;
	struct naru_queue *queue = NULL;
	char name[16];
	int seen = 0;

	must_be(naru_space_open(it->served.url, NULL, &space), 0);
	assert_string_equal(naru_space_path(space), it->served.url);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "q%d", i);
		must_be(naru_queue_create(space, name, &small, &queue), 0);
		naru_queue_close(queue);
	}
	assert_int_equal(naru_queue_create(space, "q7", &small, &queue), -EEXIST);
	assert_int_equal(naru_space_stat(space, &stat), 0);
	assert_int_equal(stat.objects, 151);
	assert_int_equal(naru_space_list(space, count, &seen), 7);
	assert_int_equal(seen, 100);
	seen = -1000;
	assert_int_equal(naru_space_list(space, count, &seen), 0);
	assert_int_equal(seen, 151 - 1000);
	assert_int_equal(naru_queue_remove(space, "q7"), 0);
	assert_int_equal(naru_queue_remove(space, "q7"), -ENOENT);
	assert_int_equal(naru_queue_open(space, "q7", NULL, &queue), -ENOENT);
	assert_int_equal(naru_queue_open(space, "no/name", NULL, &queue), -EINVAL);
	assert_int_equal(naru_queue_open(space, "tcp://127.0.0.1:1/q", NULL, &queue),
			 -EINVAL);

	assert_int_equal(naru_segment_open(space, "s", NULL, &segment), -EOPNOTSUPP);
	assert_int_equal(naru_segment_remove(space, "s"), -EOPNOTSUPP);
	assert_int_equal(naru_space_check(space, 0, NULL, NULL), -EOPNOTSUPP);
	assert_int_equal(naru_listen(space, "local://x", NULL, &listener), -EOPNOTSUPP);
	naru_space_close(space);
}

static void test_what_the_server_does_itself(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;
	struct naru_once once = {.session = {1, 2}, .number = 1};
	struct naru_item item = {1, "x", 1};
	struct naru_message message = {0};
	uint64_t sent;

	assert_int_equal(naru_queue_send_once(queue, &once, &item, 1, 0), -EOPNOTSUPP);
	assert_int_equal(naru_queue_release_once(queue, &once, &message), -EOPNOTSUPP);
	assert_int_equal(naru_queue_recall(queue, &once, &sent, NULL), -EOPNOTSUPP);
}

static void test_a_close_gives_back_at_once(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue;
	struct naru_message message;

	it->served.grace_ms = 1000000;
	served_room_restart(it);
	queue = served_room_reopen(it);
	words_send(queue, 1, "a");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	assert_string_equal(words_receive(it->here, 0, 0), "EAGAIN");
	naru_queue_close(queue);
	must_be(naru_queue_take(it->here, 0, 0, -1, &message), 0);
	assert_string_equal(words_of(&message), "1 a");
	naru_queue_release(it->here, &message);
}

static void test_the_server_is_started_again(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;
	struct naru_message message;

	words_send(queue, 1, "a");
	words_send(queue, 2, "b");
	served_room_restart(it);
	words_send(queue, 3, "c");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	served_stop(&it->served);
	served_again(&it->served);
	assert_int_equal(naru_queue_release(queue, &message), -ESTALE);
	assert_int_equal(naru_queue_release(queue, &message), -EINVAL);
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	served_room_restart(it);
	assert_int_equal(naru_queue_give_back(queue, &message), 0);
	assert_string_equal(words_receive(queue, 0, 0), "1 a");
	assert_string_equal(words_receive(queue, 0, 0), "2 b");
	assert_string_equal(words_receive(queue, 0, 0), "3 c");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
}

static void *receive_in_thread(void *queue)
{
	char byte;

	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, -1, NULL), 1);
	return NULL;
}

/* Each thread has a connection while it calls. */
static void *send_and_receive(void *queue)
{
	for (int i = 0; i < 300; i++) {
		char byte = 0;

		must_be(naru_queue_send(queue, 1 + i % 3, "x", 1, -1), 0);
		must_be(naru_queue_receive(queue, 0, 0, &byte, 1, -1, NULL), 1);
		must(byte == 'x');
	}
	return NULL;
}

static void test_threads(void **state)
{
	enum { THREADS = 8 };
	struct served_room *it = *state;
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		must_be(pthread_create(&thread[i], NULL, send_and_receive, it->away), 0);
	for (int i = 0; i < THREADS; i++)
		must_be(pthread_join(thread[i], NULL), 0);
	assert_int_equal(room_stat(it->here).received, THREADS * 300);
	assert_int_equal(room_stat(it->here).messages, 0);
}

/* Those who wait for ever are not told: they wait on, with the next one. */
static void test_restart_while_some_wait(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;
	pthread_t thread[5];

	for (int i = 0; i < 5; i++)
		must_be(pthread_create(&thread[i], NULL, receive_in_thread, queue), 0);
	room_await_waiting(queue, 0, 5);
	served_stop(&it->served);
	served_again(&it->served);
	room_await_waiting(queue, 0, 5);
	served_room_restart(it);
	for (int i = 0; i < 5; i++)
		words_send(it->here, 1, "x");
	for (int i = 0; i < 5; i++)
		must_be(pthread_join(thread[i], NULL), 0);
	assert_int_equal(room_stat(it->here).received, 5);
}

static void test_a_removed_queue_stays_removed(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;

	assert_int_equal(naru_queue_remove(it->room->space, "q"), 0);
	served_room_restart(it);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EIDRM);
	naru_queue_close(room_queue(it->room, "q", 0, 0));
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EIDRM);
}

static void test_the_server_is_gone(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;
	struct naru_message message;

	words_send(queue, 1, "a");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	served_kill(&it->served);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -ECONNREFUSED);
	served_again(&it->served);
	/* Nothing was asked, so that nothing is known. */
	assert_int_equal(naru_queue_release(queue, &message), -ESTALE);
}

static int use_the_parents(void *data)
{
	struct naru_queue *queue = data;

	assert_string_equal(words_receive(queue, 0, 0), "2 b");
	words_send(queue, 3, "c");
	return 0;
}

static void test_a_child_has_its_own_connections(void **state)
{
	struct served_room *it = *state;
	struct naru_queue *queue = it->away;
	struct naru_message message;

	words_send(queue, 1, "a");
	words_send(queue, 2, "b");
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(child_run(use_the_parents, queue), 0);
		assert_string_equal(words_receive(queue, 0, 0), "3 c");
		words_send(queue, 2, "b");
	}
	assert_int_equal(naru_queue_release(queue, &message), 0);
}

struct family {
	struct served_room *it;
	int says[2], until[2];
};

static int read_until(void *data)
{
	struct family *family = data;
	char byte;

	close(family->until[1]);
	must(write(family->says[1], "x", 1) == 1);
	must(read(family->until[0], &byte, 1) == 0);
	return 0;
}

static int take_and_have_a_child(void *data)
{
	struct family *family = data;
	struct naru_queue *queue = served_room_reopen(family->it);
	struct naru_message message;

	must_be(naru_queue_take(queue, 0, 0, -1, &message), 0);
	if (fork() == 0)
		_exit(read_until(family));
	for (;;)
		pause();
}

/* A child that does not care keeps its parent's death from nobody. */
static void test_the_parents_death_is_heard(void **state)
{
	struct family family = {.it = *state};
	struct naru_message message;
	pid_t parent;
	char byte;

	words_send(family.it->here, 1, "a");
	must(pipe(family.says) == 0 && pipe(family.until) == 0);
	parent = child_start(take_and_have_a_child, &family);
	must(read(family.says[0], &byte, 1) == 1);
	child_kill(parent);
	must_be(naru_queue_take(family.it->here, 0, 0, -1, &message), 0);
	assert_int_equal(naru_queue_release(family.it->here, &message), 0);
	close(family.until[1]);
	close(family.until[0]);
	close(family.says[0]);
	close(family.says[1]);
}

#define with_a_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_urls),
		in_a_room(test_nobody_there),
		in_a_room(test_by_each_kind_of_url),
		with_a_server(test_a_space),
		with_a_server(test_what_the_server_does_itself),
		with_a_server(test_a_close_gives_back_at_once),
		with_a_server(test_the_server_is_started_again),
		with_a_server(test_threads),
		with_a_server(test_restart_while_some_wait),
		with_a_server(test_a_removed_queue_stays_removed),
		with_a_server(test_the_server_is_gone),
		with_a_server(test_a_child_has_its_own_connections),
		with_a_server(test_the_parents_death_is_heard),
	};

	default_space_of_our_own();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
