/* SPDX-License-Identifier: MIT */

/*
 * Let a process die, and then the one that comes after it and repairs.
 *
 * The first dies in a scenario. For each state that it may leave (a sample of them)
 * a second one comes, makes a call of its own, and so repairs what it needs; it is
 * stopped after each of its instructions, and survivors see the state it would have
 * left. Each victim's call has happened wholly or not at all.
 *
 * NARU_CRASH_STATES	of the first: so many, evenly spread; 0 means all (default 2)
 * NARU_CRASH_CALLS	of the second: so many kinds, in turn; 0 means all (default 1)
 */

#include "crash-run.h"

#include <stdio.h>
#include <string.h>

enum { STATES_MAX = 4000, SECOND_SERIAL = 50000, KILLS = 2 };

/* What the first may leave. */
struct remains {
	struct image image;
	unsigned done;
	unsigned long point;
};

static struct remains remains[STATES_MAX];
static struct program first_program, second_program;
static struct model before[SURVIVOR_CANDIDATES];

/* Long enough to find two dead owners of locks, while it is traced. */
#define PATIENTLY .timeout_ms = 400

static const struct step calls[][5] = {
	{{.kind = STEP_RECEIVE, PATIENTLY}},
	{{.kind = STEP_SEND, .type = 5, .length = 60, PATIENTLY}},
	{{.kind = STEP_RECEIVE, .type = 2, PATIENTLY}},
	{{.kind = STEP_TAKE, PATIENTLY}, {.kind = STEP_RELEASE}},
	{{.kind = STEP_RECEIVE, .type = -INT64_MAX, PATIENTLY}},
	{{.kind = STEP_SEND_BATCH, .type = 4, .length = 30, .count = 4, PATIENTLY}},
	{{.kind = STEP_RECEIVE_BATCH, .count = 4, PATIENTLY}},
	{{.kind = STEP_CLAIM, .type = 6, .length = 200, PATIENTLY},
	 {.kind = STEP_COMMIT}},
	{{.kind = STEP_RECEIVE, .type = 4, .flags = NARU_EXCEPT, PATIENTLY}},
	{{.kind = STEP_TAKE, .type = 1, PATIENTLY}, {.kind = STEP_GIVE_BACK}},
	{{.kind = STEP_CLAIM, .type = 6, .length = 20, PATIENTLY}, {.kind = STEP_CANCEL}},
	{{.kind = STEP_LOOK, .count = 1}},
	{{.kind = STEP_SET, .length = 30000, .count = 90}},
};

static const unsigned calls_count = sizeof(calls) / sizeof(calls[0]);

static struct crash first_crash(const struct scenario *scenario)
{
	program_of(scenario, &first_program);
	return (struct crash){.program = &first_program,
			      .directory = crash_rooms()->victim,
			      .start = scenario_start(scenario),
			      .create = true};
}

/* All states that the first may leave; how many. */
static unsigned collect(struct crash *crash)
{
	const struct trace_victim victim = crash_victim(crash);
	unsigned count = 0, progress = ~0u;
	struct image image;
	struct trace trace;
	bool more = true;

	trace_clear(crash->directory);
	if (!trace_start(&trace, &victim))
		return 0;
	for (image_watch(&image, crash->directory); more && count < STATES_MAX;
	     more = trace_step(&trace)) {
		if (!image_update(&image) && progress == trace_page->progress)
			continue;
		progress = trace_page->progress;
		remains[count].done = progress;
		remains[count].point = trace.steps;
		image_copy(&image, &remains[count++].image);
	}
	trace_kill(&trace);
	image_free(&image);
	return count;
}

/* The models that fit what the first has left. */
static unsigned models_of(const struct crash *crash, unsigned done)
{
	static struct survivor survivor;

	survivor.candidates = 0;
	crash_candidates(crash, done, &survivor);
	for (unsigned c = 0; c < survivor.candidates; c++) {
		before[c] = survivor.candidate[c];
		before[c].serial = SECOND_SERIAL;
	}
	return survivor.candidates;
}

static void second_candidates(struct crash *crash, unsigned models, unsigned done,
			      struct survivor *survivor)
{
	survivor->candidates = 0;
	for (unsigned c = 0; c < models; c++) {
		crash->start = before[c];
		crash_candidates(crash, done, survivor);
	}
}

static struct crash second_crash(const struct step *steps, const char *directory)
{
	const struct scenario scenario = {.victim = steps};

	program_of(&scenario, &second_program);
	return (struct crash){.program = &second_program, .directory = directory};
}

/* The second comes upon these remains, and is stopped after each instruction. */
static void stop_second(const struct remains *left, unsigned models,
			const struct step *steps, const char *where,
			struct crash_count *count)
{
	static struct survivor survivor;
	struct crash crash = second_crash(steps, crash_rooms()->second);
	const struct trace_victim victim = crash_victim(&crash);
	unsigned progress = ~0u;
	struct image image;
	struct trace trace;
	bool more = true;

	crash.start = before[0];
	image_write(&left->image, crash.directory);
	if (!trace_start(&trace, &victim)) {
		crash_report(count, where, NULL);
		return;
	}
	for (image_watch(&image, crash.directory); more || trace_page->ended;
	     more = trace_step(&trace)) {
		char text[300];

		count->points++;
		if (image_update(&image) || progress != trace_page->progress) {
			progress = trace_page->progress;
			second_candidates(&crash, models, progress, &survivor);
			snprintf(text, sizeof(text), "%s, then point %lu at %#lx", where,
				 trace.steps, (unsigned long)crash_place(&trace));
			crash_check(&image, &survivor, 1, text, count);
		}
		if (!more)
			break;
	}
	if (!trace_page->ended)
		crash_report(count, where, trace.pid ? &trace : NULL);
	trace_kill(&trace);
	image_free(&image);
}

/* Both are really killed. */
static void kill_both(struct crash *first, unsigned long point, const struct step *steps,
		      unsigned long second_point, struct crash_count *count)
{
	static struct survivor survivor;
	struct crash crash = second_crash(steps, first->directory);
	struct trace_victim victim = crash_victim(first);
	struct trace trace;
	unsigned models;
	bool more = true;
	char where[160];
	int found;

	snprintf(where, sizeof(where), "killed at %lu, then at %lu in %s", point,
		 second_point, step_text(steps));
	trace_clear(first->directory);
	if (!trace_start(&trace, &victim)) {
		crash_report(count, where, NULL);
		return;
	}
	while (more && trace.steps < point)
		more = trace_step(&trace);
	trace_kill(&trace);
	models = models_of(first, trace_page->progress);

	crash.start = before[0];
	victim = crash_victim(&crash);
	if (!trace_start(&trace, &victim)) {
		crash_report(count, where, NULL);
		return;
	}
	for (more = true; more && trace.steps < second_point;)
		more = trace_step(&trace);
	trace_kill(&trace);
	second_candidates(&crash, models, trace_page->progress, &survivor);
	survivor.directory = first->directory;
	survivor.mode = (unsigned)(count->kills++ % SURVIVOR_MODES);
	survivor.seed = (uint32_t)point;
	found = trace_survive(survivor_run, &survivor, SURVIVOR_LIMIT_MS);
	if (found < 0 || found >= SURVIVOR_CANDIDATES)
		crash_report(count, where, NULL);
}

static void run(const struct scenario *scenario, unsigned number,
		struct crash_count *count)
{
	unsigned sample = trace_option("NARU_CRASH_STATES", 2);
	unsigned kinds = trace_option("NARU_CRASH_CALLS", 1);
	struct crash crash = first_crash(scenario);
	unsigned states = collect(&crash);
	unsigned turn = number;

	if (states == 0) {
		crash_report(count, scenario->name, NULL);
		return;
	}
	sample = sample && sample < states ? sample : states;
	kinds = kinds && kinds < calls_count ? kinds : calls_count;
	for (unsigned s = 0; s < sample; s++) {
		const struct remains *left =
			&remains[(2 * s + 1) * states / (2 * sample)];

		for (unsigned k = 0; k < kinds; k++) {
			const struct step *steps = calls[turn++ % calls_count];
			char where[200];

			snprintf(where, sizeof(where), "%s, point %lu, %s",
				 scenario->name, left->point, step_text(steps));
			stop_second(left, models_of(&crash, left->done), steps, where,
				    count);
		}
	}
	for (unsigned k = 0; k < KILLS; k++)
		kill_both(&crash, remains[(turn * 31 + k * 17) % states].point,
			  calls[turn % calls_count], (turn * 131 + k * 71) % 400, count);
	for (unsigned s = 0; s < states; s++)
		image_free(&remains[s].image);
}

int main(int count, char **arguments)
{
	struct crash_count all = {0};

	trace_begin();
	for (unsigned i = 0; i < scenarios_count; i++) {
		struct crash_count found = {0};

		if (scenarios[i].sparse)
			continue;
		if (count > 1 &&
		    strncmp(scenarios[i].name, arguments[1], strlen(arguments[1])) != 0)
			continue;
		run(&scenarios[i], i, &found);
		printf("%s, and the next: %lu points, %lu states; %lu killed%s\n",
		       scenarios[i].name, found.points, found.states, found.kills,
		       found.failures ? "; FAILED" : "");
		all.points += found.points;
		all.states += found.states;
		all.failures += found.failures;
	}
	printf("two deaths: %lu points, %lu states, %lu not survived\n", all.points,
	       all.states, all.failures);
	return all.failures > 0;
}
