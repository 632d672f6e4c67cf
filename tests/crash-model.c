/* SPDX-License-Identifier: MIT */

/* crash-model.c - a queue as a list */

#include "crash-model.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool admits(const struct step *step, int64_t type)
{
	if (step->type == 0)
		return true;
	if (step->type < 0)
		return type <= -step->type;
	return (step->flags & NARU_EXCEPT) ? type != step->type : type == step->type;
}

static struct model_message *find(struct model *model, const struct step *step)
{
	struct model_message *found = NULL;

	for (unsigned i = 0; i < model->count; i++) {
		struct model_message *message = &model->message[i];

		if (message->state != MODEL_WAITING || !admits(step, message->type))
			continue;
		if (step->type >= 0)
			return message;
		if (!found || message->type < found->type)
			found = message;
	}
	return found;
}

static struct model_message *held(struct model *model, const struct step *step,
				  enum model_state state)
{
	for (unsigned i = 0; i < model->count; i++)
		if (model->message[i].state == state &&
		    model->message[i].slot == step->slot)
			return &model->message[i];
	return NULL;
}

static void drop(struct model *model, struct model_message *message)
{
	size_t behind = (size_t)(&model->message[--model->count] - message);

	memmove(message, message + 1, behind * sizeof(*message));
}

static int put(struct model *model, const struct step *step, int64_t type,
	       enum model_state state)
{
	uint32_t serial = model->serial++;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < model->count; i++)
		bytes += model->message[i].length;
	if (step->length > model->capacity)
		return -EMSGSIZE;
	if (bytes + step->length > model->capacity || model->count >= model->messages)
		return -EAGAIN;
	assert(model->count < MODEL_MAX);
	model->message[model->count++] = (struct model_message){
		.type = type,
		.length = step->length,
		.serial = serial,
		.state = state,
		.slot = step->slot,
	};
	return 0;
}

static void show(struct outcome *outcome, const struct model_message *message,
		 size_t length)
{
	outcome->message[outcome->count++] = (struct outcome_message){
		.type = message->type, .length = length, .serial = message->serial};
}

static int64_t get(struct model *model, const struct step *step, struct outcome *outcome)
{
	struct model_message *message = find(model, step);
	size_t length;

	if (!message)
		return -EAGAIN;
	length = message->length;
	if (step->length && length > step->length) {
		if (!(step->flags & NARU_TRUNCATE))
			return -EMSGSIZE;
		length = step->length;
	}
	show(outcome, message, length);
	drop(model, message);
	return (int64_t)length;
}

static int64_t look(struct model *model, unsigned nth, struct outcome *outcome)
{
	for (unsigned i = 0; i < model->count; i++) {
		if (model->message[i].state != MODEL_WAITING || nth-- > 0)
			continue;
		show(outcome, &model->message[i], model->message[i].length);
		return (int64_t)model->message[i].length;
	}
	return -ENOMSG;
}

static int64_t commit(struct model *model, const struct step *step)
{
	struct model_message message, *claimed = held(model, step, MODEL_CLAIMED);

	if (!claimed)
		return -EINVAL;
	message = *claimed;
	drop(model, claimed);
	message.state = MODEL_WAITING;
	if (step->type)
		message.type = step->type;
	if (step->length)
		message.length = step->length;
	model->message[model->count++] = message;
	return 0;
}

static int64_t take(struct model *model, const struct step *step, struct outcome *outcome)
{
	struct model_message *message = find(model, step);

	if (!message)
		return -EAGAIN;
	message->state = MODEL_TAKEN;
	message->slot = step->slot;
	show(outcome, message, message->length);
	return 0;
}

static int64_t finish(struct model *model, const struct step *step)
{
	struct model_message *message = held(
		model, step, step->kind == STEP_CANCEL ? MODEL_CLAIMED : MODEL_TAKEN);

	if (!message)
		return -EINVAL;
	if (step->kind == STEP_GIVE_BACK)
		message->state = MODEL_WAITING;
	else
		drop(model, message);
	return 0;
}

static int64_t send_once(struct model *model, const struct step *step)
{
	uint32_t serial = model->serial;
	int64_t done = 0;

	for (; done < step->count; done++) {
		uint64_t number = step->number + (uint64_t)done;
		int r = 0;

		model->serial = serial + (uint32_t)done;
		if (number > model->sent)
			r = put(model, step, step->type + done, MODEL_WAITING);
		if (r < 0) {
			done = done ? done : r;
			break;
		}
		if (number > model->sent)
			model->sent = number;
	}
	model->serial = serial + step->count;
	return done;
}

static int64_t release_once(struct model *model, const struct step *step)
{
	int64_t r = step->number > model->released ? finish(model, step) : -EINVAL;

	if (r == 0)
		model->released = step->number;
	return r;
}

static int64_t batch(struct model *model, const struct step *step,
		     struct outcome *outcome)
{
	int64_t done = 0;
	uint32_t serial = model->serial;

	while (done < step->count) {
		int64_t r = step->kind == STEP_RECEIVE_BATCH
				    ? get(model, step, outcome)
				    : put(model, step, step->type + done, MODEL_WAITING);

		if (r < 0) {
			done = done ? done : r;
			break;
		}
		done++;
	}
	if (step->kind == STEP_SEND_BATCH)
		model->serial = serial + step->count;
	return done;
}

static int64_t run(struct model *model, const struct step *step, struct outcome *outcome)
{
	switch (step->kind) {
	case STEP_SEND:
		return put(model, step, step->type, MODEL_WAITING);
	case STEP_CLAIM:
		return put(model, step, step->type, MODEL_CLAIMED);
	case STEP_SEND_BATCH:
	case STEP_RECEIVE_BATCH:
		return batch(model, step, outcome);
	case STEP_RECEIVE:
		return get(model, step, outcome);
	case STEP_LOOK:
		return look(model, step->count, outcome);
	case STEP_COMMIT:
		return commit(model, step);
	case STEP_TAKE:
		return take(model, step, outcome);
	case STEP_SET:
		model->capacity = step->length ? step->length : model->capacity;
		model->messages = step->count ? step->count : model->messages;
		return 0;
	case STEP_STAT:
		return 0;
	case STEP_SEND_ONCE:
		return send_once(model, step);
	case STEP_RELEASE_ONCE:
		return release_once(model, step);
	case STEP_RECALL:
		return (int64_t)(model->sent * RECALL_SENT + model->released);
	default:
		return finish(model, step);
	}
}

void model_run(struct model *model, const struct step *step, struct outcome *ret_outcome)
{
	ret_outcome->count = 0;
	ret_outcome->value = run(model, step, ret_outcome);
}

void model_die(struct model *model)
{
	for (unsigned i = model->count; i-- > 0;) {
		if (model->message[i].state == MODEL_CLAIMED)
			drop(model, &model->message[i]);
		else
			model->message[i].state = MODEL_WAITING;
	}
}

unsigned model_waiting(const struct model *model)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < model->count; i++)
		waiting += model->message[i].state == MODEL_WAITING;
	return waiting;
}

bool outcome_equal(const struct outcome *actual, const struct outcome *expected)
{
	if (actual->value != expected->value || actual->count != expected->count)
		return false;
	for (unsigned m = 0; m < actual->count; m++) {
		const struct outcome_message *got = &actual->message[m];
		const struct outcome_message *want = &expected->message[m];

		if (got->type != want->type || got->length != want->length)
			return false;
		for (size_t i = 0; i < got->length; i++)
			if (got->data[i] != model_byte(want->serial, i))
				return false;
	}
	return true;
}

const char *step_text(const struct step *step)
{
	static const char *const names[] = {"?",
					    "send",
					    "send_batch",
					    "receive",
					    "receive_batch",
					    "look",
					    "claim",
					    "commit",
					    "cancel",
					    "take",
					    "release",
					    "give_back",
					    "set",
					    "stat",
					    "send_once",
					    "release_once",
					    "recall"};
	static char text[160];

	snprintf(text, sizeof(text),
		 "%s(type %lld, length %zu, count %u, flags %d, slot %u, timeout %d)",
		 names[step->kind], (long long)step->type, step->length, step->count,
		 step->flags, step->slot, step->timeout_ms);
	return text;
}

const char *outcome_text(const struct outcome *outcome)
{
	static char texts[4][300];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	int length = snprintf(text, sizeof(texts[0]), "%lld%s%s",
			      (long long)outcome->value, outcome->value < 0 ? " " : "",
			      outcome->value < 0 ? strerror((int)-outcome->value) : "");

	for (unsigned m = 0; m < outcome->count && length < 200; m++) {
		const struct outcome_message *got = &outcome->message[m];

		if (got->data)
			length += snprintf(
				text + length, sizeof(texts[0]) - (size_t)length,
				" [type %lld, %zu bytes from %02x]", (long long)got->type,
				got->length, got->length ? got->data[0] : 0);
		else
			length +=
				snprintf(text + length, sizeof(texts[0]) - (size_t)length,
					 " [type %lld, %zu bytes from %02x, serial %u]",
					 (long long)got->type, got->length,
					 model_byte(got->serial, 0), got->serial);
	}
	return text;
}
