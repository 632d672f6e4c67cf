/* SPDX-License-Identifier: MIT */

/*
 * Several senders and receivers, processes, note what they did and when; then
 * support/history.h judges whether the queue was first in, first out.
 *
 *	order-queue [SEED [RUNS]]
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/history.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <sys/mman.h>
#include <time.h>

enum {
	SENDERS = 3,
	RECEIVERS = 3,
	EACH = 500,
	MESSAGES = SENDERS * EACH,
	EVENTS = 4 * MESSAGES,
	BATCH = 4,
	LARGEST = 3000,
	/* A shorter call found nothing; a longer one may have waited for a lock. */
	SURELY_EMPTY_NS = 10 * 1000 * 1000,
};

struct shared {
	struct naru_queue *queue;
	uint64_t seed;
	int64_t types;
	_Atomic uint64_t operations;
	_Atomic uint64_t received;
	_Atomic uint64_t senders; /* that have begun */
	_Atomic uint64_t receivers;
	_Atomic uint64_t count;
	struct history_event events[EVENTS];
};

/*
 * With fences: a call's last store may reach the other processors some nanoseconds
 * after it returned, and its first load may have been done before it was called.
 */
static uint64_t now(void)
{
	struct timespec time;

	atomic_thread_fence(memory_order_seq_cst);
	clock_gettime(CLOCK_MONOTONIC, &time);
	atomic_thread_fence(memory_order_seq_cst);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void note(struct shared *shared, struct history_event event)
{
	uint64_t i = atomic_fetch_add(&shared->count, 1);

	/* Of calls that found nothing, as many as there is room for. */
	if (i < EVENTS)
		shared->events[i] = event;
	else
		must(event.kind == HISTORY_EMPTY);
}

static void fill(char *bytes, uint64_t message, size_t length)
{
	memset(bytes, (int)message, length);
	memcpy(bytes, &message, sizeof(message));
}

/* Send one or several, from number @first on; returns how many. */
static uint64_t send_some(struct shared *shared, uint64_t *seed, uint64_t first,
			  uint64_t most)
{
	static char bytes[BATCH][LARGEST];
	struct naru_item items[BATCH];
	struct naru_message message;
	uint64_t operation = atomic_fetch_add(&shared->operations, 1), start, end;
	uint64_t kind = random_below(seed, 3), count = 1;

	if (kind == 2)
		count = 1 + random_below(seed, most < BATCH ? most : BATCH);
	for (uint64_t i = 0; i < count; i++) {
		items[i].type = (int64_t)random_below(seed, (uint64_t)shared->types) + 1;
		items[i].length = 8 + random_below(seed, 1u << random_below(seed, 12));
		if (items[i].length > LARGEST)
			items[i].length = LARGEST;
		items[i].data = bytes[i];
		fill(bytes[i], first + i, items[i].length);
	}
	start = now();
	if (kind == 0) {
		must_be(naru_queue_send(shared->queue, items[0].type, items[0].data,
					items[0].length, -1),
			0);
	} else if (kind == 1) {
		must_be(naru_queue_claim(shared->queue, items[0].type, items[0].length,
					 -1, &message),
			0);
		memcpy(message.data, items[0].data, items[0].length);
		start = now();
		must_be(naru_queue_commit(shared->queue, &message), 0);
	} else {
		ssize_t n = naru_queue_send_batch(shared->queue, items, count, -1);

		must(n > 0);
		count = (uint64_t)n;
	}
	end = now();
	for (uint64_t i = 0; i < count; i++)
		note(shared, (struct history_event){
				     .kind = HISTORY_SEND,
				     .start = start,
				     .end = end,
				     .message = first + i,
				     .type = items[i].type,
				     .operation = operation,
				     .rank = (uint32_t)i,
			     });
	return count;
}

static int be_sender(void *data)
{
	struct shared *shared = data;
	uint64_t me = atomic_fetch_add(&shared->senders, 1);
	uint64_t seed = shared->seed + me, number = 0;

	while (number < EACH)
		number += send_some(shared, &seed, me * EACH + number, EACH - number);
	return 0;
}

static int64_t choose(const struct shared *shared, uint64_t *seed, int *ret_flags)
{
	int64_t type = (int64_t)random_below(seed, (uint64_t)shared->types) + 1;

	*ret_flags = 0;
	switch (random_below(seed, 4)) {
	case 0:
		return type;
	case 1:
		return -type;
	case 2:
		*ret_flags = NARU_EXCEPT;
		return type;
	default:
		return 0;
	}
}

static uint64_t number_in(const struct naru_item *item)
{
	uint64_t message;

	must(item->length >= sizeof(message));
	memcpy(&message, item->data, sizeof(message));
	must(message < MESSAGES);
	for (size_t i = sizeof(message); i < item->length; i++)
		must(((char *)item->data)[i] == (char)message);
	return message;
}

static ssize_t receive_one(struct naru_queue *queue, int64_t select, int flags,
			   struct naru_item *item, int timeout_ms)
{
	ssize_t n = naru_queue_receive(queue, select, flags, item->data, item->length,
				       timeout_ms, &item->type);

	if (n < 0)
		return n;
	item->length = (size_t)n;
	return 1;
}

static ssize_t take_one(struct naru_queue *queue, int64_t select, int flags,
			struct naru_item *item, int timeout_ms,
			struct naru_message *message)
{
	int r = naru_queue_take(queue, select, flags, timeout_ms, message);

	if (r < 0)
		return r;
	*item = (struct naru_item){message->type, message->data, message->length};
	return 1;
}

static void receive_some(struct shared *shared, uint64_t *seed)
{
	static char bytes[BATCH][LARGEST];
	struct naru_item items[BATCH];
	struct naru_message message;
	struct history_event event = {.kind = HISTORY_RECEIVE};
	int flags, timeout_ms = random_below(seed, 3) ? 0 : 5;
	uint64_t kind = random_below(seed, 3);
	ssize_t n;

	for (int i = 0; i < BATCH; i++)
		items[i] = (struct naru_item){0, bytes[i], LARGEST};
	event.select = choose(shared, seed, &flags);
	event.except = flags != 0;
	event.operation = atomic_fetch_add(&shared->operations, 1);
	event.start = now();
	if (kind == 0)
		n = receive_one(shared->queue, event.select, flags, items, timeout_ms);
	else if (kind == 1)
		n = take_one(shared->queue, event.select, flags, items, timeout_ms,
			     &message);
	else
		n = naru_queue_receive_batch(shared->queue, event.select, flags, items,
					     BATCH, timeout_ms);
	event.end = now();
	if (n < 0) {
		must(n == -EAGAIN || n == -ETIMEDOUT);
		event.kind = HISTORY_EMPTY;
		if (n == -EAGAIN && event.end - event.start < SURELY_EMPTY_NS &&
		    atomic_load(&shared->count) < EVENTS / 2)
			note(shared, event);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		event.message = number_in(&items[i]);
		event.type = items[i].type;
		event.rank = (uint32_t)i;
		note(shared, event);
	}
	if (kind == 1)
		must_be(naru_queue_release(shared->queue, &message), 0);
	atomic_fetch_add(&shared->received, (uint64_t)n);
}

static int be_receiver(void *data)
{
	struct shared *shared = data;
	uint64_t me = atomic_fetch_add(&shared->receivers, 1);
	uint64_t seed = shared->seed + 1000 + me;

	while (atomic_load(&shared->received) < MESSAGES)
		receive_some(shared, &seed);
	return 0;
}

static void show(const char *what, const struct history_event *event)
{
	fprintf(stderr,
		"%s: %s message %lu type %ld select %ld%s from %lu to %lu (call %lu, "
		"%u)\n",
		what, event->kind == HISTORY_SEND ? "send" : "receive",
		(unsigned long)event->message, (long)event->type, (long)event->select,
		event->except ? " except" : "", (unsigned long)event->start,
		(unsigned long)event->end, (unsigned long)event->operation, event->rank);
}

static void judge(const struct shared *shared)
{
	uint64_t count = atomic_load(&shared->count);
	enum history_verdict verdict;
	size_t pair[2];

	if (count > EVENTS)
		count = EVENTS;
	verdict = history_check(shared->events, count, MESSAGES, pair);
	if (verdict == HISTORY_GOOD)
		return;
	fprintf(stderr, "seed %lu: %s\n", (unsigned long)shared->seed,
		history_verdict_text(verdict));
	show("this", &shared->events[pair[0]]);
	show("that", &shared->events[pair[1]]);
	for (uint64_t i = 0; i < count; i++)
		if (shared->events[i].kind != HISTORY_EMPTY &&
		    (shared->events[i].message == shared->events[pair[0]].message ||
		     shared->events[i].message == shared->events[pair[1]].message))
			show("also", &shared->events[i]);
	must(verdict == HISTORY_GOOD);
}

static void run(struct room *room, struct shared *shared, uint64_t seed)
{
	uint64_t random = seed;

	memset(shared, 0, sizeof(*shared));
	shared->seed = seed;
	shared->types = (int64_t)random_below(&random, 2) * 1000 + 3;
	/* From hardly more than one message to more than enough. */
	shared->queue =
		room_queue(room, "q", (uint64_t)LARGEST << random_below(&random, 8), 0);
	for (int i = 0; i < SENDERS; i++)
		child_start(be_sender, shared);
	for (int i = 0; i < RECEIVERS; i++)
		child_start(be_receiver, shared);
	must_be(child_await_all(SENDERS + RECEIVERS), 0);
	must(atomic_load(&shared->received) == MESSAGES);
	judge(shared);
	naru_queue_close(shared->queue);
	must_be(naru_queue_remove(room->space, "q"), 0);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t runs = argc > 2 ? strtoull(argv[2], NULL, 0) : 20;
	struct room *room = room_open();
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(shared != MAP_FAILED);
	for (uint64_t i = 0; i < runs; i++)
		run(room, shared, seed + i * 10000);
	room_close(room);
	printf("%lu histories of %d messages\n", (unsigned long)runs, MESSAGES);
	return 0;
}
