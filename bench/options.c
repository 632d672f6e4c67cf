/* SPDX-License-Identifier: MIT */

#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	RUNS = 1000,
	SECONDS,
	ONLY,
	CONTENDERS,
	JSON,
	SVG,
	COMMIT,
	QUICK,
	CHECK,
	LIST,
	HELP
};

static const struct option long_options[] = {
	{"runs", required_argument, NULL, RUNS},
	{"seconds", required_argument, NULL, SECONDS},
	{"only", required_argument, NULL, ONLY},
	{"contenders", required_argument, NULL, CONTENDERS},
	{"json", required_argument, NULL, JSON},
	{"svg", required_argument, NULL, SVG},
	{"commit", required_argument, NULL, COMMIT},
	{"quick", no_argument, NULL, QUICK},
	{"check", no_argument, NULL, CHECK},
	{"list", no_argument, NULL, LIST},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Measure naru beside the kernel's and others' ways to exchange messages.\n"
	"\n"
	"  --runs N           runs of each contender, round-robin (default 7)\n"
	"  --seconds S        how long a run measures (default 0.2)\n"
	"  --quick            3 runs of 0.05 s, and half a second of idling\n"
	"  --only A,B         these workloads only\n"
	"  --contenders A,B   these contenders only\n"
	"  --json FILE        write all figures to FILE\n"
	"  --svg FILE         draw the main ones\n"
	"  --commit TEXT      what is measured, for the JSON file\n"
	"  --check            exit with 1 if a goal is not reached\n"
	"  --list             name the workloads and contenders\n";

static bool number(const char *text, double least, double most, double *ret_value)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= least && value <= most))
		return false;
	*ret_value = value;
	return true;
}

/* NULL, or what the option's value should have been. */
static const char *take(struct bench_options *options, int option)
{
	double value = 0;

	switch (option) {
	case RUNS:
		if (!number(optarg, 1, BENCH_RUNS_MAX, &value))
			return "--runs must be a number from 1 to 99";
		options->runs = (unsigned)value;
		break;
	case SECONDS:
		if (!number(optarg, 0.001, 5, &value))
			return "--seconds must be a number from 0.001 to 5";
		options->run_ns = (uint64_t)(value * 1e9);
		break;
	case QUICK:
		options->runs = 3;
		options->run_ns = 50000000;
		options->idle_ns = 500000000;
		break;
	case ONLY:
		options->workloads = optarg;
		break;
	case CONTENDERS:
		options->contenders = optarg;
		break;
	case JSON:
		options->json = optarg;
		break;
	case SVG:
		options->svg = optarg;
		break;
	case COMMIT:
		options->commit = optarg;
		break;
	case CHECK:
		options->check = true;
		break;
	case LIST:
		options->list = true;
		break;
	}
	return NULL;
}

int bench_options_parse(int argc, char **argv, struct bench_options *ret_options)
{
	struct bench_options options = {
		.runs = 7, .run_ns = 200000000, .idle_ns = UINT64_C(5000000000)};
	const char *wanted;
	int option;

	/* 0, not 1: start afresh, whoever used getopt before. */
	optind = 0;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (option == HELP) {
			printf("usage: %s [OPTION...]\n%s", argv[0], help);
			return 1;
		}
		if (option == '?')
			return -EINVAL;
		wanted = take(&options, option);
		if (wanted) {
			fprintf(stderr, "%s: %s, not \"%s\"\n", argv[0], wanted, optarg);
			return -EINVAL;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: nothing to do with %s (try --help)\n", argv[0],
			argv[optind]);
		return -EINVAL;
	}
	*ret_options = options;
	return 0;
}
