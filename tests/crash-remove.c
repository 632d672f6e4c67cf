/* SPDX-License-Identifier: MIT */

/*
 * Let a process die that removes a queue for which another one waits.
 *
 *	crash-remove [NAME]	only the cases whose names begin so
 *
 * A waiter blocks in a call, or polls a descriptor and then makes the call. The
 * victim calls naru_queue_remove(), and is really killed after each instruction that
 * others could notice (crash-steps.h). If the name is gone then, the waiter must be
 * told -EIDRM, although nobody calls anything on that queue any more. If it is there
 * still, a third process makes the call that ends the wait; the waiter must be served,
 * and must not be told ever after that there is something when there is not.
 *
 * Or others use the queue while the victim stands there, so that pollers are told of
 * that, too, or the waiter begins only then; the victim goes on until the name is gone,
 * and is killed.
 */

#include "crash-actor.h"
#include "crash-run.h"
#include "crash-steps.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TOGETHER = 16,
	CAPACITY = 512,
	MESSAGES = 8,
	THIRD_SERIAL = 500,
	WAITER_SERIAL = 1000
};

enum { IN_VAIN = 1000 }; /* polls that found nothing are too many */

enum { SERVED = 1, REMOVED = 2 }; /* how a wait, or the third's call, has ended */

struct remove_case {
	const char *name;
	const struct step *setup;
	struct step waiter;
	enum naru_poll polls; /* 0: it waits in the call */
	struct step third;
	const struct step *passing; /* while the victim stands; then it goes on */
	bool late;		    /* so does the waiter begin; then it goes on */
};

#define STEPS(...) ((const struct step[]){__VA_ARGS__, {.kind = 0}})
#define SEND(t, l)                                                                       \
	{                                                                                \
		.kind = STEP_SEND, .type = (t), .length = (l), .timeout_ms = -1          \
	}
#define RECEIVE(t)                                                                       \
	{                                                                                \
		.kind = STEP_RECEIVE, .type = (t), .timeout_ms = -1                      \
	}
#define FULL STEPS(SEND(1, 500), SEND(2, 12))

#define NOTHING STEPS({.kind = 0})
#define WHEN_READABLE                                                                    \
	.setup = NOTHING, .waiter = RECEIVE(0), .polls = NARU_READABLE,                  \
	.third = SEND(1, 40)
#define WHEN_WRITABLE                                                                    \
	.setup = FULL, .waiter = SEND(3, 300), .polls = NARU_WRITABLE, .third = RECEIVE(0)

static const struct remove_case cases[] = {
	{"a receiver waits", .setup = NOTHING, .waiter = RECEIVE(0),
	 .third = SEND(1, 40)},
	{"a receiver of a type waits", .setup = STEPS(SEND(2, 10), SEND(3, 20)),
	 .waiter = RECEIVE(1), .third = SEND(1, 40)},
	{"a taker waits", .setup = NOTHING,
	 .waiter = {.kind = STEP_TAKE, .timeout_ms = -1}, .third = SEND(1, 40)},
	{"a sender waits", .setup = FULL, .waiter = SEND(3, 300), .third = RECEIVE(0)},
	{"a claimer waits", .setup = FULL,
	 .waiter = {.kind = STEP_CLAIM, .type = 3, .length = 300, .timeout_ms = -1},
	 .third = RECEIVE(0)},
	{"a receiver polls", WHEN_READABLE},
	{"a sender polls", WHEN_WRITABLE},
	{"a receiver polls, others pass by", WHEN_READABLE,
	 .passing = STEPS(SEND(1, 40), RECEIVE(0))},
	{"a sender polls, others pass by", WHEN_WRITABLE,
	 .passing = STEPS(RECEIVE(0), SEND(1, 500))},
	{"a receiver comes to wait", .setup = NOTHING, .waiter = RECEIVE(0),
	 .third = SEND(1, 40), .late = true},
	{"a sender comes to wait", .setup = FULL, .waiter = SEND(3, 300),
	 .third = RECEIVE(0), .late = true},
	{"a receiver comes to poll", WHEN_READABLE, .late = true},
	{"a sender comes to poll", WHEN_WRITABLE, .late = true},
};

/* One death, and what the processes tell each other of it. */
struct attempt {
	unsigned long point;
	pid_t waiter;
	char directory[120];
	struct shared {
		struct trace_page page;
		volatile bool dead;  /* the victim is */
		volatile bool polls; /* the waiter does, for the second time */
	} * shared;
};

static struct attempt attempts[TOGETHER];
static const struct remove_case *this;
static struct naru_space *space;

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

static struct model empty(void)
{
	return (struct model){.capacity = CAPACITY, .messages = MESSAGES};
}

/* The queue in the end, if the removal has not come to anything. */
static struct model served(void)
{
	struct model model = empty();
	struct outcome outcome;

	for (const struct step *step = this->setup; step->kind; step++)
		model_run(&model, step, &outcome);
	model.serial = THIRD_SERIAL;
	model_run(&model, &this->third, &outcome);
	model.serial = WAITER_SERIAL;
	model_run(&model, &this->waiter, &outcome);
	model_die(&model);
	return model;
}

static int make_queue(void *data)
{
	const struct attempt *attempt = data;
	struct model model = empty();
	struct outcome outcome;
	struct actor actor;

	if (!actor_open(&actor, attempt->directory, &model, true))
		return 1;
	for (const struct step *step = this->setup; step->kind; step++)
		actor_do(&actor, step, &outcome);
	return 0;
}

static bool prepare(void *data)
{
	const struct attempt *attempt = data;

	return naru_space_open(attempt->directory, NULL, &space) == 0;
}

static void run_remove(void *data)
{
	(void)data;
	trace_page->result = naru_queue_remove(space, CRASH_QUEUE);
}

static int told(const char *who, const struct outcome *outcome)
{
	if (outcome->value >= 0)
		return SERVED;
	if (outcome->value == -EIDRM)
		return REMOVED;
	trace_complain("%s got %s", who, outcome_text(outcome));
	return 0;
}

/* Poll, make the call, and again. That there is something may be wrong, but not for ever.
 */
static int poll_for_it(struct attempt *attempt, struct actor *actor,
		       const struct payload *payload, struct outcome *outcome)
{
	struct pollfd fd = {.fd = naru_queue_fd(actor->queue, this->polls),
			    .events = POLLIN};
	struct step step = this->waiter;
	unsigned in_vain = 0;

	step.timeout_ms = 0;
	if (fd.fd < 0) {
		trace_complain("naru_queue_fd: %s", strerror(-fd.fd));
		return 0;
	}
	do {
		poll(&fd, 1, -1);
		in_vain += attempt->shared->dead;
		actor_run(actor, &step, payload, outcome);
		attempt->shared->polls = true;
	} while (outcome->value == -EAGAIN && in_vain < IN_VAIN);
	return told("the poller", outcome);
}

static int wait_for_it(void *data)
{
	struct attempt *attempt = data;
	struct model model = empty();
	struct outcome outcome;
	struct payload payload;
	struct actor actor;

	model.serial = WAITER_SERIAL;
	if (!actor_open(&actor, attempt->directory, &model, false))
		return 0;
	actor_prepare(&actor, &this->waiter, &payload);
	if (this->polls)
		return poll_for_it(attempt, &actor, &payload, &outcome);
	actor_run(&actor, &this->waiter, &payload, &outcome);
	return told("the waiter", &outcome);
}

/* Is the queue there? Then make the call. */
static int come_third(void *data)
{
	const struct attempt *attempt = data;
	struct naru_queue *queue;
	struct model model = empty();
	struct outcome outcome;
	struct actor actor;
	int r;

	model.serial = THIRD_SERIAL;
	if (!prepare(data))
		return 0;
	r = naru_queue_open(space, CRASH_QUEUE, NULL, &queue);
	if (r == -ENOENT)
		return REMOVED;
	if (r < 0 || !actor_open(&actor, attempt->directory, &model, false))
		return 0;
	actor_do(&actor, &this->third, &outcome);
	return told("the third", &outcome) == SERVED ? SERVED : 0;
}

/* A message comes and goes, or room does. */
static int pass_by(void *data)
{
	const struct attempt *attempt = data;
	struct model model = empty();
	struct outcome outcome;
	struct actor actor;

	if (!actor_open(&actor, attempt->directory, &model, false))
		return 1;
	for (const struct step *step = this->passing; step->kind; step++) {
		struct step now = *step;

		now.timeout_ms = 0;
		actor_do(&actor, &now, &outcome);
	}
	return 0;
}

/* Until it sleeps, or has ended; or polls, and need not sleep while the victim lives. */
static void begin_to_wait(struct attempt *attempt)
{
	attempt->waiter = trace_survive_start(wait_for_it, attempt, SURVIVOR_LIMIT_MS);
	while (!attempt->shared->polls && !sleeps_or_gone(attempt->waiter))
		sched_yield();
}

static bool has_name(const struct attempt *attempt)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/" CRASH_QUEUE, attempt->directory);
	return access(path, F_OK) == 0;
}

/* Let the victim die at attempt->point. False: it was through before. */
static bool start(struct attempt *attempt, struct crash_count *count)
{
	const struct trace_victim victim = {prepare, run_remove, NULL, attempt};
	struct image image;
	struct trace trace;
	bool more = true;

	trace_page = &attempt->shared->page;
	attempt->shared->dead = attempt->shared->polls = false;
	attempt->waiter = 0;
	trace_clear(attempt->directory);
	if (trace_survive(make_queue, attempt, SURVIVOR_LIMIT_MS) != 0 ||
	    !trace_start(&trace, &victim)) {
		crash_report(count, this->name, NULL);
		return false;
	}
	if (!this->late)
		begin_to_wait(attempt);
	image_watch(&image, attempt->directory);
	image_update(&image);
	for (unsigned long n = 0; more && n < attempt->point; n++)
		more = step_to_change(&trace, &image);
	if (this->passing && has_name(attempt))
		trace_survive(pass_by, attempt, SURVIVOR_LIMIT_MS);
	if (this->late && has_name(attempt))
		begin_to_wait(attempt);
	while ((this->passing || this->late) && more && has_name(attempt))
		more = step_to_change(&trace, &image);
	image_free(&image);
	trace_kill(&trace);
	attempt->shared->dead = true;
	return more;
}

static bool is_usable(const struct attempt *attempt)
{
	static struct survivor survivor;

	survivor.directory = attempt->directory;
	survivor.mode = (unsigned)(attempt->point % SURVIVOR_MODES);
	survivor.candidates = 1;
	survivor.candidate[0] = served();
	return trace_survive(survivor_run, &survivor, SURVIVOR_LIMIT_MS) == 0;
}

static void finish(struct attempt *attempt, struct crash_count *count)
{
	char where[160];
	int third, waiter;

	if (attempt->waiter == 0)
		return;
	trace_page = &attempt->shared->page;
	count->kills++;
	snprintf(where, sizeof(where), "%s, killed at change %lu", this->name,
		 attempt->point);
	third = trace_survive(come_third, attempt, SURVIVOR_LIMIT_MS);
	waiter = trace_survive_wait(attempt->waiter);
	count->found[third == REMOVED]++;
	if (third != SERVED && third != REMOVED)
		trace_complain("the third could not make its call");
	else if (this->passing && waiter == SERVED)
		return; /* by those who passed by */
	else if (waiter != third)
		trace_complain("the waiter ended with %d, the third with %d", waiter,
			       third);
	else if (third == REMOVED || is_usable(attempt))
		return;
	crash_report(count, where, NULL);
}

static void run(struct crash_count *count)
{
	unsigned long point = 0;
	bool more = true;

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
		    strncmp(this->name, arguments[1], strlen(arguments[1])) != 0)
			continue;
		run(&found);
		printf("%s: %lu killed, %lu times still there, %lu gone%s\n", this->name,
		       found.kills, found.found[0], found.found[1],
		       found.failures ? "; FAILED" : "");
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
