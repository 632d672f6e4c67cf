/* SPDX-License-Identifier: MIT */

/* crash-survivor.c - find out which model the queue follows, and go on with it */

#include "crash-survivor.h"
#include "crash-actor.h"
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 2000, NEXT_STEPS = 100, SURVIVOR_SERIAL = 100000 };

struct run {
	struct survivor *survivor;
	struct actor actor;
	unsigned steps;
	bool alive[SURVIVOR_CANDIDATES];
};

static int first_alive(const struct run *run)
{
	for (unsigned c = 0; c < run->survivor->candidates; c++)
		if (run->alive[c])
			return (int)c;
	return -1;
}

static const struct model *leader(const struct run *run)
{
	return &run->survivor->candidate[first_alive(run)];
}

/*
 * Wait for what every model says will come, on every other turn: also a call that
 * may not wait must find and repair what the dead left.
 */
static int patience(const struct run *run, bool all_succeed)
{
	return all_succeed && (run->survivor->mode + run->steps) % 2 ? PATIENCE_MS : 0;
}

/* A batch may do less than there is to do, but something. */
static bool is_shorter_batch(const struct step *step, const struct outcome *actual,
			     const struct outcome *expected)
{
	return (step->kind == STEP_SEND_BATCH || step->kind == STEP_RECEIVE_BATCH ||
		step->kind == STEP_SEND_ONCE) &&
	       actual->value > 0 && actual->value < expected->value;
}

/* Make the call, and drop the models that say otherwise. False: none is left. */
static bool go(struct run *run, struct step step, struct outcome *ret_outcome)
{
	struct survivor *survivor = run->survivor;
	static struct model before[SURVIVOR_CANDIDATES];
	struct outcome expected[SURVIVOR_CANDIDATES];
	const unsigned count = step.count;
	bool succeed = true;
	char text[600] = "";
	size_t length = 0;

	for (unsigned c = 0; c < survivor->candidates; c++) {
		if (!run->alive[c])
			continue;
		before[c] = survivor->candidate[c];
		model_run(&survivor->candidate[c], &step, &expected[c]);
		succeed = succeed && expected[c].value >= 0;
	}
	step.timeout_ms = patience(run, succeed);
	run->steps++;
	actor_do(&run->actor, &step, ret_outcome);
	for (unsigned c = 0; c < survivor->candidates; c++) {
		if (!run->alive[c] || outcome_equal(ret_outcome, &expected[c]))
			continue;
		if (is_shorter_batch(&step, ret_outcome, &expected[c])) {
			survivor->candidate[c] = before[c];
			step.count = (unsigned)ret_outcome->value;
			model_run(&survivor->candidate[c], &step, &expected[c]);
			step.count = count;
			survivor->candidate[c].serial =
				before[c].serial +
				(step.kind == STEP_RECEIVE_BATCH ? 0 : count);
			if (outcome_equal(ret_outcome, &expected[c]))
				continue;
		}
		run->alive[c] = false;
		if (length < sizeof(text))
			length += (size_t)snprintf(text + length, sizeof(text) - length,
						   " or %s", outcome_text(&expected[c]));
	}
	if (first_alive(run) >= 0)
		return true;
	trace_complain("call %u of the survivor: %s gave %s, expected%s", run->steps,
		       step_text(&step), outcome_text(ret_outcome),
		       length ? text + 3 : " nothing of the kind");
	return false;
}

static bool go_on(struct run *run, struct step step)
{
	struct outcome outcome;

	return go(run, step, &outcome);
}

/* Any order but the one in which they would come by themselves. */
static int64_t odd_selection(struct run *run, int *ret_flags)
{
	const struct model *model = leader(run);

	*ret_flags = 0;
	if (model->count == 0)
		return 0;
	switch (run->survivor->mode) {
	case 1:
		return model->message[model->count - 1].type;
	case 2:
		return -INT64_MAX;
	case 6:
		*ret_flags = NARU_EXCEPT;
		return model->message[0].type;
	default:
		return 0;
	}
}

static bool look_at_all(struct run *run)
{
	struct outcome outcome;
	unsigned n = 0;

	do {
		if (!go(run, (struct step){.kind = STEP_LOOK, .count = n++}, &outcome))
			return false;
	} while (outcome.value >= 0);
	return true;
}

static bool take_and_give_back(struct run *run)
{
	unsigned n = model_waiting(leader(run));

	n = n < STEP_SLOTS ? n : STEP_SLOTS;
	for (unsigned i = 0; i < n; i++)
		if (!go_on(run, (struct step){.kind = STEP_TAKE, .slot = i}))
			return false;
	for (unsigned i = 0; i < n; i++)
		if (leader(run)->count &&
		    !go_on(run, (struct step){.kind = STEP_GIVE_BACK, .slot = n - 1 - i}))
			return false;
	return true;
}

static bool drain(struct run *run)
{
	struct step batch = {.kind = STEP_RECEIVE_BATCH, .count = 5};
	struct outcome outcome;

	for (;;) {
		struct step step = {.kind = STEP_RECEIVE};

		if (run->survivor->mode == 5)
			step = batch;
		else if (run->survivor->mode == 3)
			step = (struct step){.kind = STEP_TAKE};
		else
			step.type = odd_selection(run, &step.flags);
		if (!go(run, step, &outcome))
			return false;
		if (outcome.value == -EAGAIN && step.type == 0)
			return true;
		if (outcome.value == -EAGAIN && !go(run, batch, &outcome))
			return false;
		if (step.kind == STEP_TAKE &&
		    !go_on(run, (struct step){.kind = STEP_RELEASE}))
			return false;
	}
}

static bool fill(struct run *run, size_t length)
{
	struct outcome outcome;
	int64_t type = 1;

	do {
		struct step step = {
			.kind = STEP_SEND, .type = 1 + type++ % 5, .length = length};

		if (!go(run, step, &outcome))
			return false;
	} while (outcome.value == 0);
	return true;
}

/* To the last byte, and to the last message. */
static bool fill_and_drain(struct run *run)
{
	uint64_t capacity = leader(run)->capacity, messages = leader(run)->messages;

	return fill(run, capacity / messages) && drain(run) && fill(run, capacity) &&
	       drain(run) && fill(run, capacity / 3) && drain(run);
}

static uint32_t random_below(uint32_t *state, uint32_t end)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % end;
}

static struct step random_step(struct run *run, uint32_t *state)
{
	static const enum step_kind kinds[] = {
		STEP_SEND,    STEP_SEND,     STEP_SEND,	   STEP_SEND_BATCH,
		STEP_RECEIVE, STEP_LOOK,     STEP_RECEIVE, STEP_RECEIVE_BATCH,
		STEP_CLAIM,   STEP_COMMIT,   STEP_CANCEL,  STEP_TAKE,
		STEP_RELEASE, STEP_GIVE_BACK};
	const struct model *model = leader(run);
	struct step step = {
		.kind = kinds[random_below(state, sizeof(kinds) / sizeof(kinds[0]))],
		.type = 1 + random_below(state, 4),
	};
	bool sends = step.kind == STEP_SEND || step.kind == STEP_SEND_BATCH ||
		     step.kind == STEP_CLAIM;

	step.count = 1 + random_below(state, STEP_BATCH - 1);
	if (sends)
		step.length = random_below(state, (uint32_t)(model->capacity / 4));
	else if (step.kind == STEP_COMMIT)
		step.type = 0;
	else if (random_below(state, 3) == 0)
		step.type = 0;
	else if (random_below(state, 4) == 0)
		step.type = -step.type;
	else if (random_below(state, 4) == 0 && step.kind != STEP_LOOK)
		step.flags = NARU_EXCEPT;

	/* A slot that fits, so that what is held is neither lost nor made up. */
	for (unsigned i = 0; i < model->count; i++) {
		if (model->message[i].state == MODEL_WAITING)
			continue;
		if (step.kind == STEP_CLAIM || step.kind == STEP_TAKE)
			step.kind = model->message[i].state == MODEL_CLAIMED
					    ? STEP_COMMIT
					    : STEP_RELEASE;
		if (step.kind == STEP_COMMIT) {
			step.type = 0;
			step.length = 0;
		}
	}
	return step;
}

static bool next_calls(struct run *run)
{
	uint32_t state = run->survivor->seed * 7919 + run->survivor->mode;

	for (unsigned i = 0; i < NEXT_STEPS; i++)
		if (!go_on(run, random_step(run, &state)))
			return false;
	/* Give up what may still be held. */
	return go_on(run, (struct step){.kind = STEP_CANCEL}) &&
	       go_on(run, (struct step){.kind = STEP_RELEASE}) && drain(run);
}

static bool stat_fits(struct run *run, bool empty)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	int r = naru_queue_stat(run->actor.queue, &stat);

	if (r < 0) {
		trace_complain("naru_queue_stat: %s", strerror(-r));
		return false;
	}
	for (unsigned c = 0; c < run->survivor->candidates; c++)
		if (stat.capacity != run->survivor->candidate[c].capacity ||
		    stat.capacity_messages != run->survivor->candidate[c].messages)
			run->alive[c] = false;
	if (first_alive(run) < 0) {
		trace_complain(
			"stat: capacity %llu bytes, %llu messages: neither old nor new",
			(unsigned long long)stat.capacity,
			(unsigned long long)stat.capacity_messages);
		return false;
	}
	if (empty &&
	    (stat.messages || stat.bytes || stat.held_messages || stat.held_bytes)) {
		trace_complain(
			"stat of the empty queue: %llu messages of %llu bytes, %llu "
			"held of %llu bytes",
			(unsigned long long)stat.messages, (unsigned long long)stat.bytes,
			(unsigned long long)stat.held_messages,
			(unsigned long long)stat.held_bytes);
		return false;
	}
	return true;
}

static bool same_capacity(const struct survivor *survivor)
{
	const struct model *first = &survivor->candidate[0];

	for (unsigned c = 1; c < survivor->candidates; c++)
		if (survivor->candidate[c].capacity != first->capacity ||
		    survivor->candidate[c].messages != first->messages)
			return false;
	return true;
}

void survivor_tell(void *data, const struct naru_finding *finding)
{
	(void)data;
	if (finding->severity >= NARU_SEVERITY_WARNING)
		trace_complain("naru_space_check: %s: %s",
			       finding->object ? finding->object : "space",
			       finding->text);
}

static bool begin(struct run *run)
{
	struct outcome outcome;

	switch (run->survivor->mode) {
	case 3:
		return look_at_all(run);
	case 4: {
		struct step probe = {.kind = STEP_SEND, .type = 9, .length = 1};

		return go(run, probe, &outcome);
	}
	case 7:
		return take_and_give_back(run);
	case 8:
		return go(run,
			  (struct step){.kind = STEP_CLAIM, .type = 9, .length = 100},
			  &outcome) &&
		       go(run, (struct step){.kind = STEP_CANCEL}, &outcome);
	default:
		return true;
	}
}

/* What the dead had begun is done once, if it is done again; and so is what is new. */
static bool do_again(struct run *run)
{
	struct step step = run->survivor->once;

	if (step.kind == 0)
		return true;
	if (!go_on(run, (struct step){.kind = STEP_RECALL}))
		return false;
	if (step.kind == STEP_RELEASE_ONCE)
		return true;
	if (!go_on(run, step))
		return false;
	step.number += step.count;
	return go_on(run, step);
}

int survivor_run(void *data)
{
	struct run run = {.survivor = data};
	int found;

	for (unsigned c = 0; c < run.survivor->candidates; c++) {
		run.alive[c] = true;
		run.survivor->candidate[c].serial = SURVIVOR_SERIAL;
	}
	if (!actor_open(&run.actor, run.survivor->directory, &run.survivor->candidate[0],
			false))
		return SURVIVOR_FAILED;
	if ((run.survivor->mode == 5 || !same_capacity(run.survivor)) &&
	    !stat_fits(&run, false))
		return SURVIVOR_FAILED;
	if (!begin(&run) || !do_again(&run) || !drain(&run))
		return SURVIVOR_FAILED;
	found = first_alive(&run);
	if (!fill_and_drain(&run) || !next_calls(&run) || !stat_fits(&run, true))
		return SURVIVOR_FAILED;
	if (naru_space_check(run.actor.space, 0, survivor_tell, NULL) < 0)
		trace_complain("naru_space_check failed");
	return trace_page->text[0] ? SURVIVOR_FAILED : found;
}
