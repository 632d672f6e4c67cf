/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_MODEL_H
#define TESTS_CRASH_MODEL_H

/*
 * crash-model.h - what a queue must do, in the plainest way there is
 *
 * A step is one call, described. model_run() does it to a list in plain memory,
 * actor_run() to a queue (crash-actor.h), and both tell the result in the same
 * words. A message is known by its serial: the contents are a function of it.
 */

#include <naru/queue.h>
#include <stdbool.h>
#include <stdint.h>

enum step_kind {
	STEP_SEND = 1,
	STEP_SEND_BATCH, /* count messages of type, type + 1, ..., each of length */
	STEP_RECEIVE,
	STEP_RECEIVE_BATCH,
	STEP_LOOK,   /* the count-th */
	STEP_CLAIM,  /* and fill */
	STEP_COMMIT, /* type, length: changed before, if not 0 */
	STEP_CANCEL,
	STEP_TAKE,
	STEP_RELEASE,
	STEP_GIVE_BACK,
	STEP_SET, /* the capacity to length, and to count messages, if not 0 */
	STEP_STAT,
	STEP_SEND_ONCE, /* as STEP_SEND_BATCH; the first one's number is number */
	STEP_RELEASE_ONCE,
	STEP_RECALL, /* what was sent * RECALL_SENT + what was released */
};

enum { STEP_SLOTS = 4, STEP_BATCH = 8, STEP_LENGTH = 64 << 10, RECALL_SENT = 1000 };

struct step {
	enum step_kind kind;
	int64_t type;  /* or what to select */
	size_t length; /* or the buffer's, with NARU_TRUNCATE; 0: ample */
	unsigned count;
	int flags;
	unsigned slot; /* of what is claimed or taken, below STEP_SLOTS */
	int timeout_ms;
	uint64_t number;
};

/* One message as it came out of a queue. */
struct outcome_message {
	int64_t type;
	size_t length;
	uint32_t serial;	   /* the model's */
	const unsigned char *data; /* the actor's */
};

struct outcome {
	int64_t value; /* what the call returned */
	unsigned count;
	struct outcome_message message[STEP_BATCH];
};

enum model_state { MODEL_WAITING, MODEL_TAKEN, MODEL_CLAIMED };

enum { MODEL_MAX = 512 };

struct model {
	uint64_t capacity;
	uint64_t messages;
	uint64_t sent;	   /* numbers that are remembered */
	uint64_t released; /* the same */
	uint32_t serial;   /* of the next message */
	unsigned count;
	struct model_message {
		int64_t type;
		size_t length;
		uint32_t serial;
		enum model_state state;
		unsigned slot;
	} message[MODEL_MAX]; /* oldest first */
};

void model_run(struct model *model, const struct step *step, struct outcome *ret_outcome);

/* The process that did all this until now has died. */
void model_die(struct model *model);

/* Messages that wait to be received. */
unsigned model_waiting(const struct model *model);

/* Byte @i of message @serial. */
static inline unsigned char model_byte(uint32_t serial, size_t i)
{
	return (unsigned char)(serial * 37 + i * 7 + (i >> 8) * 11);
}

/* Is what the actor got what the model says? */
bool outcome_equal(const struct outcome *actual, const struct outcome *expected);

/* In words, for people. Static storage. */
const char *step_text(const struct step *step);
const char *outcome_text(const struct outcome *outcome);

#endif /* TESTS_CRASH_MODEL_H */
