/* SPDX-License-Identifier: MIT */

/*
 * Let a process die in the calls that make, open and remove what has a name.
 *
 *	crash-names [NAME]	only the cases whose names begin so
 *
 * As for messages (crash-run.h) there are two ways. Here names, modes and links are
 * part of what others see, and so of the copy that survivors work on after each
 * instruction that has changed something. Real kills come before and after each
 * system call, and after some instructions.
 *
 * NARU_CRASH_MODES	survivors of each state, of nine; 0 for all (default 2, in turn)
 * NARU_CRASH_STRIDE	really kill after every so-manyth instruction (default: at KILLS
 *			places)
 */

#include "crash-names.h"
#include "crash-run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KILLS = 5 };

static void start(const struct names_case *this, struct trace *trace)
{
	const struct trace_victim victim = {.prepare = this->prepare, .run = this->run};

	trace_clear(crash_rooms()->victim);
	if (trace_start(trace, &victim))
		return;
	printf("  %s: %s\n", this->name, trace_page->text);
	exit(1);
}

static int look(const struct names_scene *scene, const char *where,
		struct crash_count *count)
{
	int found;

	trace_page->text[0] = 0;
	found = trace_survive(names_survive, (void *)(uintptr_t)scene, SURVIVOR_LIMIT_MS);
	if (found >= 0 && found < NAMES_STATES)
		return found;
	crash_report(count, where, NULL);
	return SURVIVOR_FAILED;
}

/*
 * Survivors look at the image. What others may have seen is not taken back: none
 * finds an earlier state than @scene tells, which is advanced.
 */
static int check(const struct image *image, struct names_scene *scene, unsigned modes,
		 const struct trace *trace, struct crash_count *count)
{
	const unsigned until = scene->until;
	int found = SURVIVOR_FAILED;

	for (unsigned mode = 0; mode < (modes ? modes : SURVIVOR_MODES); mode++) {
		char where[160];

		image_write(image, scene->directory);
		scene->mode =
			modes ? (mode + (unsigned)count->states) % SURVIVOR_MODES : mode;
		snprintf(where, sizeof(where), "%s, point %lu at %#lx, mode %u",
			 scene->this->name, trace->steps,
			 (unsigned long)crash_place(trace), scene->mode);
		found = look(scene, where, count);
		if (found == SURVIVOR_FAILED)
			return found;
		scene->from = (unsigned)found;
		scene->until = scene->from + 1;
	}
	scene->until = until;
	count->states++;
	return found;
}

/* Before the first instruction nothing has happened, and after the last all has. */
static void stop_everywhere(const struct names_case *this, struct crash_count *count)
{
	const unsigned modes = trace_option("NARU_CRASH_MODES", 2);
	struct names_scene scene = {
		.this = this, .directory = crash_rooms()->survivor, .until = 1};
	struct image image;
	struct trace trace;
	int found = SURVIVOR_FAILED;
	bool more = true;

	start(this, &trace);
	image_watch(&image, crash_rooms()->victim);
	image_update(&image);
	found = check(&image, &scene, modes, &trace, count);
	scene.until = this->states;
	while (more && !count->failures) {
		bool changed;

		count->found[found]++;
		more = trace_step(&trace);
		changed = image_update_names(&image);
		changed = image_update(&image) || changed;
		if (trace_page->ended)
			scene.from = this->states - 1;
		if (changed || trace_page->ended)
			found = check(&image, &scene, modes, &trace, count);
	}
	if (!trace_page->ended && !count->failures)
		crash_report(count, this->name, NULL);
	count->length = trace.steps;
	trace_kill(&trace);
	image_free(&image);
}

/* The victim stands where it is to die. */
static void finish(const struct names_case *this, struct trace *trace,
		   struct crash_count *count)
{
	struct names_scene scene = {.this = this,
				    .directory = crash_rooms()->victim,
				    .mode = (unsigned)count->kills % SURVIVOR_MODES,
				    .until = this->states};
	char where[160];

	snprintf(where, sizeof(where), "%s, killed at point %lu at %#lx", this->name,
		 trace->steps, (unsigned long)crash_place(trace));
	if (trace_page->ended)
		scene.from = this->states - 1;
	trace_kill(trace);
	count->kills++;
	look(&scene, where, count);
}

/* Die before, or after, each system call. */
static void kill_at_calls(const struct names_case *this, struct crash_count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++) {
		struct trace trace;

		for (unsigned after = 0; more && after < 2; after++) {
			start(this, &trace);
			for (unsigned i = 0; more && i < n; i++)
				more = trace_call(&trace) >= 0;
			if (more && after && !trace_return(&trace))
				more = false;
			finish(this, &trace, count);
		}
	}
}

/* Die after every @stride-th instruction. */
static void kill_at_steps(const struct names_case *this, unsigned long stride,
			  struct crash_count *count)
{
	bool more = true;

	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;

		start(this, &trace);
		while (more && trace.steps < n)
			more = trace_step(&trace);
		finish(this, &trace, count);
	}
}

static void run(const struct names_case *this, unsigned long stride,
		struct crash_count *count)
{
	stop_everywhere(this, count);
	kill_at_calls(this, count);
	kill_at_steps(this, stride ? stride : 1 + count->length / KILLS, count);
	printf("%s: %lu points, %lu states, found", this->name, count->length,
	       count->states);
	for (unsigned i = 0; i < this->states; i++)
		printf(" %lu", count->found[i]);
	printf("; %lu killed%s\n", count->kills, count->failures ? "; FAILED" : "");
}

int main(int count, char **arguments)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	for (unsigned i = 0; i < names_cases_count; i++) {
		struct crash_count found = {0};

		if (count > 1 &&
		    strncmp(names_cases[i].name, arguments[1], strlen(arguments[1])) != 0)
			continue;
		run(&names_cases[i], stride, &found);
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
