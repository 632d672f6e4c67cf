/* SPDX-License-Identifier: MIT */

/*
 * A server that breaks the rules: its clients' calls fail, or do not, and nothing else
 * happens to them. To be run with AddressSanitizer.
 *
 *	hostile-remote [SEED]
 */

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/default-space.h>
#include <support/impostor.h>
#include <support/must.h>
#include <support/random.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CALLS = 4000, HELD = 4, ROOM = 5000, ENTRY = sizeof(struct nr_wire_entry) };

static uint64_t first_seed;

struct user {
	struct naru_queue *queue;
	uint64_t seed;
	struct naru_message held[HELD];
	int count;
	unsigned long succeeded;
};

static int visit(void *data, const struct naru_entry *entry)
{
	(void)data;
	must(strlen(entry->name) <= NARU_NAME_MAX);
	return 0;
}

/* What was handed out can be read and written. */
static void use(void *data, size_t length)
{
	memset(data, 'x', length);
}

static void finish_one(struct user *user)
{
	struct naru_message message;

	if (user->count == 0)
		return;
	message = user->held[--user->count];
	if (random_below(&user->seed, 2))
		naru_queue_release(user->queue, &message);
	else
		naru_queue_give_back(user->queue, &message);
}

static long call(struct user *user, const char *url)
{
	static char bytes[4][ROOM];
	struct naru_queue_options options = NARU_INIT(options, .mode = 0600);
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	struct naru_item items[4];
	struct naru_space *space = NULL;
	ssize_t n;

	for (int i = 0; i < 4; i++)
		items[i] =
			(struct naru_item){1, bytes[i], random_below(&user->seed, ROOM)};
	switch (random_below(&user->seed, 12)) {
	case 0:
		return naru_queue_send_batch(user->queue, items, 4, 0);
	case 1:
	case 2:
		n = naru_queue_receive_batch(user->queue, 0, 0, items, 4, 0);
		for (ssize_t i = 0; i < n; i++)
			use(items[i].data, items[i].length);
		return n;
	case 3:
		n = naru_queue_look(user->queue, 0, 0, bytes[0], ROOM, NULL);
		if (n > 0)
			use(bytes[0], (size_t)n);
		return n;
	case 4:
	case 5:
		if (user->count == HELD)
			finish_one(user);
		n = naru_queue_take(user->queue, 0, 0, 0, &user->held[user->count]);
		if (n == 0) {
			use(user->held[user->count].data, user->held[user->count].length);
			user->count++;
		}
		return n;
	case 6:
		finish_one(user);
		return 0;
	case 7:
		return naru_queue_stat(user->queue, &stat);
	case 8:
		return naru_queue_set(user->queue, &options);
	case 9:
		n = naru_queue_fd(user->queue, NARU_READABLE);
		return n < 0 ? n : naru_queue_rearm(user->queue, NARU_READABLE);
	case 10:
		must_be(naru_space_open(url, NULL, &space), 0);
		n = naru_space_list(space, visit, NULL);
		naru_space_close(space);
		return n;
	default:
		return naru_queue_send(user->queue, 1, bytes[0], 8, 0);
	}
}

static void open_anew(struct user *user, const char *url)
{
	struct naru_queue_options options = NARU_INIT(
		options, .flags = random_below(&user->seed, 3) ? 0 : NARU_UNCONFIRMED);
	char name[128];

	user->queue = naru_queue_close(user->queue);
	user->count = 0;
	snprintf(name, sizeof(name), "%s/q", url);
	while (naru_queue_open(NULL, name, &options, &user->queue) < 0)
		;
}

static void test_spoilt_answers(void **state)
{
	struct user user = {.seed = first_seed};
	struct impostor impostor;

	(void)state;
	impostor_start(&impostor, first_seed);
	impostor.spoils = 30;
	for (int i = 0; i < CALLS; i++) {
		if (!user.queue || random_below(&user.seed, 30) == 0)
			open_anew(&user, impostor.url);
		user.succeeded += call(&user, impostor.url) >= 0;
	}
	print_message("seed %lu: %lu of %lu answers spoilt, %lu of %d calls succeeded\n",
		      (unsigned long)first_seed, impostor.spoilt, impostor.answered,
		      user.succeeded, CALLS);
	assert_true(user.succeeded > CALLS / 4);
	assert_true(impostor.spoilt > CALLS / 10);
	naru_queue_close(user.queue);
	impostor_stop(&impostor);
}

/* A right answer says that another one follows; and so on, for ever. */
static bool say_more(struct impostor *impostor, const struct nr_wire_frame *request,
		     const unsigned char *body, struct impostor_answer *answer)
{
	(void)body;
	impostor->floods = false;
	if (request->verb <= NR_WIRE_OPEN)
		return true;
	answer->frame.flags |= NR_WIRE_MORE;
	impostor->floods = true;
	return true;
}

/* The same, with names that no object has. */
static bool say_more_of_nothing(struct impostor *impostor,
				const struct nr_wire_frame *request,
				const unsigned char *body, struct impostor_answer *answer)
{
	say_more(impostor, request, body, answer);
	if (request->verb == NR_WIRE_LIST)
		for (size_t at = ENTRY; at < answer->frame.length; at += ENTRY + 8)
			answer->body[at] = 0;
	return true;
}

static void test_answers_without_end(void **state)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	struct naru_space *space = NULL;
	struct naru_queue *queue = NULL;
	struct impostor impostor;
	char bytes[8], name[128];

	(void)state;
	impostor_start(&impostor, first_seed);
	impostor.meddle = say_more;
	snprintf(name, sizeof(name), "%s/q", impostor.url);
	must_be(naru_queue_open(NULL, name, NULL, &queue), 0);
	assert_int_equal(naru_queue_stat(queue, &stat), -EBADMSG);
	assert_int_equal(naru_queue_send(queue, 1, "a", 1, -1), -EBADMSG);
	assert_int_equal(naru_queue_receive(queue, 0, 0, bytes, 8, -1, NULL), -EBADMSG);
	assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), 0);
	assert_int_equal(naru_queue_rearm(queue, NARU_READABLE), 0);
	naru_queue_close(queue);
	must_be(naru_space_open(impostor.url, NULL, &space), 0);
	assert_int_equal(naru_space_list(space, visit, NULL), -ENOBUFS);
	impostor.meddle = say_more_of_nothing;
	assert_int_equal(naru_space_list(space, visit, NULL), -ECONNRESET);
	naru_space_close(space);
	impostor_stop(&impostor);
}

static bool release_none(struct impostor *impostor, const struct nr_wire_frame *request,
			 const unsigned char *body, struct impostor_answer *answer)
{
	(void)impostor;
	(void)body;
	if (request->verb == NR_WIRE_RELEASE)
		impostor_fail(answer, -ESTALE);
	return true;
}

static void test_messages_that_are_never_ours(void **state)
{
	struct naru_queue *queue = NULL;
	struct impostor impostor;
	char bytes[8], name[128];

	(void)state;
	impostor_start(&impostor, first_seed);
	impostor.meddle = release_none;
	snprintf(name, sizeof(name), "%s/q", impostor.url);
	must_be(naru_queue_open(NULL, name, NULL, &queue), 0);
	assert_int_equal(naru_queue_receive(queue, 0, 0, bytes, 8, 0, NULL), -EAGAIN);
	assert_int_equal(naru_queue_receive(queue, 0, 0, bytes, 8, 10, NULL), -ETIMEDOUT);
	naru_queue_close(queue);
	impostor_stop(&impostor);
}

struct shouter {
	int listener;
	const char *text;
};

static void *shout(void *data)
{
	struct shouter *shouter = data;
	int fd = accept(shouter->listener, NULL, NULL);
	char byte;

	must(fd >= 0);
	send(fd, shouter->text, strlen(shouter->text), MSG_NOSIGNAL);
	while (recv(fd, &byte, 1, 0) > 0)
		;
	close(fd);
	return NULL;
}

static void test_another_kind_of_server(void **state)
{
	struct shouter shouter = {.text = "HTTP/1.1 400 Bad Request\r\n\r\n"};
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
	};
	socklen_t length = sizeof(address);
	struct naru_queue *queue = NULL;
	pthread_t thread;
	char url[64];

	(void)state;
	shouter.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(shouter.listener, (struct sockaddr *)&address, length) == 0);
	must(listen(shouter.listener, 1) == 0);
	must(getsockname(shouter.listener, (struct sockaddr *)&address, &length) == 0);
	snprintf(url, sizeof(url), "tcp://127.0.0.1:%d/q", ntohs(address.sin_port));
	must_be(pthread_create(&thread, NULL, shout, &shouter), 0);
	assert_int_equal(naru_queue_open(NULL, url, NULL, &queue), -EPROTO);
	must_be(pthread_join(thread, NULL), 0);
	close(shouter.listener);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_kind_of_server),
		cmocka_unit_test(test_answers_without_end),
		cmocka_unit_test(test_messages_that_are_never_ours),
		cmocka_unit_test(test_spoilt_answers),
	};

	default_space_of_our_own();
	first_seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
