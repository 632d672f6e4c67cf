/* SPDX-License-Identifier: MIT */

#include "run.h"

#include "process.h"
#include "ticks.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The slowest honest run takes a few seconds. */
static const uint64_t deadline_ns = UINT64_C(20000000000);

static int start(const struct bench_run *run, pid_t *children)
{
	unsigned processes = run->plan.senders + run->plan.receivers;

	for (unsigned i = 0; i < processes; i++) {
		bool receives = i < run->plan.receivers;
		unsigned index = receives ? i : i - run->plan.receivers;

		children[i] = bench_fork();
		if (children[i] == 0) {
			int r = bench_role_play(
				run, receives ? BENCH_RECEIVER : BENCH_SENDER, index);

			/* Not _exit: libraries say goodbye to their daemons there. */
			exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
		}
		if (children[i] < 0)
			return children[i];
	}
	return 0;
}

/* A process that computes on the first core, until it is killed. */
static pid_t crowd(const struct bench_run *run)
{
	pid_t pid = bench_fork();

	if (pid != 0)
		return pid;
	if (bench_pin(run->cores.core[0]) < 0)
		_exit(EXIT_FAILURE);
	for (;;)
		bench_ticks();
}

static bool one_way(const struct bench_run *run)
{
	enum bench_kind kind = run->workload->kind;

	return kind >= BENCH_ONE_WAY && kind <= BENCH_ONE_WAY_PLACE;
}

static void measure(const struct bench_run *run, struct bench_sample *sample)
{
	static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
	const struct bench_stage *stage = run->stage;
	double scale = (double)bench_workload_stride(run->workload);

	if (run->workload->kind == BENCH_IDLE) {
		sample->value = (double)stage->processor;
		return;
	}
	sample->mean = bench_ticks_to_ns((double)(stage->end - stage->begin)) /
		       (double)run->operations;
	for (unsigned i = 0; i < BENCH_QUANTILES; i++)
		sample->quantile[i] = bench_ticks_to_ns(bench_histogram_quantile(
					      &stage->histogram, quantiles[i])) /
				      scale;
	sample->value = one_way(run) || run->workload->crowded
				? sample->mean
				: sample->quantile[BENCH_P50];
	sample->first = bench_ticks_to_ns((double)stage->first);
	sample->backlog = (double)stage->backlog;
}

/* How far the processes of a run that hung had come. */
static const char *phase(const struct bench_run *run)
{
	unsigned processes = run->plan.senders + run->plan.receivers;

	if (run->stage->arrived < processes)
		return "hung while it opened";
	if (run->stage->arrived < 2 * processes)
		return "hung";
	return "hung while it closed";
}

static int play(struct bench_run *run, char *word)
{
	pid_t children[BENCH_PROCESSES_MAX] = {0};
	unsigned processes = run->plan.senders + run->plan.receivers;
	pid_t other = run->workload->crowded ? crowd(run) : 0;
	int r = other < 0 ? other : start(run, children);
	int ended;

	if (r < 0)
		snprintf(word, BENCH_WORD_MAX, "fork: %s", strerror(-r));
	/* If not all were started, those that were wait for the others: cut it short. */
	ended = bench_wait(children, processes, r < 0 ? 0 : deadline_ns + run->idle_ns);
	if (other > 0) {
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
	}
	if (r < 0 || ended == -EINTR)
		return r < 0 ? r : ended;
	if (run->stage->failed)
		snprintf(word, BENCH_WORD_MAX, "%s", run->stage->failure);
	else if (ended == -ETIMEDOUT)
		snprintf(word, BENCH_WORD_MAX, "%s", phase(run));
	else if (ended < 0)
		snprintf(word, BENCH_WORD_MAX, "a process died");
	if (ended == 0 && one_way(run) && run->stage->sum != bench_role_sum(run)) {
		snprintf(word, BENCH_WORD_MAX, "lost or doubled messages");
		return -EILSEQ;
	}
	return ended;
}

int bench_run(struct bench_run *run, struct bench_sample *ret_sample,
	      char ret_word[BENCH_WORD_MAX])
{
	struct bench_sample sample = {0};
	int r;

	memset(run->stage, 0, sizeof(*run->stage));
	ret_word[0] = '\0';
	bench_workload_plan(run->workload, run->contender, &run->plan);
	r = bench_floor(&run->cores, &sample.floor_before);
	if (r < 0) {
		snprintf(ret_word, BENCH_WORD_MAX, "floor: %s", strerror(-r));
		return r;
	}
	r = run->contender->create(&run->plan, &run->channel);
	if (r < 0) {
		snprintf(ret_word, BENCH_WORD_MAX, "create: %s", strerror(-r));
		return r;
	}
	r = play(run, ret_word);
	run->contender->remove(run->channel);
	if (r < 0)
		return r;
	r = bench_floor(&run->cores, &sample.floor_after);
	if (r < 0) {
		snprintf(ret_word, BENCH_WORD_MAX, "floor: %s", strerror(-r));
		return r;
	}
	measure(run, &sample);
	*ret_sample = sample;
	return 0;
}
