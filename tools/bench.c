/* SPDX-License-Identifier: MIT */
/* tools/bench.c - naru bench: the part of the benchmark that needs nothing else */

#include <tools/command.h>

#include <bench/bench.h>
#include <limits.h>
#include <stdlib.h>
#include <tools/options.h>
#include <tools/program.h>
#include <tools/report.h>
#include <tools/units.h>

struct bench_values {
	const char *runs;
	const char *seconds;
	const char *only;
	const char *contenders;
	const char *json;
	const char *svg;
	bool quick;
	bool check;
	bool list;
};

#define FIELD(name) offsetof(struct bench_values, name)

static const struct nr_option options[] = {
	{"runs", 0, "N", "runs of each contender; default 7", nr_read_text, FIELD(runs)},
	{"seconds", 0, "SECONDS", "how long a run measures; default 0.2", nr_read_text,
	 FIELD(seconds)},
	{"quick", 0, NULL, "a few short runs: a first impression", NULL, FIELD(quick)},
	{"only", 0, "LIST", "these workloads only; with commas between", nr_read_text,
	 FIELD(only)},
	{"contenders", 0, "LIST", "these contenders only", nr_read_text,
	 FIELD(contenders)},
	{"json", 0, "PATH", "write all figures to PATH", nr_read_text, FIELD(json)},
	{"svg", 0, "PATH", "draw the main ones to PATH", nr_read_text, FIELD(svg)},
	{"check", 0, NULL, "end with 1 if a goal is not reached", NULL, FIELD(check)},
	{"list", 0, NULL, "name the workloads and contenders", NULL, FIELD(list)},
	{0},
};

/* The benchmark is a command of its own too, and reads its own arguments. */
static int run(struct nr_tool *tool, int argc, char **argv)
{
	struct bench_values given = {0};
	int first = nr_options_parse(tool, &nr_command_bench, argc, argv, &given);
	const struct {
		const char *name;
		const char *value;
	} values[] = {
		{"--runs", given.runs}, {"--seconds", given.seconds},
		{"--only", given.only}, {"--contenders", given.contenders},
		{"--json", given.json}, {"--svg", given.svg},
	};
	char *arguments[24] = {(char *)"naru bench"};
	char library[PATH_MAX];
	int count = 1;

	if (first <= 0)
		return -first;
	if (argc > first)
		return nr_bad_usage(&nr_command_bench, "it takes no arguments");
	if (given.quick) /* first: what is said in more detail overrides it */
		arguments[count++] = (char *)"--quick";
	if (given.check)
		arguments[count++] = (char *)"--check";
	if (given.list)
		arguments[count++] = (char *)"--list";
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!values[i].value)
			continue;
		arguments[count++] = (char *)values[i].name;
		arguments[count++] = (char *)values[i].value;
	}
	/* If it cannot be found here, the benchmark looks where libraries are. */
	if (nr_program_library(library))
		setenv("NARU_SYSV_LIBRARY", library, 1);
	return bench_main(count, arguments, bench_core_contenders, bench_core_count);
}

const struct nr_command nr_command_bench = {
	.name = "bench",
	.usage = "[OPTION...]",
	.summary = "measure naru beside the kernel's ways, on this machine",
	.text = "Needs two idle cores. Takes some minutes; with --quick some seconds.\n",
	.options = options,
	.run = run,
};
