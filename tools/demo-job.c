/* SPDX-License-Identifier: MIT */
/* tools/demo-job.c - starts the processes of a job, kills and replaces some, waits */

#include <tools/demo.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tools/progress.h>
#include <tools/report.h>
#include <tools/units.h>
#include <unistd.h>

static const double stuck_seconds = 20;

/* From a terminal they reach the workers as well, who leave it to the parent. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static const size_t signals_count = sizeof(signals) / sizeof(signals[0]);

static volatile sig_atomic_t interrupted;

struct crew {
	struct nr_job *job;
	const struct nr_road *road;
	void *queue;
	pid_t parent;
	int ready[2]; /* a worker writes a byte when it is ready, */
	int gate[2];  /* and begins when the parent closes its end of this */
	pid_t senders[NR_WORKERS_MAX]; /* 0: it has done its work */
	pid_t receivers[NR_WORKERS_MAX];
};

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void nr_job_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < signals_count; i++)
		sigaction(signals[i], &action, NULL);
}

/* The parent cleans up, so its workers must not outlive it. */
static _Noreturn void work(struct crew *crew, bool sends, unsigned worker)
{
	char byte = 0;
	int r;

	for (size_t i = 0; i < signals_count; i++)
		signal(signals[i], SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(crew->gate[1]);
	if (getppid() != crew->parent || write(crew->ready[1], &byte, 1) != 1 ||
	    read(crew->gate[0], &byte, 1) != 0)
		_exit(NR_FAILED);
	r = sends ? crew->road->send(crew->job, crew->queue)
		  : crew->road->receive(crew->job, crew->queue, worker);
	if (r < 0)
		nr_failed("a %s stopped: %s", sends ? "sender" : "receiver",
			  naru_error_text(r));
	_exit(r < 0 ? NR_FAILED : NR_OK);
}

static int start(struct crew *crew, bool sends, unsigned worker)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		work(crew, sends, worker);
	(sends ? crew->senders : crew->receivers)[worker] = pid;
	return 0;
}

/* Returns when all are ready, so that their start is not measured. */
static int start_all(struct crew *crew)
{
	const struct nr_job *job = crew->job;
	char byte;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < job->receivers; i++)
		r = start(crew, false, i);
	for (unsigned i = 0; r == 0 && i < job->senders; i++)
		r = start(crew, true, i);
	for (unsigned i = 0; r == 0 && i < job->senders + job->receivers; i++) {
		if (read(crew->ready[0], &byte, 1) != 1)
			r = interrupted ? NR_JOB_INTERRUPTED : -errno;
	}
	return r;
}

static void end_all(struct crew *crew)
{
	for (unsigned i = 0; i < NR_WORKERS_MAX; i++) {
		pid_t *pids[] = {&crew->senders[i], &crew->receivers[i]};

		for (int k = 0; k < 2; k++) {
			if (*pids[k] == 0)
				continue;
			kill(*pids[k], SIGKILL);
			waitpid(*pids[k], NULL, 0);
			*pids[k] = 0;
		}
	}
}

static uint64_t count_arrived(const struct nr_job *job)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < job->receivers; i++)
		sum += atomic_load_explicit(&job->board->tally[i].arrived,
					    memory_order_relaxed);
	return sum;
}

/* The truth: a receiver may die between its mark and its tally. */
static bool all_arrived(const struct nr_job *job)
{
	return !memchr((const void *)job->arrived, 0, (size_t)job->total);
}

/* Returns how many have not ended yet, or NR_JOB_WORKER_FAILED negated. */
static int count_working(pid_t *pids, unsigned count)
{
	int working = 0;

	for (unsigned i = 0; i < count; i++) {
		int status;

		if (pids[i] == 0)
			continue;
		if (waitpid(pids[i], &status, WNOHANG) == 0) {
			working++;
			continue;
		}
		pids[i] = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != NR_OK)
			return -NR_JOB_WORKER_FAILED;
	}
	return working;
}

/* One that is at work is killed wherever it is, and another continues. */
static int replace(struct crew *crew, bool sends, uint64_t arrived,
		   struct nr_kill *ret_kill)
{
	pid_t *pids = sends ? crew->senders : crew->receivers;
	unsigned worker = (sends ? crew->job->senders : crew->job->receivers) - 1;
	pid_t victim = pids[worker];
	int r;

	if (victim == 0)
		return 0;
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	pids[worker] = 0;
	r = start(crew, sends, worker);
	if (r == 0)
		*ret_kill = (struct nr_kill){victim, pids[worker], worker, arrived};
	return r;
}

static int watch(struct crew *crew, bool kills, struct nr_progress *progress,
		 struct nr_outcome *ret_outcome)
{
	enum { TICK_MS = 1 };
	struct nr_job *job = crew->job;
	uint64_t seen = 0;
	double since = nr_seconds_now();

	for (;;) {
		uint64_t arrived = count_arrived(job);
		int senders = count_working(crew->senders, job->senders);
		int receivers = count_working(crew->receivers, job->receivers);
		int r = 0;

		if (interrupted)
			return NR_JOB_INTERRUPTED;
		if (senders < 0 || receivers < (int)job->receivers)
			return NR_JOB_WORKER_FAILED;
		if (senders == 0 && all_arrived(job) && crew->road->empty(crew->queue))
			return 0;
		if (kills && arrived >= job->total / 3 && ret_outcome->receiver.pid == 0)
			r = replace(crew, false, arrived, &ret_outcome->receiver);
		if (r == 0 && kills && arrived >= job->total / 3 * 2 &&
		    ret_outcome->sender.pid == 0)
			r = replace(crew, true, arrived, &ret_outcome->sender);
		if (r < 0)
			return r;
		if (arrived != seen)
			since = nr_seconds_now();
		else if (nr_seconds_now() - since > stuck_seconds)
			return NR_JOB_STUCK;
		seen = arrived;
		nr_progress_show(progress, arrived);
		poll(NULL, 0, TICK_MS);
	}
}

/* The queue is removed: who waits for it is told, and ends. */
static bool receivers_end(struct crew *crew)
{
	double begin = nr_seconds_now();
	int working;

	while ((working = count_working(crew->receivers, crew->job->receivers)) > 0 &&
	       nr_seconds_now() - begin < stuck_seconds)
		poll(NULL, 0, 1);
	return working == 0;
}

static int run(struct crew *crew, bool kills, const char *label,
	       struct nr_outcome *ret_outcome)
{
	struct nr_progress progress;
	double begin;
	int r = start_all(crew);

	if (r != 0)
		return r;
	nr_progress_start(&progress, label, crew->job->total);
	begin = nr_seconds_now();
	close(crew->gate[1]);
	crew->gate[1] = -1;
	r = watch(crew, kills, &progress, ret_outcome);
	ret_outcome->seconds = nr_seconds_now() - begin;
	nr_progress_end(&progress);
	for (unsigned i = 0; i < crew->job->receivers; i++)
		ret_outcome->twice += atomic_load(&crew->job->board->tally[i].twice);
	return r;
}

int nr_job_run(struct nr_job *job, const struct nr_road *road, bool kills,
	       const char *label, struct nr_outcome *ret_outcome)
{
	struct crew crew = {
		.job = job,
		.road = road,
		.parent = getpid(),
		.ready = {-1, -1},
		.gate = {-1, -1},
	};
	int r;

	*ret_outcome = (struct nr_outcome){0};
	memset(job->board, 0, sizeof(*job->board));
	memset((void *)job->arrived, 0, (size_t)job->total);
	memset(job->copy, 0, job->length);
	fflush(stdout);
	r = road->create(job, &crew.queue);
	if (r < 0)
		return r;
	if (pipe2(crew.ready, O_CLOEXEC) < 0 || pipe2(crew.gate, O_CLOEXEC) < 0)
		r = -errno;
	else
		r = run(&crew, kills, label, ret_outcome);
	if (r != 0)
		end_all(&crew);
	road->remove(job, crew.queue);
	if (r == 0 && !receivers_end(&crew))
		r = NR_JOB_STUCK;
	end_all(&crew);
	for (int i = 0; i < 2; i++) {
		if (crew.ready[i] >= 0)
			close(crew.ready[i]);
		if (crew.gate[i] >= 0)
			close(crew.gate[i]);
	}
	return r;
}
