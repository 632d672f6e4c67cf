/* SPDX-License-Identifier: MIT */

/*
 * Senders and receivers in processes of their own, which are killed, replaced,
 * stopped and continued at random moments. In the end every message is accounted for,
 * and the queue's capacity is all there.
 *
 *	stress-processes [SECONDS [SEED]]
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/room.h>
#include <support/traffic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SENDERS = 4, RECEIVERS = 4, WORKERS = SENDERS + RECEIVERS, GRACE_SECONDS = 100 };

struct stress {
	_Atomic bool stop_senders;
	_Atomic bool stop_receivers;
	struct traffic_worker worker[WORKERS];
	struct traffic_worker self; /* of who drains the queue in the end */
};

struct crew {
	struct room *room;
	struct stress *stress;
	struct naru_queue *queue;
	uint64_t seed;
	pid_t pid[WORKERS];
	bool stopped[WORKERS];
	unsigned long killed, stops;
};

struct job {
	struct crew *crew;
	int index;
};

static int work(void *data)
{
	struct job *job = data;
	struct traffic_worker *worker = &job->crew->stress->worker[job->index];

	/* Half of them use what the parent has opened. */
	worker->queue = random_below(&worker->seed, 2) ? room_reopen(job->crew->room, "q")
						       : job->crew->queue;
	worker->waits_for_ever = true;
	if (job->index < SENDERS)
		traffic_send(worker);
	else
		traffic_receive(worker);
	return 0;
}

static void hire(struct crew *crew, int index)
{
	struct job job = {crew, index};
	struct traffic_worker *worker = &crew->stress->worker[index];

	worker->seed = random_next(&crew->seed);
	crew->stopped[index] = false;
	crew->pid[index] = child_start(work, &job);
}

static void check_exit(const struct crew *crew, int index, int status)
{
	if (status == 0 || status == 128 + SIGKILL)
		return;
	fprintf(stderr, "%s %d ended with %d\n", index < SENDERS ? "sender" : "receiver",
		(int)crew->pid[index], status);
	must(status == 0);
}

static void disturb(struct crew *crew)
{
	int index = (int)random_below(&crew->seed, WORKERS);
	pid_t pid = crew->pid[index];

	if (crew->stopped[index]) {
		must(kill(pid, SIGCONT) == 0);
		crew->stopped[index] = false;
	} else if (random_below(&crew->seed, 3) == 0) {
		must(kill(pid, SIGSTOP) == 0);
		crew->stopped[index] = true;
		crew->stops++;
		return;
	}
	must(kill(pid, SIGKILL) == 0);
	check_exit(crew, index, child_await(pid));
	traffic_bury(&crew->stress->worker[index]);
	crew->killed++;
	hire(crew, index);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The pause between two disturbances is what makes their moments random. */
static void pause_briefly(struct crew *crew)
{
	struct timespec pause = {
		.tv_nsec = (long)random_below(&crew->seed, 4000000),
	};

	nanosleep(&pause, NULL);
}

static void dismiss(struct crew *crew)
{
	int left = RECEIVERS;

	for (int i = 0; i < WORKERS; i++)
		must(kill(crew->pid[i], SIGCONT) == 0);
	atomic_store(&crew->stress->stop_senders, true);
	for (int i = 0; i < SENDERS; i++)
		check_exit(crew, i, child_await(crew->pid[i]));

	/* A receiver that sleeps needs a message to see that it is over. */
	atomic_store(&crew->stress->stop_receivers, true);
	while (left > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid > 0) {
			must_be(status, 0);
			left--;
		} else if (room_stat(crew->queue).messages == 0) {
			int r = naru_queue_send(crew->queue, TRAFFIC_WAKE, NULL, 0, 0);

			must(r == 0 || r == -EAGAIN);
		}
		sched_yield();
	}
}

/* Nothing was lost of the capacity: one message takes all of it. */
static void check_capacity(struct naru_queue *queue)
{
	size_t capacity = room_stat(queue).capacity;
	char *bytes = malloc(capacity);

	must(bytes);
	memset(bytes, 'c', capacity);
	must_be(naru_queue_send(queue, 1, bytes, capacity, 1000), 0);
	must_be(naru_queue_receive(queue, 0, 0, bytes, capacity, 1000, NULL), capacity);
	for (uint64_t i = 0; i < room_stat(queue).capacity_messages; i++)
		must_be(naru_queue_send(queue, (int64_t)i % 5 + 1, "x", 1, 0), 0);
	must_be(naru_queue_send(queue, 1, "", 0, 0), -EAGAIN);
	free(bytes);
}

static void stuck(int signal)
{
	static const char text[] = "stress-processes: stuck\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(3);
	_exit(2);
}

static void run(struct crew *crew, uint64_t capacity, uint64_t end_ms)
{
	struct stress *stress = crew->stress;

	memset(stress, 0, sizeof(*stress));
	crew->queue = room_queue(crew->room, "q", capacity, 500);
	stress->self.ledger = ledger_open();
	stress->self.queue = crew->queue;
	for (int i = 0; i < WORKERS; i++) {
		stress->worker[i].ledger = stress->self.ledger;
		stress->worker[i].stop =
			i < SENDERS ? &stress->stop_senders : &stress->stop_receivers;
	}
	for (int i = 0; i < WORKERS; i++)
		hire(crew, i);
	while (now_ms() < end_ms) {
		pause_briefly(crew);
		disturb(crew);
	}
	dismiss(crew);
	traffic_drain(&stress->self);
	ledger_settle(stress->self.ledger);
	ledger_close(stress->self.ledger);
	check_capacity(crew->queue);
	naru_queue_close(crew->queue);
	must_be(naru_queue_remove(crew->room->space, "q"), 0);
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 1 ? strtoul(argv[1], NULL, 0) : 5;
	struct crew crew = {.seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1};

	signal(SIGALRM, stuck);
	alarm((unsigned)seconds + GRACE_SECONDS);
	crew.room = room_open();
	crew.stress = mmap(NULL, sizeof(*crew.stress), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(crew.stress != MAP_FAILED);
	/* Hardly room for one large message; room for many. */
	run(&crew, SHAPE_LONGEST + 200, now_ms() + seconds * 500);
	run(&crew, 1 << 20, now_ms() + seconds * 500);
	printf("%lu killed, %lu stopped\n", crew.killed, crew.stops);
	room_close(crew.room);
	return 0;
}
