/* SPDX-License-Identifier: MIT */

/*
 * Clients send to and receive from a server that is killed and started again at random
 * moments; senders, and clients that hold messages, are killed as well. In the end every
 * message is accounted for: none is lost, none comes twice.
 *
 *	stress-remote [SECONDS [SEED]]
 */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/default-space.h>
#include <support/ledger.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <support/served.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 2, HOLDERS = 1, MORTALS = SENDERS + HOLDERS, RECEIVERS = 2 };
enum { BATCH = 8, HELD = 5, LENGTH_MAX = 600, LAST = 99 };

struct stress {
	struct room *room;
	struct ledger *ledger; /* shared by all processes */
	_Atomic bool *stop;
	char url[160];
	uint64_t seed;
	int index; /* of whom is started */
	pid_t mortal[MORTALS];
	unsigned long killed, restarts;
};

/* A message says its number, and as often as there is room. */
static size_t fill(unsigned char *bytes, uint64_t number)
{
	size_t length = 8 + number * 37 % LENGTH_MAX / 8 * 8;

	for (size_t i = 0; i < length; i += 8)
		memcpy(bytes + i, &number, 8);
	return length;
}

static uint64_t read_number(const void *bytes, size_t length)
{
	static unsigned char wanted[LENGTH_MAX + 8];
	uint64_t number;

	must(length >= 8);
	memcpy(&number, bytes, 8);
	must(fill(wanted, number) == length && memcmp(wanted, bytes, length) == 0);
	return number;
}

static struct naru_queue *open_away(const struct stress *stress)
{
	struct naru_queue *queue = NULL;
	int r;

	/* It may be down just now. */
	do
		r = naru_queue_open(NULL, stress->url, NULL, &queue);
	while (r == -ECONNREFUSED || r == -ENOENT);
	must_be(r, 0);
	return queue;
}

static int be_sender(void *data)
{
	struct stress *stress = data;
	struct naru_queue *queue = open_away(stress);
	static unsigned char bytes[BATCH][LENGTH_MAX + 8];

	while (!*stress->stop) {
		uint64_t count = 1 + random_below(&stress->seed, BATCH);
		uint64_t first = ledger_number(stress->ledger, count);
		int timeout_ms = random_below(&stress->seed, 4) ? -1 : 0;
		struct naru_item items[BATCH];
		ssize_t n;

		for (uint64_t i = 0; i < count; i++) {
			items[i] = (struct naru_item){
				.type = 1 + (int64_t)random_below(&stress->seed, 3),
				.data = bytes[i],
				.length = fill(bytes[i], first + i),
			};
			ledger_intend(stress->ledger, first + i);
		}
		n = naru_queue_send_batch(queue, items, count, timeout_ms);
		if (n == -EAGAIN)
			n = 0;
		must(n >= 0);
		for (uint64_t i = 0; i < count; i++)
			(i < (uint64_t)n ? ledger_sent : ledger_not_sent)(stress->ledger,
									  first + i);
	}
	naru_queue_close(queue);
	return 0;
}

/* Take some, and wait to be killed. */
static int be_holder(void *data)
{
	struct stress *stress = data;
	struct naru_queue *queue = open_away(stress);
	struct naru_message message;

	for (int i = 0; i < HELD; i++)
		must_be(naru_queue_take(queue, 2, 0, -1, &message), 0);
	for (;;)
		pause();
}

static bool receive_some(struct stress *stress, struct naru_queue *queue)
{
	static unsigned char bytes[BATCH][LENGTH_MAX + 8];
	struct naru_item items[BATCH];
	struct naru_message message;
	uint64_t number;
	ssize_t n;
	int r;

	if (random_below(&stress->seed, 3) == 0) {
		must_be(naru_queue_take(queue, 0, 0, -1, &message), 0);
		if (message.type == LAST)
			return false;
		number = read_number(message.data, message.length);
		r = naru_queue_release(queue, &message);
		/* It went back with its server: somebody gets it again. */
		if (r != -ESTALE) {
			must_be(r, 0);
			ledger_received(stress->ledger, number);
		}
		return true;
	}
	for (int i = 0; i < BATCH; i++)
		items[i] = (struct naru_item){0, bytes[i], sizeof(bytes[i])};
	n = naru_queue_receive_batch(queue, 0, 0, items,
				     1 + random_below(&stress->seed, BATCH), -1);
	must(n > 0);
	for (ssize_t i = 0; i < n; i++) {
		if (items[i].type == LAST)
			return false;
		ledger_received(stress->ledger,
				read_number(items[i].data, items[i].length));
	}
	return true;
}

static int be_receiver(void *data)
{
	struct stress *stress = data;
	struct naru_queue *queue = open_away(stress);

	while (receive_some(stress, queue))
		;
	naru_queue_close(queue);
	return 0;
}

static pid_t hire(struct stress *stress, int (*what)(void *data))
{
	random_next(&stress->seed);
	return child_start(what, stress);
}

static void hire_mortal(struct stress *stress, int index)
{
	stress->mortal[index] = hire(stress, index < SENDERS ? be_sender : be_holder);
}

static void disturb(struct stress *stress, struct served *served)
{
	struct timespec pause = {
		.tv_nsec = (long)random_below(&stress->seed, 30000000),
	};
	int victim = (int)random_below(&stress->seed, MORTALS + 3);

	nanosleep(&pause, NULL);
	if (victim < MORTALS) {
		child_kill(stress->mortal[victim]);
		hire_mortal(stress, victim);
		stress->killed++;
		return;
	}
	served_kill(served);
	pause.tv_nsec = (long)random_below(&stress->seed, 20000000);
	nanosleep(&pause, NULL);
	served_again(served);
	stress->restarts++;
}

/* All that was sent has been received; then each receiver gets a last message. */
static void finish(struct stress *stress)
{
	struct naru_queue *queue = room_reopen(stress->room, "q");
	struct naru_queue_stat stat;

	*stress->stop = true;
	for (int i = 0; i < SENDERS; i++)
		must_be(child_await(stress->mortal[i]), 0);
	for (int i = SENDERS; i < MORTALS; i++)
		child_kill(stress->mortal[i]);
	do {
		sched_yield();
		stat = room_stat(queue);
	} while (stat.messages + stat.held_messages > 0);
	/* One after the other, or one of them would get them all. */
	for (int i = 0; i < RECEIVERS; i++) {
		must_be(naru_queue_send(queue, LAST, "", 0, -1), 0);
		must_be(child_await_all(1), 0);
	}
	naru_queue_close(queue);
}

static void run(struct stress *stress, const char *url, unsigned long seconds)
{
	struct served served = {.grace_ms = 100};
	time_t end = time(NULL) + (time_t)seconds;

	stress->room = room_open();
	naru_queue_close(room_queue(stress->room, "q", 20000, 0));
	served_start(&served, stress->room->path, url);
	snprintf(stress->url, sizeof(stress->url), "%s", served_queue(&served, "q"));
	*stress->stop = false;
	for (int i = 0; i < RECEIVERS; i++)
		hire(stress, be_receiver);
	for (int i = 0; i < MORTALS; i++)
		hire_mortal(stress, i);
	while (time(NULL) < end)
		disturb(stress, &served);
	finish(stress);
	served_kill(&served);
	room_close(stress->room);
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 5;
	struct stress stress = {
		.ledger = ledger_open(),
		.seed = argc > 2 ? strtoul(argv[2], NULL, 10) : (uint64_t)time(NULL),
		.stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};

	default_space_of_our_own();
	must(stress.stop != MAP_FAILED);
	printf("seed %lu\n", (unsigned long)stress.seed);
	run(&stress, "tcp://127.0.0.1:0", (seconds + 1) / 2);
	run(&stress, "unix://%s/.server", (seconds + 1) / 2);
	printf("%lu restarts of the server, %lu clients killed\n", stress.restarts,
	       stress.killed);
	ledger_settle(stress.ledger);
	ledger_close(stress.ledger);
	return 0;
}
