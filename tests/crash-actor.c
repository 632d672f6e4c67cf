/* SPDX-License-Identifier: MIT */

/* crash-actor.c - make the calls that steps describe */

#include "crash-actor.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static unsigned char buffers[STEP_BATCH][STEP_LENGTH];

bool actor_open(struct actor *actor, const char *directory, const struct model *model,
		bool create)
{
	struct naru_queue_options options = NARU_INIT(
		options, .capacity = model->capacity, .messages = model->messages);
	int r;

	*actor = (struct actor){.serial = model->serial};
	r = naru_space_open(directory, NULL, &actor->space);
	if (r < 0) {
		trace_complain("naru_space_open: %s", strerror(-r));
		return false;
	}
	r = create ? naru_queue_create(actor->space, CRASH_QUEUE, &options, &actor->queue)
		   : naru_queue_open(actor->space, CRASH_QUEUE, NULL, &actor->queue);
	if (r < 0) {
		trace_complain("naru_queue_%s: %s", create ? "create" : "open",
			       strerror(-r));
		return false;
	}
	return true;
}

void actor_prepare(struct actor *actor, const struct step *step, struct payload *payload)
{
	unsigned count = 0;

	if (step->kind == STEP_SEND || step->kind == STEP_CLAIM)
		count = 1;
	else if (step->kind == STEP_SEND_BATCH || step->kind == STEP_SEND_ONCE)
		count = step->count;
	*payload = (struct payload){0};
	for (unsigned m = 0; m < count; m++) {
		unsigned char *data = malloc(step->length + 1);

		for (size_t i = 0; data && i < step->length; i++)
			data[i] = model_byte(actor->serial, i);
		actor->serial++;
		payload->item[m] = (struct naru_item){step->type + m, data, step->length};
	}
}

void payload_free(struct payload *payload)
{
	for (unsigned m = 0; m < STEP_BATCH; m++)
		free(payload->item[m].data);
}

static void show(struct outcome *outcome, int64_t type, size_t length, const void *data)
{
	outcome->message[outcome->count++] =
		(struct outcome_message){.type = type, .length = length, .data = data};
}

static ssize_t receive(struct actor *actor, const struct step *step,
		       struct outcome *outcome)
{
	size_t size = step->length ? step->length : STEP_LENGTH;
	int64_t type = 0;
	ssize_t r;

	if (step->kind == STEP_LOOK)
		r = naru_queue_look(actor->queue, step->count, 0, buffers[0], size,
				    &type);
	else
		r = naru_queue_receive(actor->queue, step->type, step->flags, buffers[0],
				       size, step->timeout_ms, &type);
	if (r >= 0)
		show(outcome, type, (size_t)r, buffers[0]);
	return r;
}

static ssize_t receive_batch(struct actor *actor, const struct step *step,
			     struct outcome *outcome)
{
	struct naru_item items[STEP_BATCH];
	ssize_t r;

	for (unsigned m = 0; m < step->count; m++)
		items[m] = (struct naru_item){0, buffers[m],
					      step->length ? step->length : STEP_LENGTH};
	r = naru_queue_receive_batch(actor->queue, step->type, step->flags, items,
				     step->count, step->timeout_ms);
	for (ssize_t m = 0; m < r && m < STEP_BATCH; m++)
		show(outcome, items[m].type, items[m].length, items[m].data);
	return r;
}

static ssize_t take(struct actor *actor, const struct step *step, struct outcome *outcome)
{
	struct naru_message *message = &actor->held[step->slot];
	int r = naru_queue_take(actor->queue, step->type, step->flags, step->timeout_ms,
				message);

	if (r == 0)
		show(outcome, message->type, message->length, message->data);
	return r;
}

static int claim(struct actor *actor, const struct step *step,
		 const struct payload *payload)
{
	struct naru_message *message = &actor->held[step->slot];
	int r = naru_queue_claim(actor->queue, step->type, step->length, step->timeout_ms,
				 message);

	if (r == 0)
		memcpy(message->data, payload->item[0].data, step->length);
	return r;
}

static int commit(struct actor *actor, const struct step *step)
{
	struct naru_message *message = &actor->held[step->slot];

	if (step->type)
		message->type = step->type;
	if (step->length)
		message->length = step->length;
	return naru_queue_commit(actor->queue, message);
}

static int set(struct actor *actor, const struct step *step)
{
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = step->length, .messages = step->count);

	return naru_queue_set(actor->queue, &options);
}

static int stat_queue(struct actor *actor)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};

	return naru_queue_stat(actor->queue, &stat);
}

static struct naru_once once_of(const struct step *step)
{
	return (struct naru_once){.session = {17, 4}, .number = step->number};
}

static int64_t send_once(struct actor *actor, const struct step *step,
			 const struct payload *payload)
{
	struct naru_once once = once_of(step);

	return naru_queue_send_once(actor->queue, &once, payload->item, step->count,
				    step->timeout_ms);
}

static int64_t recall(struct actor *actor, const struct step *step)
{
	struct naru_once once = once_of(step);
	uint64_t sent, released;
	int r = naru_queue_recall(actor->queue, &once, &sent, &released);

	return r < 0 ? r : (int64_t)(sent * RECALL_SENT + released);
}

static int64_t release_once(struct actor *actor, const struct step *step)
{
	struct naru_once once = once_of(step);

	return naru_queue_release_once(actor->queue, &once, &actor->held[step->slot]);
}

void actor_run(struct actor *actor, const struct step *step,
	       const struct payload *payload, struct outcome *ret_outcome)
{
	ret_outcome->count = 0;
	switch (step->kind) {
	case STEP_SEND:
		ret_outcome->value =
			naru_queue_send(actor->queue, step->type, payload->item[0].data,
					step->length, step->timeout_ms);
		break;
	case STEP_SEND_BATCH:
		ret_outcome->value = naru_queue_send_batch(actor->queue, payload->item,
							   step->count, step->timeout_ms);
		break;
	case STEP_RECEIVE:
	case STEP_LOOK:
		ret_outcome->value = receive(actor, step, ret_outcome);
		break;
	case STEP_RECEIVE_BATCH:
		ret_outcome->value = receive_batch(actor, step, ret_outcome);
		break;
	case STEP_CLAIM:
		ret_outcome->value = claim(actor, step, payload);
		break;
	case STEP_COMMIT:
		ret_outcome->value = commit(actor, step);
		break;
	case STEP_CANCEL:
		ret_outcome->value =
			naru_queue_cancel(actor->queue, &actor->held[step->slot]);
		break;
	case STEP_TAKE:
		ret_outcome->value = take(actor, step, ret_outcome);
		break;
	case STEP_RELEASE:
		ret_outcome->value =
			naru_queue_release(actor->queue, &actor->held[step->slot]);
		break;
	case STEP_GIVE_BACK:
		ret_outcome->value =
			naru_queue_give_back(actor->queue, &actor->held[step->slot]);
		break;
	case STEP_SET:
		ret_outcome->value = set(actor, step);
		break;
	case STEP_STAT:
		ret_outcome->value = stat_queue(actor);
		break;
	case STEP_SEND_ONCE:
		ret_outcome->value = send_once(actor, step, payload);
		break;
	case STEP_RELEASE_ONCE:
		ret_outcome->value = release_once(actor, step);
		break;
	case STEP_RECALL:
		ret_outcome->value = recall(actor, step);
		break;
	}
}

void actor_do(struct actor *actor, const struct step *step, struct outcome *ret_outcome)
{
	struct payload payload;

	actor_prepare(actor, step, &payload);
	actor_run(actor, step, &payload, ret_outcome);
	payload_free(&payload);
}
