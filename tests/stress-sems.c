/* SPDX-License-Identifier: MIT */

/*
 * Processes take and give with SEM_UNDO, alone and in arrays, and are killed at random
 * moments. What is taken and given back stays the same: in the end each semaphore has
 * what it had, and all the time nobody is where somebody else is.
 *
 *	stress-sems [SECONDS [SEED]]
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <sys/mman.h>
#include <sysv/sem.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 6, SEMAPHORES = 3, START = 2, GRACE_SECONDS = 100 };
enum { MUTEX = SEMAPHORES };

static struct nr_ids ids;
static struct nr_sem sem;
static int set;
static _Atomic pid_t *inside; /* of the one who has the mutex */

static int operate(const struct sembuf *operations, size_t count,
		   const struct timespec *timeout)
{
	return nr_sem_operate(&sem, set, operations, count, timeout);
}

static void use_mutex(void)
{
	const struct sembuf take = {MUTEX, -1, SEM_UNDO}, give = {MUTEX, 1, SEM_UNDO};

	must_be(operate(&take, 1, NULL), 0);
	/* Whoever was here is dead, or has left. */
	*inside = getpid();
	for (int i = 0; i < 50; i++)
		must(*inside == getpid());
	must_be(operate(&give, 1, NULL), 0);
}

static void use_array(uint64_t *random)
{
	const struct timespec timeout = {.tv_nsec = (long)random_below(random, 2000000)};
	struct sembuf operation[SEMAPHORES];
	size_t count = 1 + random_below(random, SEMAPHORES);
	unsigned first = (unsigned)random_below(random, SEMAPHORES);
	int r;

	for (unsigned i = 0; i < count; i++)
		operation[i] = (struct sembuf){
			.sem_num = (unsigned short)((first + i) % SEMAPHORES),
			.sem_op = -1,
			.sem_flg = SEM_UNDO,
		};
	r = operate(operation, count, random_below(random, 2) ? &timeout : NULL);
	if (r == -EAGAIN)
		return;
	must_be(r, 0);
	for (unsigned i = 0; i < count; i++)
		operation[i].sem_op = 1;
	must_be(operate(operation, count, NULL), 0);
}

static int work(void *data)
{
	uint64_t random = *(const uint64_t *)data;

	while (getppid() != 1)
		if (random_below(&random, 2))
			use_mutex();
		else
			use_array(&random);
	return 0;
}

static int value(int number)
{
	return nr_sem_control(&sem, set, number, GETVAL, (union nr_sem_argument){0});
}

static void stuck(int signal)
{
	static const char text[] = "stress-sems: stuck\n";

	(void)signal;
	_exit(write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 3 : 2);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* It has not ended by itself: that would be a failed must(). */
static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	must_be(child_await(pid), 128 + SIGKILL);
}

static void kill_at_random(uint64_t seed, uint64_t until_ms)
{
	pid_t pid[WORKERS];
	unsigned long killed = 0;

	for (int i = 0; i < WORKERS; i++) {
		random_next(&seed);
		pid[i] = child_start(work, &seed);
	}
	while (now_ms() < until_ms) {
		struct timespec pause = {.tv_nsec = (long)random_below(&seed, 2000000)};
		uint64_t i = random_below(&seed, WORKERS);

		nanosleep(&pause, NULL);
		end(pid[i]);
		pid[i] = child_start(work, &seed);
		killed++;
	}
	for (int i = 0; i < WORKERS; i++)
		end(pid[i]);
	printf("%lu killed\n", killed);
}

int main(int argc, char **argv)
{
	unsigned short start[SEMAPHORES + 1] = {START, START, START, 1};
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 5;
	struct room *room = room_open();

	signal(SIGALRM, stuck);
	alarm((unsigned)seconds + GRACE_SECONDS);
	must_be(nr_ids_open(room->space, &ids), 0);
	must_be(nr_sem_open(&ids, &sem), 0);
	inside = mmap(NULL, sizeof(*inside), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(inside != MAP_FAILED);
	set = nr_sem_get(&sem, IPC_PRIVATE, SEMAPHORES + 1, 0600);
	must_be(nr_sem_control(&sem, set, 0, SETALL,
			       (union nr_sem_argument){.array = start}),
		0);
	kill_at_random(argc > 2 ? strtoull(argv[2], NULL, 0) : 1,
		       now_ms() + seconds * 1000);
	for (int i = 0; i <= SEMAPHORES; i++)
		must_be(value(i), start[i]);
	nr_sem_close(&sem);
	nr_ids_close(&ids);
	room_close(room);
	return 0;
}
