/* SPDX-License-Identifier: MIT */

/*
 * Random programs of semop, semtimedop and semctl by several processes, which block, are
 * killed, fork and become other programs, on the kernel and on naru side by side: every
 * result, value, pid and count is the same after each step.
 *
 *	difference-sem [SEED [PROGRAMS]]
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <support/worlds.h>
#include <unistd.h>

enum { WORKERS = 5, SEMAPHORES = 3, STEPS = 150, PIDS = 4096, RESEND_MS = 20 };

struct side {
	struct world world;
	int set;
	struct world_worker worker[WORKERS];
	pid_t pid[PIDS]; /* of all that ever were, in the order of their birth */
};

static struct side sides[WORLDS];
static int pids;
static uint64_t program, step;
static unsigned long compared, blocked;
/* The kernel takes it for an operation when a process ends that has used SEM_UNDO. */
static bool ended;
static int kernel_set = -1;

static void remove_kernel_set(void)
{
	if (kernel_set >= 0)
		semctl(kernel_set, 0, IPC_RMID);
	kernel_set = -1;
}

/* What the worker was told last, for people. */
static struct order told[WORKERS];

static void print_side(const struct side *side, int worker)
{
	const struct world_worker *it = &side->worker[worker];

	if (it->busy)
		fprintf(stderr, " asleep");
	else
		fprintf(stderr, " %d", it->answer.result);
}

static void print_all(void)
{
	for (int side = 0; side < WORLDS; side++)
		for (int i = 0; i < SEMAPHORES; i++)
			fprintf(stderr, "%s%d",
				i      ? ", "
				: side ? "; naru "
				       : "kernel ",
				world_control(&sides[side].world, sides[side].set, i,
					      GETVAL, (union nr_sem_argument){0}));
	fprintf(stderr, "\n");
	for (int i = 0; i < WORKERS; i++) {
		fprintf(stderr, "worker %d%s:", i, told[i].timed ? ", timed" : "");
		for (int j = 0; j < told[i].count; j++)
			fprintf(stderr, " {%d, %d, %#x}", told[i].operation[j].sem_num,
				told[i].operation[j].sem_op,
				told[i].operation[j].sem_flg);
		print_side(&sides[KERNEL], i);
		print_side(&sides[NARU], i);
		fprintf(stderr, "\n");
	}
}

static void same(const char *what, int index, int of_kernel, int of_naru)
{
	compared++;
	if (of_kernel == of_naru)
		return;
	fprintf(stderr,
		"program %lu, step %lu: %s %d: the kernel says %d, naru says %d\n",
		(unsigned long)program, (unsigned long)step, what, index, of_kernel,
		of_naru);
	print_all();
	must(of_kernel == of_naru);
}

/* Which process that is, the same number on both sides. */
static int process_of(const struct side *side, pid_t pid)
{
	for (int i = pids; i-- > 0;)
		if (side->pid[i] == pid)
			return i;
	return pid == 0 ? -1 : pid == getpid() ? -2 : -3;
}

static void note_pids(int worker)
{
	must(pids < PIDS);
	for (int i = 0; i < WORLDS; i++)
		sides[i].pid[pids] = sides[i].worker[worker].pid;
	pids++;
}

static void start(int worker)
{
	for (int i = 0; i < WORLDS; i++)
		worker_start(&sides[i].world, &sides[i].worker[worker]);
	note_pids(worker);
}

static void await_quiet(void)
{
	for (int i = 0; i < WORLDS; i++)
		world_await_quiet(&sides[i].world, sides[i].set, SEMAPHORES,
				  sides[i].worker, WORKERS);
}

static int control(int side, int number, int command, union nr_sem_argument argument)
{
	return world_control(&sides[side].world, sides[side].set, number, command,
			     argument);
}

static void compare_control(const char *what, int number, int command,
			    union nr_sem_argument argument)
{
	same(what, number, control(KERNEL, number, command, argument),
	     control(NARU, number, command, argument));
}

static void compare_semaphores(void)
{
	const union nr_sem_argument none = {0};

	for (int i = 0; i < SEMAPHORES; i++) {
		compare_control("GETVAL", i, GETVAL, none);
		compare_control("GETNCNT", i, GETNCNT, none);
		compare_control("GETZCNT", i, GETZCNT, none);
		same("GETPID", i,
		     process_of(&sides[KERNEL], control(KERNEL, i, GETPID, none)),
		     process_of(&sides[NARU], control(NARU, i, GETPID, none)));
	}
}

static void compare_workers(void)
{
	for (int i = 0; i < WORKERS; i++) {
		const struct world_worker *kernel = &sides[KERNEL].worker[i];
		const struct world_worker *naru = &sides[NARU].worker[i];

		same("is asleep: worker", i, kernel->busy, naru->busy);
		blocked += kernel->busy;
		if (!kernel->busy)
			same("result of worker", i, kernel->answer.result,
			     naru->answer.result);
	}
}

static void compare_stat(void)
{
	struct semid_ds kernel, naru;

	must_be(control(KERNEL, 0, IPC_STAT, (union nr_sem_argument){.buffer = &kernel}),
		0);
	must_be(control(NARU, 0, IPC_STAT, (union nr_sem_argument){.buffer = &naru}), 0);
	same("sem_nsems", 0, (int)kernel.sem_nsems, (int)naru.sem_nsems);
	same("mode", 0, (int)kernel.sem_perm.mode, (int)naru.sem_perm.mode);
	same("uid", 0, (int)kernel.sem_perm.uid, (int)naru.sem_perm.uid);
	/* Each as of a clock tick, and not of the same moment. */
	if (!ended)
		same("sem_otime", 0, labs(kernel.sem_otime - naru.sem_otime) <= 1, 1);
	same("sem_ctime", 0, labs(kernel.sem_ctime - naru.sem_ctime) <= 1, 1);
}

static struct sembuf random_operation(uint64_t *random)
{
	static const short large[] = {32767, -32767, -32768, 30000, 16384};
	struct sembuf operation = {
		.sem_num = (unsigned short)random_below(random, SEMAPHORES),
		.sem_op = (short)((int)random_below(random, 7) - 3),
	};

	if (random_below(random, 40) == 0)
		operation.sem_op = large[random_below(random, 5)];
	if (random_below(random, 200) == 0)
		operation.sem_num = SEMAPHORES;
	if (random_below(random, 3) == 0)
		operation.sem_flg |= SEM_UNDO;
	if (random_below(random, 5) == 0)
		operation.sem_flg |= IPC_NOWAIT;
	return operation;
}

static void operate(uint64_t *random, int worker)
{
	struct order order = {.kind = ORDER_OPERATE, .count = 1};

	if (random_below(random, 3) == 0)
		order.count = 1 + (int)random_below(random, ORDER_OPERATIONS);
	order.timed = random_below(random, 20) == 0;
	for (int i = 0; i < order.count; i++)
		order.operation[i] = random_operation(random);
	told[worker] = order;
	for (int i = 0; i < WORLDS; i++) {
		order.set = sides[i].set;
		worker_tell(&sides[i].worker[worker], &order);
		if (order.timed)
			worker_await(&sides[i].worker[worker]);
	}
}

/* Sent again if it comes before the call sleeps. */
static void interrupt(int worker)
{
	for (int i = 0; i < WORLDS; i++) {
		struct world_worker *it = &sides[i].worker[worker];
		struct pollfd answer = {.fd = it->answers, .events = POLLIN};

		do
			must(kill(it->pid, SIGUSR1) == 0);
		while (poll(&answer, 1, RESEND_MS) == 0);
		worker_await(it);
	}
}

static void tell(int worker, enum order_kind kind)
{
	const struct order order = {.kind = kind};

	for (int i = 0; i < WORLDS; i++)
		worker_tell(&sides[i].worker[worker], &order);
}

static void replace(int worker, bool with_kill)
{
	ended = true;
	if (!with_kill)
		tell(worker, ORDER_EXIT);
	for (int i = 0; i < WORLDS; i++)
		if (with_kill)
			worker_kill(&sides[i].worker[worker]);
		else
			worker_bury(&sides[i].worker[worker]);
	start(worker);
}

static void set_values(uint64_t *random)
{
	unsigned short values[SEMAPHORES];

	if (random_below(random, 2)) {
		compare_control(
			"SETVAL", 0, SETVAL,
			(union nr_sem_argument){.value = (int)random_below(random, 5) -
							 (random_below(random, 9) == 0)});
		return;
	}
	for (int i = 0; i < SEMAPHORES; i++)
		values[i] = (unsigned short)random_below(random, 5);
	if (random_below(random, 9) == 0)
		values[0] = 32768;
	compare_control("SETALL", 0, SETALL, (union nr_sem_argument){.array = values});
}

static void disturb_sleeper(uint64_t *random, int worker)
{
	switch (random_below(random, 4)) {
	case 0:
		replace(worker, true);
		break;
	case 1:
		interrupt(worker);
		break;
	default:
		set_values(random);
	}
}

static void take_step(uint64_t *random)
{
	int worker = (int)random_below(random, WORKERS);

	if (sides[KERNEL].worker[worker].busy) {
		if (random_below(random, 3) == 0)
			disturb_sleeper(random, worker);
		return;
	}
	switch (random_below(random, 60)) {
	case 0:
		replace(worker, true);
		break;
	case 1:
		replace(worker, false);
		break;
	case 2:
	case 3:
		tell(worker, random_below(random, 2) ? ORDER_EXEC : ORDER_FORK);
		ended = true;
		note_pids(worker);
		break;
	case 4:
		compare_stat();
		break;
	case 5:
		set_values(random);
		break;
	default:
		operate(random, worker);
	}
}

static void run_program(uint64_t seed)
{
	uint64_t random = seed + program;
	const union nr_sem_argument none = {0};

	pids = 0;
	ended = false;
	for (int i = 0; i < WORLDS; i++) {
		sides[i].set = world_get(&sides[i].world, IPC_PRIVATE, SEMAPHORES, 0640);
		must(sides[i].set >= 0);
	}
	kernel_set = sides[KERNEL].set;
	for (int i = 0; i < WORKERS; i++)
		start(i);
	for (step = 0; step < STEPS; step++) {
		take_step(&random);
		await_quiet();
		compare_workers();
		compare_semaphores();
	}
	compare_control("IPC_RMID", 0, IPC_RMID, none);
	kernel_set = -1;
	for (int i = 0; i < WORKERS; i++) {
		for (int side = 0; side < WORLDS; side++)
			if (sides[side].worker[i].busy)
				worker_await(&sides[side].worker[i]);
		same("result after removal of worker", i,
		     sides[KERNEL].worker[i].answer.result,
		     sides[NARU].worker[i].answer.result);
		for (int side = 0; side < WORLDS; side++)
			worker_kill(&sides[side].worker[i]);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed, programs;
	struct room *room;

	world_main(argc, argv);
	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	programs = argc > 2 ? strtoull(argv[2], NULL, 0) : 40;
	kernel_set = semget(IPC_PRIVATE, 1, 0600);
	if (kernel_set < 0) {
		perror("skipped: no System V semaphores here");
		return CHILD_SKIPPED;
	}
	remove_kernel_set();
	must(atexit(remove_kernel_set) == 0);
	room = room_open();
	for (int i = 0; i < WORLDS; i++)
		world_open(&sides[i].world, (enum world_name)i, room->space, room->path);
	for (program = 0; program < programs; program++)
		run_program(seed);
	for (int i = 0; i < WORLDS; i++)
		world_close(&sides[i].world);
	room_close(room);
	printf("the same: %lu comparisons, %lu times with a sleeper\n", compared,
	       blocked);
	return 0;
}
