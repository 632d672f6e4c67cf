/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_ACTOR_H
#define TESTS_CRASH_ACTOR_H

/* crash-actor.h - a process with an open queue that makes the calls of a model's steps */

#include "crash-model.h"

struct actor {
	struct naru_space *space;
	struct naru_queue *queue;
	uint32_t serial;
	struct naru_message held[STEP_SLOTS];
};

/* What a step sends, made before it, so that the step is the call and little more. */
struct payload {
	struct naru_item item[STEP_BATCH];
};

#define CRASH_QUEUE "q"

/* Open the queue in the space @directory; made as the model says if @create is true. */
bool actor_open(struct actor *actor, const char *directory, const struct model *model,
		bool create);

/* Contents for the next step; in the order of the steps. */
void actor_prepare(struct actor *actor, const struct step *step, struct payload *payload);
void payload_free(struct payload *payload);

/* The outcome's data are valid until the next step. */
void actor_run(struct actor *actor, const struct step *step,
	       const struct payload *payload, struct outcome *ret_outcome);

/* All of it; does nothing more than that, so that a tracer sees the call. */
void actor_do(struct actor *actor, const struct step *step, struct outcome *ret_outcome);

#endif /* TESTS_CRASH_ACTOR_H */
