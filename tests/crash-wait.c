/* SPDX-License-Identifier: MIT */

/*
 * Let a process die that another one waits for.
 *
 * A waiter blocks in a call. The victim then makes the call that would end the wait,
 * or, being a second waiter, is woken by a third process and dies before it has
 * used what it was woken for. The waiter must get what is there, and must not sleep
 * through it: whether it has is seen by a survivor that looks at what is left.
 *
 * All of these are real kills: after each instruction that others could notice
 * (crash-steps.h). Many are under way at once, since a waiter that rightly gets
 * nothing takes long.
 */

#include "crash-actor.h"
#include "crash-run.h"
#include "crash-steps.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { TOGETHER = 24, WAIT_MS = 1000 };

struct wait_case {
	struct scenario scenario; /* .victim: one step */
	struct step waiter;
	const struct step *third; /* ends the victim's wait; NULL: it has none */
};

#define STEPS(...) ((const struct step[]){__VA_ARGS__, {.kind = 0}})
#define SEND(t, l)                                                                       \
	{                                                                                \
		.kind = STEP_SEND, .type = (t), .length = (l), .timeout_ms = WAIT_MS     \
	}
#define FROM(k, t)                                                                       \
	{                                                                                \
		.kind = (k), .type = (t), .timeout_ms = WAIT_MS                          \
	}
#define RECEIVE(t) FROM(STEP_RECEIVE, t)
#define TAKE(t)	   FROM(STEP_TAKE, t)
#define CLAIM(t, l)                                                                      \
	{                                                                                \
		.kind = STEP_CLAIM, .type = (t), .length = (l), .timeout_ms = WAIT_MS    \
	}
#define DONE(k)                                                                          \
	{                                                                                \
		.kind = (k)                                                              \
	}
#define ROOM .capacity = 512, .messages = 8

static const struct wait_case cases[] = {
	{{"a receiver waits for a send", ROOM, .victim = STEPS(SEND(1, 40))},
	 RECEIVE(0),
	 NULL},
	{{"a receiver of a type waits", ROOM, .setup = STEPS(SEND(2, 10), SEND(3, 20)),
	  .victim = STEPS(SEND(1, 40))},
	 RECEIVE(1),
	 NULL},
	{{"a receiver of the lowest waits", ROOM, .setup = STEPS(SEND(9, 10)),
	  .victim = STEPS(SEND(3, 40))},
	 RECEIVE(-4),
	 NULL},
	{{"a receiver waits for a batch", ROOM,
	  .victim =
		  STEPS({.kind = STEP_SEND_BATCH, .type = 1, .length = 20, .count = 3})},
	 RECEIVE(2),
	 NULL},
	{{"a receiver waits for a commit", ROOM, .setup = STEPS(CLAIM(1, 100)),
	  .victim = STEPS(DONE(STEP_COMMIT))},
	 RECEIVE(0),
	 NULL},
	{{"a receiver waits for a give-back", ROOM, .setup = STEPS(SEND(1, 100), TAKE(0)),
	  .victim = STEPS(DONE(STEP_GIVE_BACK))},
	 RECEIVE(0),
	 NULL},
	{{"a receiver waits for a release", ROOM, .setup = STEPS(SEND(1, 100), TAKE(0)),
	  .victim = STEPS(DONE(STEP_RELEASE))},
	 RECEIVE(0),
	 NULL},
	{{"a sender waits for a receive", ROOM, .setup = STEPS(SEND(1, 500), SEND(2, 12)),
	  .victim = STEPS(RECEIVE(0))},
	 SEND(3, 300),
	 NULL},
	{{"a sender waits for a receive by type", ROOM,
	  .setup = STEPS(SEND(1, 12), SEND(2, 500)), .victim = STEPS(RECEIVE(2))},
	 SEND(3, 300),
	 NULL},
	{{"a sender waits for a release", ROOM, .setup = STEPS(SEND(1, 500), TAKE(0)),
	  .victim = STEPS(DONE(STEP_RELEASE))},
	 SEND(3, 300),
	 NULL},
	{{"a sender waits for a cancel", ROOM, .setup = STEPS(CLAIM(1, 500)),
	  .victim = STEPS(DONE(STEP_CANCEL))},
	 SEND(3, 300),
	 NULL},
	{{"a sender waits for a larger queue", ROOM, .setup = STEPS(SEND(1, 500)),
	  .victim = STEPS({.kind = STEP_SET, .length = 2000, .count = 20})},
	 SEND(3, 300),
	 NULL},
	{{"of two receivers the woken one dies", ROOM, .victim = STEPS(RECEIVE(0))},
	 RECEIVE(0),
	 STEPS(SEND(1, 40))},
	{{"of two receivers of a type, the woken one", ROOM, .setup = STEPS(SEND(2, 40)),
	  .victim = STEPS(RECEIVE(1))},
	 RECEIVE(1),
	 STEPS(SEND(1, 40))},
	{{"of two takers the woken one dies", ROOM, .victim = STEPS(TAKE(0))},
	 RECEIVE(0),
	 STEPS(SEND(1, 40))},
	{{"of two senders the woken one dies", ROOM, .setup = STEPS(SEND(1, 500)),
	  .victim = STEPS(SEND(2, 300))},
	 SEND(3, 300),
	 STEPS(RECEIVE(0))},
	{{"of two claimers the woken one dies", ROOM, .setup = STEPS(SEND(1, 500)),
	  .victim = STEPS(CLAIM(2, 300))},
	 SEND(3, 300),
	 STEPS(RECEIVE(0))},
};

enum { WAITER_SERIAL = 1000, THIRD_SERIAL = 500 };

/* One death, and what the processes tell each other of it. */
struct attempt {
	unsigned long point; /* so many instructions that others could notice */
	pid_t waiter;
	char directory[120];
	struct shared {
		struct trace_page page;
		struct survivor survivor;
		volatile bool known; /* the candidates are */
	} * shared;
};

static struct attempt attempts[TOGETHER];
static struct program program;
static const struct wait_case *this;

static void begin(void)
{
	struct shared *shared =
		mmap(NULL, TOGETHER * sizeof(*shared), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		exit(1);
	for (unsigned i = 0; i < TOGETHER; i++) {
		attempts[i].shared = &shared[i];
		snprintf(attempts[i].directory, sizeof(attempts[i].directory), "%s/%u",
			 crash_rooms()->victim, i);
		mkdir(attempts[i].directory, 0700);
	}
}

static struct crash crash_of(const struct attempt *attempt)
{
	return (struct crash){.program = &program,
			      .directory = attempt->directory,
			      .start = scenario_start(&this->scenario),
			      .create = true};
}

/* What the queue may be when the victim has died: the waiter has not had its turn. */
static void candidates_of(struct attempt *attempt, unsigned done)
{
	struct crash crash = crash_of(attempt);
	struct survivor *survivor = &attempt->shared->survivor;
	struct outcome outcome;
	uint32_t serial;

	survivor->directory = attempt->directory;
	survivor->mode = (unsigned)(attempt->point % SURVIVOR_MODES);
	survivor->seed = (uint32_t)attempt->point;
	survivor->candidates = 0;
	if (!this->third) {
		crash_candidates(&crash, done, survivor);
		return;
	}
	/*
	 * The victim's call comes after the third's: make it so in the models. That it
	 * has returned does not mean that it was served: the waiter may have been first.
	 */
	for (unsigned made = 0; made <= 1; made++) {
		struct model *model = &survivor->candidate[survivor->candidates++];

		program_model(&crash, program.setup, 0, model);
		serial = model->serial;
		model->serial = THIRD_SERIAL;
		model_run(model, this->third, &outcome);
		model->serial = serial;
		if (made)
			model_run(model, &program.step[program.setup], &outcome);
		model_die(model);
	}
}

/* Wait, and say which candidates the outcome fits, a bit for each. */
static int wait_for_it(void *data)
{
	struct attempt *attempt = data;
	struct model start = scenario_start(&this->scenario);
	struct survivor *survivor = &attempt->shared->survivor;
	struct outcome outcome, expected;
	struct payload payload;
	struct actor actor;
	int fits = 0;

	start.serial = WAITER_SERIAL;
	if (!actor_open(&actor, attempt->directory, &start, false))
		return 0;
	actor_prepare(&actor, &this->waiter, &payload);
	actor_run(&actor, &this->waiter, &payload, &outcome);
	if (outcome.value == -ETIMEDOUT)
		outcome.value = -EAGAIN;
	/* The tracer has written down the candidates before it killed the victim. */
	while (!attempt->shared->known)
		sched_yield();
	for (unsigned c = 0; c < survivor->candidates; c++) {
		struct model *model = &survivor->candidate[c];

		model->serial = WAITER_SERIAL;
		model_run(model, &this->waiter, &expected);
		if (outcome_equal(&outcome, &expected))
			fits |= 1 << c;
		else
			trace_complain("the waiter got %s, expected %s",
				       outcome_text(&outcome), outcome_text(&expected));
	}
	return fits;
}

static int make_third_call(void *data)
{
	struct attempt *attempt = data;
	struct model start = scenario_start(&this->scenario);
	struct outcome outcome;
	struct actor actor;

	start.serial = THIRD_SERIAL;
	if (!actor_open(&actor, attempt->directory, &start, false))
		return 1;
	actor_do(&actor, this->third, &outcome);
	return outcome.value < 0;
}

/* Let the victim die at attempt->point. False: it was through before. */
static bool start(struct attempt *attempt, struct crash_count *count)
{
	struct crash crash = crash_of(attempt);
	const struct trace_victim victim = crash_victim(&crash);
	struct image image;
	struct trace trace;
	bool more;

	trace_page = &attempt->shared->page;
	attempt->shared->known = false;
	attempt->waiter = 0;
	trace_clear(attempt->directory);
	if (!trace_start(&trace, &victim)) {
		crash_report(count, this->scenario.name, NULL);
		return false;
	}
	more = !this->third || step_to_sleep(&trace);
	attempt->waiter = trace_survive_start(wait_for_it, attempt, SURVIVOR_LIMIT_MS);
	await_sleep(attempt->waiter);
	if (this->third) {
		if (trace_survive(make_third_call, attempt, SURVIVOR_LIMIT_MS) != 0)
			trace_complain("the third process could not make its call");
		more = more && step_to_wake(&trace, attempt->waiter);
	}
	image_watch(&image, attempt->directory);
	image_update(&image);
	for (unsigned long n = 0; more && n < attempt->point; n++)
		more = step_to_change(&trace, &image);
	image_free(&image);
	trace_kill(&trace);
	candidates_of(attempt, trace_page->progress);
	attempt->shared->known = true;
	return more;
}

static void finish(struct attempt *attempt, struct crash_count *count)
{
	struct survivor *survivor = &attempt->shared->survivor;
	unsigned kept = 0;
	char where[160];
	int status, found = SURVIVOR_FAILED;

	if (attempt->waiter == 0)
		return;
	trace_page = &attempt->shared->page;
	count->kills++;
	snprintf(where, sizeof(where), "%s, killed at change %lu", this->scenario.name,
		 attempt->point);
	status = trace_survive_wait(attempt->waiter);
	/* Before its first instruction it cannot have made use of anything. */
	if (this->third && attempt->point == 0 && survivor->candidates == 2)
		survivor->candidates = 1;
	for (unsigned c = 0; status > 0 && c < survivor->candidates; c++)
		if (status & 1 << c)
			survivor->candidate[kept++] = survivor->candidate[c];
	survivor->candidates = kept;
	if (kept) {
		trace_page->text[0] = 0;
		found = trace_survive(survivor_run, survivor, SURVIVOR_LIMIT_MS);
	}
	if (found < 0 || found >= SURVIVOR_CANDIDATES)
		crash_report(count, where, NULL);
}

static void run(struct crash_count *count)
{
	bool more = true;
	unsigned long point = 0;

	program_of(&this->scenario, &program);
	while (more && !count->failures) {
		unsigned started = 0;

		while (more && started < TOGETHER) {
			attempts[started].point = point++;
			more = start(&attempts[started++], count);
		}
		for (unsigned i = 0; i < started; i++)
			finish(&attempts[i], count);
	}
}

int main(int count, char **arguments)
{
	unsigned long failures = 0;

	trace_begin();
	begin();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct crash_count found = {0};

		this = &cases[i];
		if (count > 1 &&
		    strncmp(this->scenario.name, arguments[1], strlen(arguments[1])) != 0)
			continue;
		run(&found);
		printf("%s: %lu killed%s\n", this->scenario.name, found.kills,
		       found.failures ? "; FAILED" : "");
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
