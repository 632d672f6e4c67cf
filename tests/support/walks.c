/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <queue/check.h>
#include <string.h>
#include <support/must.h>
#include <support/walks.h>

enum { ROOM = 8192, MANY = 300, NEW = 77 };

static unsigned char buffer[ROOM];

static bool is_error(ssize_t r)
{
	return r < 0 && r > -4096;
}

static ssize_t receive(struct naru_queue *queue, int64_t select, int flags, size_t size)
{
	int64_t type = 0;
	ssize_t n = naru_queue_receive(queue, select, flags, buffer, size, 0, &type);

	must(is_error(n) || ((size_t)n <= size && type > 0));
	return n;
}

static void receive_all(struct naru_queue *queue, int64_t select, int flags)
{
	for (int i = 0; i < MANY; i++)
		if (receive(queue, select, flags, ROOM) < 0)
			break;
}

static void send(struct naru_queue *queue, int64_t type, size_t length)
{
	int r = naru_queue_send(queue, type, buffer, length, 0);

	must(r == 0 || is_error(r));
}

static void touch(const struct naru_message *message)
{
	volatile unsigned char *bytes = message->data;

	for (size_t i = 0; i < message->length; i++)
		bytes[i] = (unsigned char)(bytes[i] + 1);
}

static bool take(struct naru_queue *queue, int64_t select, struct naru_message *ret)
{
	int r = naru_queue_take(queue, select, 0, 0, ret);

	must(r == 0 || is_error(r));
	if (r == 0)
		touch(ret);
	return r == 0;
}

static void receive_any(struct laden *laden, struct naru_queue *queue)
{
	(void)laden;
	receive(queue, 0, NARU_TRUNCATE, 1);
	receive_all(queue, 0, 0);
}

static void receive_types(struct laden *laden, struct naru_queue *queue)
{
	static const int64_t types[] = {
		LADEN_CHAINED,	  LADEN_ALONE, LADEN_HELD,  1, 2, 3, 6,
		INT64_C(1) << 40, INT64_MAX,   LADEN_NEVER,
	};

	(void)laden;
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		receive(queue, types[i], 0, ROOM);
	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		receive_all(queue, types[i], 0);
}

static void receive_lowest(struct laden *laden, struct naru_queue *queue)
{
	(void)laden;
	receive_all(queue, -2, 0);
	receive_all(queue, -LADEN_HELD, 0);
	receive_all(queue, INT64_MIN, 0);
}

static void receive_except(struct laden *laden, struct naru_queue *queue)
{
	(void)laden;
	for (int64_t type = 1; type < 4; type++)
		for (int i = 0; i < 4; i++)
			receive(queue, type, NARU_EXCEPT, ROOM);
	receive_all(queue, INT64_MAX, NARU_EXCEPT);
	receive_all(queue, 1, NARU_EXCEPT);
}

static void look(struct laden *laden, struct naru_queue *queue)
{
	struct naru_queue_stat stat = NARU_INIT(stat, .messages = 0);
	ssize_t n;

	(void)laden;
	for (uint64_t nth = 0; nth < 60; nth++) {
		n = naru_queue_look(queue, nth, 0, buffer, ROOM, NULL);
		must(is_error(n) || n <= ROOM);
		n = naru_queue_look(queue, nth, NARU_TRUNCATE, buffer, 7, NULL);
		must(is_error(n) || n <= 7);
	}
	naru_queue_look(queue, UINT64_MAX, 0, buffer, ROOM, NULL);
	naru_queue_stat(queue, &stat);
}

static void send_and_park(struct laden *laden, struct naru_queue *queue)
{
	struct naru_item items[4] = {
		{NEW, buffer, 10},
		{1, buffer, 0},
		{INT64_MAX, buffer, 200},
		{2, buffer, 64},
	};

	(void)laden;
	for (int64_t type = 1; type < 4; type++)
		send(queue, type, 66);
	send(queue, NEW, 66);
	send(queue, LADEN_CHAINED, LADEN_LARGE);
	receive(queue, LADEN_NEVER, 0, ROOM);
	naru_queue_send_batch(queue, items, 4, 0);
	for (int i = 0; i < 5; i++)
		send(queue, NEW + i, 1000);
	receive(queue, LADEN_NEVER, 0, ROOM);
	send(queue, 1, 2000);
	receive_all(queue, 0, 0);
}

static void claim(struct naru_queue *queue, size_t length, size_t used)
{
	struct naru_message message;
	int r = naru_queue_claim(queue, NEW, length, 0, &message);

	must(r == 0 || is_error(r));
	if (r < 0)
		return;
	touch(&message);
	message.length = used;
	r = used == length ? naru_queue_cancel(queue, &message)
			   : naru_queue_commit(queue, &message);
	if (r < 0)
		naru_queue_cancel(queue, &message);
}

/* While others are held, so that the list has more than these. */
static void hold(struct laden *laden, struct naru_queue *queue)
{
	static const int64_t types[] = {LADEN_CHAINED, 1, LADEN_HELD, LADEN_QUEUED, 3};
	enum { TAKEN = sizeof(types) / sizeof(*types) };
	struct naru_message message[TAKEN];
	bool taken[TAKEN];

	(void)laden;
	for (int i = 0; i < TAKEN; i++)
		taken[i] = take(queue, types[i], &message[i]);
	claim(queue, LADEN_LARGE, 10);
	claim(queue, LADEN_LARGE, 300);
	claim(queue, LADEN_LARGE, LADEN_LARGE);
	claim(queue, 500, 20);
	for (int i = 0; i < TAKEN; i++) {
		if (!taken[i])
			continue;
		touch(&message[i]);
		if (i % 2 == 0 && naru_queue_give_back(queue, &message[i]) == 0)
			continue;
		naru_queue_release(queue, &message[i]);
	}
	receive_all(queue, 0, 0);
}

static void use_sessions(struct laden *laden, struct naru_queue *queue)
{
	const struct naru_item item = {.type = 3, .data = buffer, .length = 20};
	const struct naru_item large = {.type = 3, .data = buffer, .length = LADEN_LARGE};
	struct naru_once once = {.session = {0x1234, 0x5678}, .number = 6};
	struct naru_message message;
	uint64_t sent, released;

	(void)laden;
	naru_queue_recall(queue, &once, &sent, &released);
	naru_queue_send_once(queue, &once, &item, 1, 0);
	once.number = 7;
	naru_queue_send_once(queue, &once, &large, 1, 0);
	if (take(queue, LADEN_CHAINED, &message))
		naru_queue_release_once(queue, &once, &message);
	once = (struct naru_once){.session = {1, 2}, .number = UINT64_MAX - 1};
	naru_queue_send_once(queue, &once, &item, 1, 0);
	naru_queue_recall(queue, &once, &sent, &released);
}

static void grow(struct laden *laden, struct naru_queue *queue)
{
	struct naru_queue_options options = NARU_INIT(options, .capacity = 20000);

	(void)laden;
	naru_queue_set(queue, &options);
	for (int64_t type = 1; type < 4; type++)
		send(queue, type, 1024);
	send(queue, NEW, 3000);
	options.capacity = 40000;
	options.messages = 70;
	naru_queue_set(queue, &options);
	receive_all(queue, LADEN_NEVER, NARU_EXCEPT);
	options.capacity = 10;
	naru_queue_set(queue, &options);
	send(queue, NEW, 5);
}

static void poll(struct laden *laden, struct naru_queue *queue)
{
	(void)laden;
	naru_queue_fd(queue, NARU_READABLE);
	naru_queue_fd(queue, NARU_WRITABLE);
	send(queue, 1, 10);
	naru_queue_rearm(queue, NARU_READABLE);
	receive(queue, 0, 0, ROOM);
	naru_queue_rearm(queue, NARU_WRITABLE);
	send(queue, 1, 10);
}

static void note(void *data, const struct naru_finding *finding)
{
	unsigned *found = data;

	*found += finding->severity == NARU_SEVERITY_ERROR;
}

unsigned walks_check(struct laden *laden, int flags)
{
	unsigned found = 0;

	must(nr_queue_check(laden->room->space, LADEN_NAME, flags, note, &found) <= 0);
	return found;
}

static void check(struct laden *laden, struct naru_queue *queue)
{
	walks_check(laden, 0);
	walks_check(laden, NARU_CHECK_REPAIR);
	receive_any(laden, queue);
	walks_check(laden, NARU_CHECK_REPAIR);
}

static void remove_queue(struct laden *laden, struct naru_queue *queue)
{
	naru_queue_remove(laden->room->space, LADEN_NAME);
	send(queue, 1, 10);
	receive(queue, 0, 0, ROOM);
	look(laden, queue);
}

const struct walk walks[] = {
	{"receive any", receive_any, true},
	{"receive by type", receive_types, false},
	{"receive the lowest", receive_lowest, false},
	{"receive all but one", receive_except, false},
	{"look", look, false},
	{"send", send_and_park, false},
	{"hold", hold, false},
	{"sessions", use_sessions, true},
	{"grow", grow, false},
	{"poll", poll, false},
	{"check", check, false},
	{"remove", remove_queue, false},
	{0},
};
