/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <support/child.h>
#include <support/place.h>
#include <support/workers.h>

enum { MOST = 8 };

struct worker {
	pid_t pid;
	int order;  /* seeds go in here */
	int answer; /* and a byte comes out when the step is done */
};

struct workers {
	int count;
	int users;
	void (*step)(void *data, int worker, uint64_t seed);
	void *data;
	struct worker worker[MOST];
};

/* Two of ours, two of Alice's, of whom one is in Bob's group as well, and Bob. */
static void be_user(int worker)
{
	static const gid_t bobs[] = {BOB};

	switch (worker % 5) {
	case 2:
		become(ALICE);
		break;
	case 3:
		must(setgroups(1, bobs) == 0);
		must(setresgid(ALICE, ALICE, ALICE) == 0);
		must(setresuid(ALICE, ALICE, ALICE) == 0);
		break;
	case 4:
		become(BOB);
		break;
	}
}

static _Noreturn void work(struct workers *workers, int number, int orders, int answers)
{
	uint64_t seed;

	if (workers->users && geteuid() == 0)
		be_user(number);
	while (read(orders, &seed, sizeof(seed)) == sizeof(seed)) {
		workers->step(workers->data, number, seed);
		must(write(answers, "", 1) == 1);
	}
	_exit(0);
}

static void start(struct workers *workers, int number)
{
	struct worker *worker = &workers->worker[number];
	int orders[2], answers[2];

	must(pipe2(orders, O_CLOEXEC) == 0 && pipe2(answers, O_CLOEXEC) == 0);
	worker->pid = fork();
	must(worker->pid >= 0);
	if (worker->pid == 0) {
		close(orders[1]);
		close(answers[0]);
		for (int i = 0; i < workers->count; i++) {
			if (i == number || workers->worker[i].pid <= 0)
				continue;
			close(workers->worker[i].order);
			close(workers->worker[i].answer);
		}
		work(workers, number, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	worker->order = orders[1];
	worker->answer = answers[0];
}

struct workers *workers_start(int count, int users,
			      void (*step)(void *data, int worker, uint64_t seed),
			      void *data)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	must(workers && count <= MOST);
	*workers = (struct workers){
		.count = count, .users = users, .step = step, .data = data};
	for (int i = 0; i < count; i++)
		start(workers, i);
	return workers;
}

void workers_step(struct workers *workers, int number, uint64_t seed)
{
	struct worker *worker = &workers->worker[number];
	char byte;

	must(write(worker->order, &seed, sizeof(seed)) == sizeof(seed));
	must_be(read(worker->answer, &byte, 1), 1);
}

static void end(struct worker *worker)
{
	close(worker->order);
	close(worker->answer);
	child_await(worker->pid);
}

void workers_replace(struct workers *workers, int number)
{
	struct worker *worker = &workers->worker[number];

	kill(worker->pid, SIGKILL);
	end(worker);
	worker->pid = 0;
	start(workers, number);
}

void workers_stop(struct workers *workers)
{
	for (int i = 0; i < workers->count; i++)
		end(&workers->worker[i]);
	free(workers);
}
