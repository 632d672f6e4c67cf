/* SPDX-License-Identifier: MIT */

#include "results.h"

#include "names.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_up(const struct bench_results *results, size_t workload, size_t contender,
		   const char *missing)
{
	const struct bench_workload *what = &bench_workloads[workload];
	const struct contender *who = results->contenders[contender];
	struct bench_cell *cell = bench_results_cell(results, workload, contender);
	const char *unfit =
		who->absent || missing ? NULL : bench_workload_unfit(what, who);

	if (!bench_names_has(results->options->workloads, what->name) ||
	    !bench_names_has(results->options->contenders, who->name))
		return;
	if (who->absent || missing) {
		cell->state = BENCH_SKIPPED;
		snprintf(cell->word, sizeof(cell->word), "%s",
			 who->absent ? who->absent : missing);
	} else if (unfit) {
		cell->state = BENCH_UNFIT;
		snprintf(cell->word, sizeof(cell->word), "%s", unfit);
	} else if (!results->cores.two && !what->one_core && what->senders &&
		   what->receivers) {
		cell->state = BENCH_SKIPPED;
		snprintf(cell->word, sizeof(cell->word), "there is only one core");
	} else {
		cell->state = BENCH_MEASURED;
	}
}

int bench_results_create(const struct bench_options *options,
			 const struct contender *const *contenders, size_t count,
			 struct bench_results *ret_results)
{
	struct bench_results results = {
		.options = options,
		.contenders = contenders,
		.contender_count = count,
		.date = time(NULL),
		.cells = calloc(count * bench_workload_count, sizeof(*results.cells)),
	};
	size_t cells = count * bench_workload_count;
	int r;

	if (!results.cells)
		return -ENOMEM;
	r = bench_cores_choose(&results.cores);
	for (size_t i = 0; i < cells && r == 0; i++) {
		results.cells[i].samples =
			calloc(options->runs, sizeof(struct bench_sample));
		if (!results.cells[i].samples)
			r = -ENOMEM;
	}
	if (r < 0) {
		bench_results_free(&results);
		return r;
	}
	for (size_t i = 0; i < count; i++) {
		const struct contender *who = contenders[i];
		const char *missing =
			!who->absent && who->missing ? who->missing() : NULL;

		for (size_t k = 0; k < bench_workload_count; k++)
			set_up(&results, k, i, missing);
	}
	*ret_results = results;
	return 0;
}

void bench_results_free(struct bench_results *results)
{
	for (size_t i = 0; i < results->contender_count * bench_workload_count; i++)
		free(results->cells[i].samples);
	free(results->cells);
}

struct bench_cell *bench_results_cell(const struct bench_results *results,
				      size_t workload, size_t contender)
{
	return &results->cells[workload * results->contender_count + contender];
}

const struct bench_cell *bench_results_find(const struct bench_results *results,
					    const char *workload, const char *contender)
{
	for (size_t i = 0; i < bench_workload_count; i++) {
		if (strcmp(bench_workloads[i].name, workload) != 0)
			continue;
		for (size_t k = 0; k < results->contender_count; k++) {
			const struct bench_cell *cell = bench_results_cell(results, i, k);

			if (strcmp(results->contenders[k]->name, contender) == 0)
				return cell;
		}
	}
	return NULL;
}

void bench_results_summarize(struct bench_results *results)
{
	for (size_t i = 0; i < results->contender_count * bench_workload_count; i++) {
		struct bench_cell *cell = &results->cells[i];

		bench_summarize(cell->samples, cell->count, &cell->summary);
	}
}

static void append(char *note, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char *note, const char *format, ...)
{
	size_t used = strlen(note);
	va_list arguments;

	if (used > 0 && used < BENCH_NOTE_MAX - 2) {
		memcpy(note + used, "; ", 3);
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(note + used, BENCH_NOTE_MAX - used, format, arguments);
	va_end(arguments);
}

static void note_rate(const struct bench_workload *what, double ns, char *note)
{
	if (what->kind < BENCH_ONE_WAY || what->kind > BENCH_ONE_WAY_PLACE || ns <= 0)
		return;
	if (ns < 1e5)
		append(note, "%.3g M/s", 1000 / ns);
	if (what->kind != BENCH_ONE_WAY_PLACE && what->message > 64)
		append(note, "%.2f GB/s", (double)what->message / ns);
}

void bench_results_note(const struct bench_results *results, size_t workload,
			size_t contender, char ret_note[BENCH_NOTE_MAX])
{
	const struct bench_workload *what = &bench_workloads[workload];
	const struct contender *who = results->contenders[contender];
	const struct bench_cell *cell = bench_results_cell(results, workload, contender);
	size_t most = !who->absent && who->message_max ? who->message_max() : SIZE_MAX;
	char text[16];

	ret_note[0] = '\0';
	if (cell->count > 0) {
		note_rate(what, cell->summary.median.value, ret_note);
		if (what->kind == BENCH_SELECT) {
			bench_format_ns(cell->summary.median.first, text, sizeof(text));
			append(ret_note, "first %s", text);
			if (cell->summary.median.backlog < (double)what->backlog)
				append(ret_note,
				       "only %.0f others: a limit for the privileged to "
				       "raise",
				       cell->summary.median.backlog);
		} else if (what->message > most) {
			append(ret_note, "in pieces of %zu B: its limit", most);
		}
		if (what->kind == BENCH_IDLE)
			append(ret_note, "over %.2g s",
			       (double)results->options->idle_ns / 1e9);
		if (who->remark)
			append(ret_note, "%s", who->remark);
	}
	if (cell->word[0])
		append(ret_note, "%s", cell->word);
}

void bench_format_ns(double nanoseconds, char *text, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	unsigned unit = 0;

	while (nanoseconds >= 999.5 && unit < 3) {
		nanoseconds /= 1000;
		unit++;
	}
	snprintf(text, size, "%.*f %s",
		 nanoseconds >= 99.95	? 0
		 : nanoseconds >= 9.995 ? 1
					: 2,
		 nanoseconds, units[unit]);
}

void bench_processor_name(char *name, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, size, "%s", colon[1] == ' ' ? colon + 2 : colon + 1);
		break;
	}
	if (file)
		fclose(file);
}
