/* SPDX-License-Identifier: MIT */

#include "report.h"

#include "reach.h"
#include <errno.h>
#include <json-c/json.h>
#include <naru/base.h>
#include <sys/utsname.h>

/* json-c ends up with fewer members when memory runs out, and never fails loudly. */
static void add_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(json_object *object, const char *key, double value)
{
	char text[32];

	/* All the digits of a double would be noise. */
	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static json_object *describe_machine(const struct bench_results *results)
{
	json_object *machine = json_object_new_object();
	json_object *cores = json_object_new_array();
	char processor[128];
	struct utsname system;

	uname(&system);
	bench_processor_name(processor, sizeof(processor));
	add_text(machine, "system", system.sysname);
	add_text(machine, "release", system.release);
	add_text(machine, "version", system.version);
	add_text(machine, "architecture", system.machine);
	add_text(machine, "processor", processor);
	for (int i = 0; i < 2; i++)
		json_object_array_add(cores, json_object_new_int(results->cores.core[i]));
	json_object_object_add(machine, "cores", cores);
	return machine;
}

static json_object *describe_runs(const struct bench_cell *cell)
{
	json_object *runs = json_object_new_array();

	for (size_t i = 0; i < cell->count; i++) {
		const struct bench_sample *sample = &cell->samples[i];
		json_object *run = json_object_new_object();

		add_number(run, "value", sample->value);
		add_number(run, "mean", sample->mean);
		add_number(run, "p50", sample->quantile[BENCH_P50]);
		add_number(run, "p90", sample->quantile[BENCH_P90]);
		add_number(run, "p99", sample->quantile[BENCH_P99]);
		add_number(run, "p99.9", sample->quantile[BENCH_P999]);
		add_number(run, "floor_before", sample->floor_before);
		add_number(run, "floor_after", sample->floor_after);
		json_object_array_add(runs, run);
	}
	return runs;
}

static void add_figures(json_object *object, const struct bench_workload *workload,
			const struct bench_cell *cell)
{
	const struct bench_summary *summary = &cell->summary;

	add_number(object, "median", summary->median.value);
	add_number(object, "min", summary->minimum);
	add_number(object, "q1", summary->lower);
	add_number(object, "q3", summary->upper);
	add_number(object, "max", summary->maximum);
	add_number(object, "mean", summary->median.mean);
	add_number(object, "p50", summary->median.quantile[BENCH_P50]);
	add_number(object, "p90", summary->median.quantile[BENCH_P90]);
	add_number(object, "p99", summary->median.quantile[BENCH_P99]);
	add_number(object, "p99.9", summary->median.quantile[BENCH_P999]);
	add_number(object, "floor", summary->floor);
	json_object_object_add(object, "operations",
			       json_object_new_int64((int64_t)cell->operations));
	if (workload->kind == BENCH_SELECT) {
		add_number(object, "first", summary->median.first);
		add_number(object, "backlog", summary->median.backlog);
	}
	json_object_object_add(object, "runs", describe_runs(cell));
}

static json_object *describe_cell(const struct bench_results *results, size_t workload,
				  size_t contender)
{
	static const char *const states[] = {
		[BENCH_PENDING] = "pending",	  [BENCH_MEASURED] = "measured",
		[BENCH_UNFIT] = "not applicable", [BENCH_SKIPPED] = "skipped",
		[BENCH_FAILED] = "failed",
	};
	const struct bench_cell *cell = bench_results_cell(results, workload, contender);
	json_object *object = json_object_new_object();
	char note[BENCH_NOTE_MAX];

	add_text(object, "contender", results->contenders[contender]->name);
	add_text(object, "state", states[cell->state]);
	bench_results_note(results, workload, contender, note);
	if (note[0])
		add_text(object, "note", note);
	if (cell->count > 0)
		add_figures(object, &bench_workloads[workload], cell);
	return object;
}

static json_object *describe_workload(const struct bench_results *results,
				      size_t workload)
{
	json_object *object = json_object_new_object();
	json_object *cells = json_object_new_array();

	add_text(object, "workload", bench_workloads[workload].name);
	add_text(object, "title", bench_workloads[workload].title);
	add_text(object, "figure", bench_workloads[workload].figure);
	for (size_t i = 0; i < results->contender_count; i++)
		if (bench_results_cell(results, workload, i)->state != BENCH_PENDING)
			json_object_array_add(cells, describe_cell(results, workload, i));
	json_object_object_add(object, "contenders", cells);
	return object;
}

static json_object *describe_goals(const struct bench_results *results)
{
	json_object *goals = json_object_new_array();

	for (size_t i = 0; i < bench_goal_count; i++) {
		struct bench_goal goal = bench_goal_judge(results, i);
		json_object *object = json_object_new_object();

		add_text(object, "against", goal.text);
		add_number(object, goal.at_most ? "at_most" : "at_least", goal.target);
		if (goal.state != BENCH_GOAL_UNKNOWN) {
			bool reached = goal.state == BENCH_GOAL_REACHED;

			add_number(object, "ratio", goal.ratio);
			json_object_object_add(object, "reached",
					       json_object_new_boolean(reached));
		}
		json_object_array_add(goals, object);
	}
	return goals;
}

int bench_report_json(const struct bench_results *results, const char *path)
{
	json_object *report = json_object_new_object();
	json_object *workloads = json_object_new_array();
	char date[32];
	struct tm utc;
	int r;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(&results->date, &utc));
	add_text(report, "date", date);
	add_text(report, "naru", naru_version());
	add_text(report, "commit", results->options->commit);
	json_object_object_add(report, "machine", describe_machine(results));
	add_text(report, "unit", "ns");
	json_object_object_add(report, "runs",
			       json_object_new_int64(results->options->runs));
	add_number(report, "seconds", (double)results->options->run_ns / 1e9);
	for (size_t i = 0; i < bench_workload_count; i++)
		json_object_array_add(workloads, describe_workload(results, i));
	json_object_object_add(report, "workloads", workloads);
	json_object_object_add(report, "goals", describe_goals(results));
	r = json_object_to_file_ext(path, report, JSON_C_TO_STRING_PRETTY) < 0 ? -errno
									       : 0;
	json_object_put(report);
	return r;
}
