/* SPDX-License-Identifier: MIT */

/*
 * Senders and receivers that only ever wait in poll(2), without a timeout, in processes
 * and in the threads of one: first some by level and some by edge, then receivers by edge
 * who each want a type of their own. A wake that goes missing leaves one asleep for good;
 * nobody dies here, so nothing else may.
 *
 *	stress-pollers [SECONDS [SEED]]
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	SENDERS = 3,
	RECEIVERS = 3,
	WORKERS = SENDERS + RECEIVERS,
	ROUNDS_PER_CLOCK = 16,
	GRACE_SECONDS = 60,
};

struct worker {
	struct room *room;
	struct naru_queue *shared; /* the handle that the threads of a process share */
	uint32_t index;
	bool selects;
	uint64_t seed;
	pthread_t thread;
};

/* What all processes share. */
static struct stress {
	_Atomic bool stop;
	_Atomic uint64_t sent, received, waits;
} * stress;

/* One way of waiting for one side of a queue. */
struct wait {
	struct naru_queue *queue;
	enum naru_poll which;
	int64_t select;
	int fd;
	int edge; /* an epoll instance, or -1 */
};

static struct wait begin_wait(struct worker *worker, enum naru_poll which)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	struct wait wait = {worker->shared, which, 0, -1, -1};
	bool selects = worker->selects && which == NARU_READABLE;

	if (worker->index % 3 != 0)
		wait.queue = room_reopen(worker->room, "q");
	wait.fd = naru_queue_fd(wait.queue, which);
	must(wait.fd >= 0);
	if (selects)
		wait.select = 1 + (int64_t)worker->index - SENDERS;
	else if (worker->index % 2 == 0)
		return wait;
	wait.edge = epoll_create1(EPOLL_CLOEXEC);
	must(wait.edge >= 0);
	must_be(epoll_ctl(wait.edge, EPOLL_CTL_ADD, wait.fd, &event), 0);
	return wait;
}

static void end_wait(const struct worker *worker, struct wait *wait)
{
	if (wait->edge >= 0)
		close(wait->edge);
	if (wait->queue != worker->shared)
		naru_queue_close(wait->queue);
}

/* 0: done; else -EAGAIN, or -EIDRM. */
static ssize_t try_once(const struct wait *wait, uint64_t *number)
{
	if (wait->which == NARU_WRITABLE)
		return naru_queue_send(wait->queue, 1 + (int64_t)(*number % RECEIVERS),
				       number, sizeof(*number), 0);
	return naru_queue_receive(wait->queue, wait->select, 0, number, sizeof(*number),
				  0, NULL);
}

static void sleep_on(const struct wait *wait)
{
	struct pollfd poller = {.fd = wait->fd, .events = POLLIN};
	struct epoll_event event;

	atomic_fetch_add(&stress->waits, 1);
	if (wait->edge >= 0)
		must_be(epoll_wait(wait->edge, &event, 1, -1), 1);
	else
		must_be(poll(&poller, 1, -1), 1);
}

/* Until it is done, or the queue is gone. */
static bool do_one(const struct wait *wait, uint64_t *number)
{
	for (;;) {
		ssize_t r = try_once(wait, number);

		if (r == -EAGAIN && wait->edge >= 0) {
			r = naru_queue_rearm(wait->queue, wait->which);
			r = r < 0 ? r : try_once(wait, number);
		}
		if (r != -EAGAIN) {
			must(r >= 0 || r == -EIDRM);
			return r >= 0;
		}
		sleep_on(wait);
	}
}

static void *be_sender(void *data)
{
	struct worker *worker = data;
	struct wait wait = begin_wait(worker, NARU_WRITABLE);

	while (!atomic_load(&stress->stop)) {
		uint64_t count = 1 + random_below(&worker->seed, 2 * ROUNDS_PER_CLOCK);

		for (uint64_t number = 1; number <= count; number++) {
			must(do_one(&wait, &number));
			atomic_fetch_add(&stress->sent, 1);
		}
	}
	end_wait(worker, &wait);
	return NULL;
}

static void *be_receiver(void *data)
{
	struct worker *worker = data;
	struct wait wait = begin_wait(worker, NARU_READABLE);
	uint64_t number;

	while (do_one(&wait, &number))
		atomic_fetch_add(&stress->received, 1);
	end_wait(worker, &wait);
	return NULL;
}

static int work(void *data)
{
	struct worker *worker = data;

	if (worker->index < SENDERS)
		be_sender(worker);
	else
		be_receiver(worker);
	return 0;
}

static void pass_time(uint64_t ms)
{
	struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	/* This is how long it shall run. */
	nanosleep(&time, NULL);
}

/* All that was sent has come; then the removal wakes those who wait for more. */
static void end(struct room *room, const char *where)
{
	struct timespec pause = {.tv_nsec = 1000000};

	while (atomic_load(&stress->received) != atomic_load(&stress->sent))
		nanosleep(&pause, NULL);
	printf("%s: %lu sent, %lu waits\n", where, (unsigned long)stress->sent,
	       (unsigned long)stress->waits);
	must(stress->sent > 0 && stress->waits > 0);
	must_be(naru_queue_remove(room->space, "q"), 0);
}

static void prepare(struct worker *workers, struct room *room, bool selects,
		    uint64_t *seed)
{
	struct naru_queue *queue = room_queue(room, "q", 256, 8);

	*stress = (struct stress){0};
	for (uint32_t i = 0; i < WORKERS; i++)
		workers[i] =
			(struct worker){room, queue, i, selects, random_next(seed), 0};
}

static void run_processes(struct worker *workers, struct room *room, uint64_t ms)
{
	pid_t pids[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		pids[i] = child_start(work, &workers[i]);
	pass_time(ms);
	atomic_store(&stress->stop, true);
	for (int i = 0; i < SENDERS; i++)
		must_be(child_await(pids[i]), 0);
	end(room, "processes");
	for (int i = SENDERS; i < WORKERS; i++)
		must_be(child_await(pids[i]), 0);
}

static void run_threads(struct worker *workers, struct room *room, uint64_t ms)
{
	for (int i = 0; i < WORKERS; i++)
		must_be(pthread_create(&workers[i].thread, NULL,
				       i < SENDERS ? be_sender : be_receiver,
				       &workers[i]),
			0);
	pass_time(ms);
	atomic_store(&stress->stop, true);
	for (int i = 0; i < SENDERS; i++)
		must_be(pthread_join(workers[i].thread, NULL), 0);
	end(room, "threads");
	for (int i = SENDERS; i < WORKERS; i++)
		must_be(pthread_join(workers[i].thread, NULL), 0);
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : 5;
	struct worker workers[WORKERS];
	struct room *room;
	uint64_t seed;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("stress-pollers %lu %lu\n", seconds, (unsigned long)seed);
	fflush(stdout);
	/* Whoever is left asleep does not hang the test. */
	alarm((unsigned)seconds + GRACE_SECONDS);
	room = room_open();
	stress = mmap(NULL, sizeof(*stress), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(stress != MAP_FAILED);
	for (int selects = 0; selects < 2; selects++) {
		prepare(workers, room, selects, &seed);
		run_processes(workers, room, seconds * 250);
		naru_queue_close(workers[0].shared);
		prepare(workers, room, selects, &seed);
		run_threads(workers, room, seconds * 250);
		naru_queue_close(workers[0].shared);
	}
	room_close(room);
	return 0;
}
