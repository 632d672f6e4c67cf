/* SPDX-License-Identifier: MIT */

#include "bench.h"

#include "names.h"
#include "process.h"
#include "report.h"
#include "ticks.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, FAILURE = 1, USAGE = 2, INTERRUPTED = 130 };

/* The first runs of a contender find out how many operations fill a run. */
enum { TRIES = 6, GROWTH = 20 };

/* More than there are workloads, or contenders. */
enum { BENCH_NAMES_MAX = BENCH_CONTENDERS_MAX };

static void tell(const char *stage, const struct bench_run *run)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s: %s, %s", stage, run->workload->name,
			run->contender->name);
}

static int attempt(struct bench_run *run, struct bench_cell *cell,
		   struct bench_sample *ret_sample)
{
	int r = bench_run(run, ret_sample, cell->word);

	if (r < 0 && r != -EINTR)
		cell->state = BENCH_FAILED;
	return r < 0 ? r : bench_interrupted();
}

static void size_run(struct bench_run *run, uint64_t operations)
{
	run->operations = bench_workload_operations(run->workload, operations);
	run->warm_up = bench_workload_operations(run->workload, operations / 10);
	if (run->workload->kind == BENCH_IDLE)
		run->warm_up = 0;
}

static int calibrate(const struct bench_options *options, struct bench_run *run,
		     struct bench_cell *cell)
{
	double wanted = (double)options->run_ns;
	int r = 0;

	size_run(run, run->workload->first);
	for (int i = 0; i < TRIES && r == 0 && run->workload->kind != BENCH_IDLE; i++) {
		struct bench_sample sample;
		double fit, most = (double)run->operations * GROWTH;
		bool near;

		r = attempt(run, cell, &sample);
		if (r < 0 || sample.mean <= 0)
			break;
		fit = wanted / sample.mean;
		near = (double)run->operations >= fit / 3;
		size_run(run, (uint64_t)(fit < most ? fit : most) + 1);
		if (near)
			break;
	}
	cell->operations = run->operations;
	return r == -EINTR ? r : 0;
}

static int measure(struct bench_run *run, struct bench_cell *cell)
{
	int r;

	size_run(run, cell->operations);
	r = attempt(run, cell, &cell->samples[cell->count]);
	if (r == 0)
		cell->count++;
	return r == -EINTR ? r : 0;
}

/* Every contender and workload once; round 0 only finds out how long they take. */
static int play_round(struct bench_results *results, struct bench_stage *stage,
		      unsigned round)
{
	const struct bench_options *options = results->options;
	size_t count = results->contender_count;
	char title[32];

	snprintf(title, sizeof(title), round ? "run %u of %u" : "warming up", round,
		 options->runs);
	for (size_t i = 0; i < bench_workload_count * count; i++) {
		struct bench_cell *cell = &results->cells[i];
		struct bench_run run = {
			.contender = results->contenders[i % count],
			.workload = &bench_workloads[i / count],
			.cores = results->cores,
			.stage = stage,
			.idle_ns = options->idle_ns,
		};
		int r;

		if (cell->state != BENCH_MEASURED)
			continue;
		/* It would take minutes, and would not be another figure. */
		if (run.workload->kind == BENCH_IDLE && round > 1)
			continue;
		tell(title, &run);
		r = round ? measure(&run, cell) : calibrate(options, &run, cell);
		if (r < 0)
			return r;
	}
	return 0;
}

static int play(struct bench_results *results)
{
	struct bench_stage *stage = bench_stage_create();
	int r = stage ? 0 : -ENOMEM;

	for (unsigned round = 0; round <= results->options->runs && r == 0; round++)
		r = play_round(results, stage, round);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	return r;
}

static void list(const struct contender *const *contenders, size_t count)
{
	printf("workloads:\n");
	for (size_t i = 0; i < bench_workload_count; i++)
		printf("  %-20s %s\n", bench_workloads[i].name, bench_workloads[i].title);
	printf("contenders:\n");
	for (size_t i = 0; i < count; i++)
		printf("  %s\n", contenders[i]->name);
}

/* Whose lines on standard error these are. */
static const char *self;

static bool misspelt(const char *what, const char *list, const char *const *names,
		     size_t count)
{
	int length;
	const char *word = bench_names_unknown(list, names, count, &length);

	if (word)
		fprintf(stderr, "%s: there is no %s %.*s (see --list)\n", self, what,
			length, word);
	return word;
}

static bool bad_names(const struct bench_options *options,
		      const struct contender *const *contenders, size_t count)
{
	const char *names[BENCH_NAMES_MAX];

	for (size_t i = 0; i < bench_workload_count; i++)
		names[i] = bench_workloads[i].name;
	if (misspelt("workload", options->workloads, names, bench_workload_count))
		return true;
	for (size_t i = 0; i < count; i++)
		names[i] = contenders[i]->name;
	return misspelt("contender", options->contenders, names, count);
}

static int write_file(int (*report)(const struct bench_results *, const char *),
		      const struct bench_results *results, const char *path)
{
	int r = path ? report(results, path) : 0;

	if (r < 0)
		fprintf(stderr, "%s: cannot write %s: %s\n", self, path, strerror(-r));
	return r;
}

/* To be told so after minutes would be late. */
static bool cannot_write(const char *path)
{
	FILE *file = path ? fopen(path, "ae") : NULL;

	if (path && !file)
		fprintf(stderr, "%s: cannot write %s: %s\n", self, path, strerror(errno));
	if (file)
		fclose(file);
	return path && !file;
}

static int report(struct bench_results *results)
{
	unsigned missed;

	bench_results_summarize(results);
	missed = bench_report_table(results, stdout);
	if (write_file(bench_report_json, results, results->options->json) < 0 ||
	    write_file(bench_report_svg, results, results->options->svg) < 0)
		return FAILURE;
	return results->options->check && missed > 0 ? FAILURE : SUCCESS;
}

int bench_main(int argc, char **argv, const struct contender *const *contenders,
	       size_t count)
{
	struct bench_results results;
	struct bench_options options;
	int status = SUCCESS;
	int r = bench_options_parse(argc, argv, &options);

	self = argv[0];
	if (r != 0)
		return r < 0 ? USAGE : SUCCESS;
	if (count > BENCH_CONTENDERS_MAX)
		count = BENCH_CONTENDERS_MAX;
	if (options.list) {
		list(contenders, count);
		return SUCCESS;
	}
	if (bad_names(&options, contenders, count))
		return USAGE;
	if (cannot_write(options.json) || cannot_write(options.svg))
		return FAILURE;
	bench_ticks_calibrate();
	r = bench_signals_block();
	if (r == 0)
		r = bench_results_create(&options, contenders, count, &results);
	if (r < 0) {
		fprintf(stderr, "%s: cannot start: %s\n", self, strerror(-r));
		return FAILURE;
	}
	r = play(&results);
	if (r == 0)
		status = report(&results);
	else if (r != -EINTR)
		fprintf(stderr, "%s: %s\n", self, strerror(-r));
	bench_results_free(&results);
	return r == -EINTR ? INTERRUPTED : r < 0 ? FAILURE : status;
}
