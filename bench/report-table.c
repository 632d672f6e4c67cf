/* SPDX-License-Identifier: MIT */

#include "report.h"

#include "reach.h"
#include <string.h>
#include <sys/utsname.h>

size_t bench_report_rank(const struct bench_results *results, size_t workload,
			 size_t *ret_order)
{
	size_t ranked = 0;

	for (size_t i = 0; i < results->contender_count; i++) {
		const struct bench_cell *cell = bench_results_cell(results, workload, i);
		double value = cell->summary.median.value;
		size_t at;

		if (cell->count == 0)
			continue;
		for (at = ranked; at > 0; at--) {
			const struct bench_cell *before =
				bench_results_cell(results, workload, ret_order[at - 1]);

			if (before->summary.median.value <= value)
				break;
			ret_order[at] = ret_order[at - 1];
		}
		ret_order[at] = i;
		ranked++;
	}
	return ranked;
}

static void print_times(const double *times, size_t count, FILE *file)
{
	char text[16];

	for (size_t i = 0; i < count; i++) {
		bench_format_ns(times[i], text, sizeof(text));
		fprintf(file, " %9s", times[i] > 0 ? text : "-");
	}
}

static void print_cell(const struct bench_results *results, size_t workload,
		       size_t contender, FILE *file)
{
	const struct bench_cell *cell = bench_results_cell(results, workload, contender);
	const struct bench_summary *summary = &cell->summary;
	const double times[] = {
		summary->minimum,
		summary->maximum,
		summary->median.quantile[BENCH_P50],
		summary->median.quantile[BENCH_P90],
		summary->median.quantile[BENCH_P99],
		summary->median.quantile[BENCH_P999],
		summary->median.floor_before,
		summary->median.floor_after,
	};
	char note[BENCH_NOTE_MAX];
	char text[16];

	bench_results_note(results, workload, contender, note);
	bench_format_ns(summary->median.value, text, sizeof(text));
	fprintf(file, "  %-25s %9s", results->contenders[contender]->name, text);
	print_times(times, sizeof(times) / sizeof(times[0]), file);
	fprintf(file, "%s%s\n", note[0] ? "  " : "", note);
}

static bool not_tried(const struct bench_cell *cell)
{
	return cell->state == BENCH_UNFIT || cell->state == BENCH_SKIPPED;
}

/* Did one before it say the same? */
static bool said(const struct bench_results *results, size_t workload, size_t contender)
{
	const char *word = bench_results_cell(results, workload, contender)->word;

	for (size_t i = 0; i < contender; i++) {
		const struct bench_cell *cell = bench_results_cell(results, workload, i);

		if (not_tried(cell) && strcmp(cell->word, word) == 0)
			return true;
	}
	return false;
}

static void print_reason(const struct bench_results *results, size_t workload,
			 const char *word, FILE *file)
{
	const char *separator = ": ";

	fprintf(file, "  (%s", word);
	for (size_t i = 0; i < results->contender_count; i++) {
		const struct bench_cell *cell = bench_results_cell(results, workload, i);

		if (!not_tried(cell) || strcmp(cell->word, word) != 0)
			continue;
		fprintf(file, "%s%s", separator, results->contenders[i]->name);
		separator = ", ";
	}
	fputs(")\n", file);
}

/* Those that went wrong, and then those that were not tried, by the reason. */
static void print_rest(const struct bench_results *results, size_t workload, FILE *file)
{
	for (size_t i = 0; i < results->contender_count; i++) {
		const struct bench_cell *cell = bench_results_cell(results, workload, i);

		if (cell->state == BENCH_FAILED)
			fprintf(file, "  %-25s FAILED: %s\n",
				results->contenders[i]->name, cell->word);
	}
	for (size_t i = 0; i < results->contender_count; i++) {
		const struct bench_cell *cell = bench_results_cell(results, workload, i);

		if (not_tried(cell) && !said(results, workload, i))
			print_reason(results, workload, cell->word, file);
	}
}

static bool wanted(const struct bench_results *results, size_t workload)
{
	for (size_t i = 0; i < results->contender_count; i++)
		if (bench_results_cell(results, workload, i)->state != BENCH_PENDING)
			return true;
	return false;
}

static void print_workload(const struct bench_results *results, size_t workload,
			   FILE *file)
{
	static const char *const columns[] = {"median", "min",	 "max",	  "p50",  "p90",
					      "p99",	"p99.9", "floor", "after"};
	size_t order[BENCH_CONTENDERS_MAX];
	size_t ranked;

	if (!wanted(results, workload))
		return;
	fprintf(file, "\n%s (%s) [%s]\n", bench_workloads[workload].title,
		bench_workloads[workload].figure, bench_workloads[workload].name);
	ranked = bench_report_rank(results, workload, order);
	if (ranked > 0) {
		fprintf(file, "  %-25s", "");
		for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
			fprintf(file, " %9s", columns[i]);
		fputc('\n', file);
	}
	for (size_t i = 0; i < ranked; i++)
		print_cell(results, workload, order[i], file);
	print_rest(results, workload, file);
}

static unsigned print_goals(const struct bench_results *results, FILE *file)
{
	static const char *const states[] = {
		[BENCH_GOAL_UNKNOWN] = "not measured",
		[BENCH_GOAL_REACHED] = "reached",
		[BENCH_GOAL_MISSED] = "NOT REACHED",
		[BENCH_GOAL_FAILED] = "FAILED",
	};
	unsigned missed = 0;

	fprintf(file, "\n%-55s %10s %10s\n", "naru against", "goal", "ratio");
	for (size_t i = 0; i < bench_goal_count; i++) {
		struct bench_goal goal = bench_goal_judge(results, i);

		fprintf(file, "%-55s %s %7.4g ", goal.text,
			goal.at_most ? "<=" : ">=", goal.target);
		if (goal.ratio > 0)
			fprintf(file, "%10.3g  %s\n", goal.ratio, states[goal.state]);
		else
			fprintf(file, "%10s  %s\n", "-", states[goal.state]);
		missed += goal.state >= BENCH_GOAL_MISSED;
	}
	return missed;
}

unsigned bench_report_table(const struct bench_results *results, FILE *file)
{
	char processor[128];
	struct utsname system;

	uname(&system);
	bench_processor_name(processor, sizeof(processor));
	fprintf(file,
		"%s, %s %s\ncores %d and %d; %u runs of %.2g s, round-robin; floor: a "
		"cache "
		"line to the other core and back, before and after each run\n",
		processor, system.sysname, system.release, results->cores.core[0],
		results->cores.core[1], results->options->runs,
		(double)results->options->run_ns / 1e9);
	for (size_t i = 0; i < bench_workload_count; i++)
		print_workload(results, i, file);
	return print_goals(results, file);
}
