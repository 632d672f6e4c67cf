/* SPDX-License-Identifier: MIT */

/*
 * Random programs of msgsnd and msgrcv, run against the kernel's queue and against
 * naru's side by side: every result, every byte and every error is the same.
 *
 *	difference-sysv [SEED [PROGRAMS]]
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <sys/ipc.h>
#include <sys/msg.h>

enum { LARGEST = 8192, MOST_BYTES = 16384, STEPS = 3000 };

struct pair {
	struct naru_queue *queue;
	int id;
	uint64_t capacity;
	uint64_t seed;
	uint64_t number; /* of the program */
	int step;
};

struct sysv_message {
	long type;
	char text[LARGEST];
};

static struct sysv_message sent, from_kernel;
static char from_naru[LARGEST];
static unsigned long compared[4];
static int kernel_queue = -1;

static void remove_kernel_queue(void)
{
	if (kernel_queue >= 0)
		msgctl(kernel_queue, IPC_RMID, NULL);
	kernel_queue = -1;
}

/* What the kernel says with errno, in naru's words. */
static long translate(long result, bool sending, bool fits)
{
	if (result >= 0)
		return result;
	switch (errno) {
	case EAGAIN:
		/* The kernel would wait for ever for what can never fit. */
		return sending && !fits ? -EMSGSIZE : -EAGAIN;
	case ENOMSG:
		return -EAGAIN;
	case E2BIG:
		return -EMSGSIZE;
	default:
		return -errno;
	}
}

static void same(const struct pair *pair, const char *what, long kernel, long naru)
{
	if (kernel == naru)
		return;
	fprintf(stderr, "program %lu, step %d: %s: the kernel says %ld, naru %ld\n",
		(unsigned long)pair->number, pair->step, what, kernel, naru);
	must(kernel == naru);
}

static size_t random_size(struct pair *pair)
{
	uint64_t *seed = &pair->seed;

	switch (random_below(seed, 4)) {
	case 0:
		return random_below(seed, 20);
	case 1:
		return random_below(seed, LARGEST + 1);
	default:
		return random_below(seed, 300);
	}
}

static int64_t random_type(struct pair *pair)
{
	uint64_t *seed = &pair->seed;

	switch (random_below(seed, 16)) {
	case 0:
		return 0;
	case 1:
		return -(int64_t)random_below(seed, 10);
	case 2:
		return INT64_MAX - (int64_t)random_below(seed, 2);
	case 3:
		return (int64_t)(random_next(seed) >> random_below(seed, 64));
	default:
		return (int64_t)random_below(seed, 8) + 1;
	}
}

static int64_t random_selection(struct pair *pair)
{
	int64_t type = random_type(pair);

	switch (random_below(&pair->seed, 8)) {
	case 0:
		return INT64_MIN + (int64_t)random_below(&pair->seed, 2);
	case 1:
	case 2:
		return 0;
	case 3:
	case 4:
		return type > 0 ? -type : type;
	default:
		return type;
	}
}

static void send_one(struct pair *pair)
{
	size_t size = random_size(pair);
	long kernel, naru;

	sent.type = random_type(pair);
	for (size_t i = 0; i < size; i++)
		sent.text[i] = (char)(pair->step + (int)i);
	kernel = translate(msgsnd(pair->id, &sent, size, IPC_NOWAIT), true,
			   size <= pair->capacity);
	naru = naru_queue_send(pair->queue, sent.type, sent.text, size, 0);
	same(pair, "send", kernel, naru);
	compared[0]++;
}

static void compare_messages(const struct pair *pair, const char *what, long kernel,
			     long naru, int64_t type)
{
	same(pair, what, kernel, naru);
	if (kernel < 0)
		return;
	same(pair, "type", from_kernel.type, type);
	must(memcmp(from_kernel.text, from_naru, (size_t)kernel) == 0);
}

static void receive_one(struct pair *pair)
{
	int64_t select = random_selection(pair), type = 0;
	bool except = random_below(&pair->seed, 4) == 0 && select > 0;
	bool truncate = random_below(&pair->seed, 4) == 0;
	size_t size = random_below(&pair->seed, 3) ? LARGEST : random_size(pair);
	int flags = (except ? NARU_EXCEPT : 0) | (truncate ? NARU_TRUNCATE : 0);
	long kernel, naru;

	kernel = translate(msgrcv(pair->id, &from_kernel, size, select,
				  IPC_NOWAIT | (except ? MSG_EXCEPT : 0) |
					  (truncate ? MSG_NOERROR : 0)),
			   false, true);
	naru = naru_queue_receive(pair->queue, select, flags, from_naru, size, 0, &type);
	compare_messages(pair, "receive", kernel, naru, type);
	compared[1]++;
}

/* MSG_COPY, where the kernel has it. */
static void look_at_one(struct pair *pair)
{
	uint64_t nth = random_below(&pair->seed, 12);
	int64_t type = 0;
	long kernel, naru;

	kernel =
		msgrcv(pair->id, &from_kernel, LARGEST, (long)nth, IPC_NOWAIT | MSG_COPY);
	if (kernel < 0 && errno == ENOSYS)
		return;
	if (kernel < 0)
		kernel = -errno;
	naru = naru_queue_look(pair->queue, nth, 0, from_naru, LARGEST, &type);
	compare_messages(pair, "look", kernel, naru, type);
	compared[2]++;
}

static void set_capacity(struct pair *pair)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = 0);
	struct msqid_ds ds;

	pair->capacity = random_below(&pair->seed, MOST_BYTES) + 1;
	if (random_below(&pair->seed, 4) == 0)
		pair->capacity = random_below(&pair->seed, 10) + 1;
	options.capacity = options.messages = pair->capacity;
	must(msgctl(pair->id, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = pair->capacity;
	must(msgctl(pair->id, IPC_SET, &ds) == 0);
	same(pair, "set", 0, naru_queue_set(pair->queue, &options));
	compared[3]++;
}

static void compare_stats(struct pair *pair)
{
	struct naru_queue_stat stat = room_stat(pair->queue);
	struct msqid_ds ds;

	must(msgctl(pair->id, IPC_STAT, &ds) == 0);
	same(pair, "messages", (long)ds.msg_qnum, (long)stat.messages);
	same(pair, "bytes", (long)ds.__msg_cbytes, (long)stat.bytes);
}

static void run_program(struct room *room, uint64_t seed, uint64_t number)
{
	struct pair pair = {.seed = seed + number, .number = number};

	pair.id = kernel_queue = msgget(IPC_PRIVATE, 0600);
	must(pair.id >= 0);
	pair.queue = room_queue(room, "q", MOST_BYTES, MOST_BYTES);
	pair.capacity = MOST_BYTES;
	for (pair.step = 0; pair.step < STEPS; pair.step++) {
		switch (random_below(&pair.seed, 100)) {
		case 0:
			set_capacity(&pair);
			break;
		case 1:
			compare_stats(&pair);
			break;
		case 2:
		case 3:
		case 4:
			look_at_one(&pair);
			break;
		default:
			/* More of the one for a while, then more of the other. */
			if (random_below(&pair.seed, 10) < (pair.step / 200 % 2 ? 3 : 7))
				send_one(&pair);
			else
				receive_one(&pair);
		}
	}
	compare_stats(&pair);
	remove_kernel_queue();
	naru_queue_close(pair.queue);
	must_be(naru_queue_remove(room->space, "q"), 0);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t programs = argc > 2 ? strtoull(argv[2], NULL, 0) : 100;
	struct room *room;

	kernel_queue = msgget(IPC_PRIVATE, 0600);
	if (kernel_queue < 0) {
		perror("skipped: no System V queues here");
		return CHILD_SKIPPED;
	}
	remove_kernel_queue();
	must(atexit(remove_kernel_queue) == 0);
	room = room_open();
	for (uint64_t i = 0; i < programs; i++)
		run_program(room, seed, i);
	room_close(room);
	printf("the same: %lu sends, %lu receives, %lu looks, %lu sets\n", compared[0],
	       compared[1], compared[2], compared[3]);
	return 0;
}
