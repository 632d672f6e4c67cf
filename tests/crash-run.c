/* SPDX-License-Identifier: MIT */

/* crash-run.c - take a scenario apart into its instructions */

#include "crash-run.h"
#include "crash-actor.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REPORTS = 4, REPEAT_SAMPLE = 61 };

extern const char __executable_start;

static struct actor actor;
static struct payload payloads[PROGRAM_STEPS];

const struct crash_rooms *crash_rooms(void)
{
	static struct crash_rooms rooms;

	if (!rooms.victim[0]) {
		const char *base = trace_directory();

		snprintf(rooms.victim, sizeof(rooms.victim), "%s/victim", base);
		snprintf(rooms.second, sizeof(rooms.second), "%s/second", base);
		snprintf(rooms.survivor, sizeof(rooms.survivor), "%s/survivor", base);
		if (mkdir(rooms.victim, 0700) || mkdir(rooms.second, 0700) ||
		    mkdir(rooms.survivor, 0700)) {
			perror("mkdir");
			exit(1);
		}
	}
	return &rooms;
}

static void append(struct program *program, const struct step *steps, unsigned repeat)
{
	for (unsigned i = 0; steps && i < (repeat ? repeat : 1); i++)
		for (const struct step *step = steps; step->kind; step++) {
			if (program->steps == PROGRAM_STEPS)
				abort();
			program->step[program->steps++] = *step;
		}
}

void program_of(const struct scenario *scenario, struct program *ret_program)
{
	ret_program->steps = 0;
	append(ret_program, scenario->setup, scenario->setup_repeat);
	ret_program->setup = ret_program->steps;
	append(ret_program, scenario->victim, scenario->victim_repeat);
}

struct model scenario_start(const struct scenario *scenario)
{
	return (struct model){.capacity = scenario->capacity,
			      .messages = scenario->messages};
}

void program_model(const struct crash *crash, unsigned steps, unsigned count,
		   struct model *ret_model)
{
	struct outcome outcome;

	*ret_model = crash->start;
	for (unsigned i = 0; i < steps && i < crash->program->steps; i++) {
		struct step step = crash->program->step[i];

		if (count && i == steps - 1)
			step.count = count;
		model_run(ret_model, &step, &outcome);
	}
}

static bool prepare(void *data)
{
	const struct crash *crash = data;
	const struct program *program = crash->program;
	static struct model model;
	struct outcome actual, expected;

	if (!actor_open(&actor, crash->directory, &crash->start, crash->create))
		return false;
	model = crash->start;
	for (unsigned i = 0; i < program->setup; i++) {
		actor_do(&actor, &program->step[i], &actual);
		model_run(&model, &program->step[i], &expected);
		if (!outcome_equal(&actual, &expected)) {
			trace_complain("preparing, call %u: %s gave %s, expected %s", i,
				       step_text(&program->step[i]),
				       outcome_text(&actual), outcome_text(&expected));
			return false;
		}
	}
	for (unsigned i = program->setup; i < program->steps; i++)
		actor_prepare(&actor, &program->step[i], &payloads[i]);
	return true;
}

static void run(void *data)
{
	const struct program *program = ((const struct crash *)data)->program;
	struct outcome outcome;

	for (unsigned i = program->setup; i < program->steps; i++) {
		actor_run(&actor, &program->step[i], &payloads[i], &outcome);
		trace_page->result = outcome.value;
		trace_page->progress = i + 1 - program->setup;
	}
}

struct trace_victim crash_victim(struct crash *crash)
{
	return (struct trace_victim){.prepare = prepare, .run = run, .data = crash};
}

static void add(const struct crash *crash, unsigned steps, unsigned count,
		struct survivor *survivor)
{
	struct model *model = &survivor->candidate[survivor->candidates++];

	if (survivor->candidates > SURVIVOR_CANDIDATES)
		abort();
	program_model(crash, steps, count, model);
	model_die(model);
}

/* What the one that died may want to do again: of what it had begun, the last. */
static struct step once_step(const struct program *program, unsigned steps)
{
	for (unsigned i = steps < program->steps ? steps + 1 : steps; i-- > 0;)
		if (program->step[i].kind == STEP_SEND_ONCE ||
		    program->step[i].kind == STEP_RELEASE_ONCE)
			return program->step[i];
	return (struct step){0};
}

void crash_candidates(const struct crash *crash, unsigned done, struct survivor *survivor)
{
	const struct step *step = crash->program->step;
	unsigned steps = crash->program->setup + done, count = 0;

	/* A batch may be shorter than was asked for. */
	if (done > 0 && trace_page->result > 0 &&
	    (step[steps - 1].kind == STEP_SEND_BATCH ||
	     step[steps - 1].kind == STEP_RECEIVE_BATCH ||
	     step[steps - 1].kind == STEP_SEND_ONCE))
		count = (unsigned)trace_page->result;
	add(crash, steps, count, survivor);
	survivor->once = once_step(crash->program, steps);
	if (steps == crash->program->steps)
		return;
	add(crash, steps + 1, 0, survivor);
	/* Of a batch that is received, each message is there or gone. */
	for (count = 1;
	     step[steps].kind == STEP_RECEIVE_BATCH && count < step[steps].count; count++)
		add(crash, steps + 1, count, survivor);
}

uint64_t crash_place(const struct trace *trace)
{
	return trace_place(trace) - (uint64_t)(uintptr_t)&__executable_start;
}

void crash_report(struct crash_count *count, const char *where, const struct trace *trace)
{
	if (count->failures++ >= REPORTS)
		return;
	printf("  %s", where);
	if (trace)
		printf(", point %lu at %#lx", trace->steps,
		       (unsigned long)crash_place(trace));
	printf(": %s\n", trace_page->text[0] ? trace_page->text : "it failed");
}

int crash_check(const struct image *image, const struct survivor *survivor,
		unsigned modes, const char *where, struct crash_count *count)
{
	static struct survivor copy;
	const size_t size = offsetof(struct survivor, candidate) +
			    survivor->candidates * sizeof(survivor->candidate[0]);
	int found = SURVIVOR_FAILED;

	for (unsigned mode = 0; mode < (modes ? modes : SURVIVOR_MODES); mode++) {
		char text[200];

		image_write(image, crash_rooms()->survivor);
		memcpy(&copy, survivor, size);
		copy.directory = crash_rooms()->survivor;
		copy.mode =
			modes ? (mode + (unsigned)count->states) % SURVIVOR_MODES : mode;
		copy.seed = (uint32_t)count->states;
		trace_page->text[0] = 0;
		found = trace_survive(survivor_run, &copy, SURVIVOR_LIMIT_MS);
		if (found >= 0 && found < SURVIVOR_CANDIDATES)
			continue;
		snprintf(text, sizeof(text), "%s, survivor's mode %u", where, copy.mode);
		crash_report(count, text, NULL);
		return SURVIVOR_FAILED;
	}
	count->states++;
	return found;
}

/* How many instructions each step takes; true for those unlike all before. */
static bool find_unlike(struct crash *crash, bool *ret_unlike)
{
	const struct trace_victim victim = crash_victim(crash);
	static unsigned long length[PROGRAM_STEPS];
	unsigned steps = crash->program->steps - crash->program->setup;
	struct trace trace;
	bool more = true;

	trace_clear(crash->directory);
	if (!trace_start(&trace, &victim))
		return false;
	memset(length, 0, sizeof(length));
	while (more) {
		more = trace_step(&trace);
		length[trace_page->progress]++;
	}
	trace_kill(&trace);
	for (unsigned i = 0; i < steps; i++) {
		ret_unlike[i] = true;
		for (unsigned k = 0; k < i; k++)
			if (length[k] == length[i])
				ret_unlike[i] = false;
	}
	ret_unlike[steps] = true;
	return true;
}

void crash_stop(const struct scenario *scenario, struct crash_count *count)
{
	static struct survivor survivor;
	static struct program program;
	static bool checked[PROGRAM_STEPS + 1];
	struct crash crash = {.program = &program,
			      .directory = crash_rooms()->victim,
			      .start = scenario_start(scenario),
			      .create = true};
	const struct trace_victim victim = crash_victim(&crash);
	const unsigned modes = trace_option("NARU_CRASH_MODES", 2);
	unsigned progress = ~0u;
	struct image image;
	struct trace trace;
	uint64_t place = 0;
	bool more = true, names;
	int found = 0;

	program_of(scenario, &program);
	names = once_step(&program, program.steps).kind != 0;
	memset(checked, 1, sizeof(checked));
	if (scenario->sparse && !find_unlike(&crash, checked)) {
		crash_report(count, scenario->name, NULL);
		return;
	}
	trace_clear(crash.directory);
	if (!trace_start(&trace, &victim)) {
		crash_report(count, scenario->name, NULL);
		return;
	}
	image_watch(&image, crash.directory);
	for (; more || trace_page->ended; more = trace_step(&trace)) {
		unsigned now = trace_page->progress;
		uint64_t before = place;
		char where[120];

		if (!checked[now])
			continue;
		count->points++;
		/* A string instruction repeats at one place: a sample of that is enough.
		 */
		place = crash_place(&trace);
		if (place == before && place && trace.steps % REPEAT_SAMPLE)
			continue;
		if ((names && image_update_names(&image)) | (int)image_update(&image) ||
		    now != progress) {
			survivor.candidates = 0;
			crash_candidates(&crash, now, &survivor);
			snprintf(where, sizeof(where), "%s, call %u, point %lu at %#lx",
				 scenario->name, now, trace.steps, (unsigned long)place);
			found = crash_check(&image, &survivor, modes, where, count);
			progress = now;
		}
		if (found >= 0 && found < SURVIVOR_CANDIDATES)
			count->found[now < program.steps - program.setup ? found : 1]++;
		if (!more)
			break;
	}
	if (!trace_page->ended)
		crash_report(count, scenario->name, trace.pid ? &trace : NULL);
	count->length = trace.steps;
	trace_kill(&trace);
	image_free(&image);
}

void crash_kill(const struct scenario *scenario, unsigned long stride,
		struct crash_count *count)
{
	static struct survivor survivor;
	static struct program program;
	struct crash crash = {.program = &program,
			      .directory = crash_rooms()->victim,
			      .start = scenario_start(scenario),
			      .create = true};
	const struct trace_victim victim = crash_victim(&crash);
	bool more = true;

	program_of(scenario, &program);
	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;
		char where[120];
		int found;

		trace_clear(crash.directory);
		if (!trace_start(&trace, &victim)) {
			crash_report(count, scenario->name, NULL);
			return;
		}
		while (more && trace.steps < n)
			more = trace_step(&trace);
		snprintf(where, sizeof(where), "%s, killed at point %lu at %#lx",
			 scenario->name, trace.steps, (unsigned long)crash_place(&trace));
		trace_kill(&trace);
		survivor.directory = crash.directory;
		survivor.mode = (unsigned)(count->kills++ % SURVIVOR_MODES);
		survivor.seed = (uint32_t)n;
		survivor.candidates = 0;
		crash_candidates(&crash, trace_page->progress, &survivor);
		found = trace_survive(survivor_run, &survivor, SURVIVOR_LIMIT_MS);
		if (found < 0 || found >= SURVIVOR_CANDIDATES)
			crash_report(count, where, NULL);
	}
}
