/* SPDX-License-Identifier: MIT */

/* crash-names-cases.c - what is prepared, what is cut short, and what may come of it */

#include "crash-actor.h"
#include "crash-names.h"
#include "crash-run.h"

static struct actor actor;
static struct payload payload;

static const struct step nothing[] = {{.kind = 0}};
static const struct step few[] = {{.kind = STEP_SEND, .type = 3, .length = 40},
				  {.kind = STEP_SEND, .type = 1, .length = 17},
				  {.kind = STEP_SEND, .type = 2, .length = 200},
				  {.kind = 0}};
static const struct step few_and_one[] = {{.kind = STEP_SEND, .type = 3, .length = 40},
					  {.kind = STEP_SEND, .type = 1, .length = 17},
					  {.kind = STEP_SEND, .type = 2, .length = 200},
					  {.kind = STEP_SEND, .type = 7, .length = 50},
					  {.kind = 0}};
static const struct step first_one[] = {{.kind = STEP_SEND, .type = 3, .length = 40},
					{.kind = 0}};
static const struct step few_grown[] = {
	{.kind = STEP_SEND, .type = 3, .length = 40},
	{.kind = STEP_SEND, .type = 1, .length = 17},
	{.kind = STEP_SEND, .type = 2, .length = 200},
	{.kind = STEP_SET, .length = 4 * NAMES_CAPACITY, .count = 2 * NAMES_MESSAGES},
	{.kind = 0}};

const struct naru_queue_options names_options = {.size = sizeof(names_options),
						 .flags = NARU_CREATE,
						 .mode = 0600,
						 .capacity = NAMES_CAPACITY,
						 .messages = NAMES_MESSAGES};

struct model names_empty(void)
{
	return (struct model){.capacity = NAMES_CAPACITY, .messages = NAMES_MESSAGES};
}

/* Another process has been here, and has left a queue with a few messages. */
static int leave_few(void *data)
{
	struct model model = names_empty();
	struct outcome outcome;

	(void)data;
	if (!actor_open(&actor, crash_rooms()->victim, &model, true))
		return 1;
	for (const struct step *step = few; step->kind; step++)
		actor_do(&actor, step, &outcome);
	return 0;
}

static bool prepare_few(void *data)
{
	return trace_survive(leave_few, data, SURVIVOR_LIMIT_MS) == 0;
}

static bool prepare_one(void *data)
{
	struct step step = {.kind = STEP_SEND, .type = 7, .length = 50};

	actor.serial = 3;
	actor_prepare(&actor, &step, &payload);
	return prepare_few(data);
}

/* The victim uses the space already. */
static bool prepare_peer(void *data)
{
	struct model model = names_empty();

	return prepare_few(data) &&
	       actor_open(&actor, crash_rooms()->victim, &model, false) &&
	       naru_queue_send(actor.queue, 9, "", 0, 0) == 0 &&
	       naru_queue_receive(actor.queue, 9, 0, NULL, 0, 0, NULL) == 0;
}

static bool prepare_space(void *data)
{
	(void)data;
	return naru_space_open(crash_rooms()->victim, NULL, &actor.space) == 0;
}

static bool prepare_nothing(void *data)
{
	struct step step = {.kind = STEP_SEND, .type = 3, .length = 40};

	(void)data;
	actor.serial = 0;
	actor_prepare(&actor, &step, &payload);
	return true;
}

static void run_first_use(void *data)
{
	(void)data;
	if (naru_space_open(crash_rooms()->victim, NULL, &actor.space) == 0 &&
	    naru_queue_open(actor.space, CRASH_QUEUE, &names_options, &actor.queue) == 0)
		naru_queue_send(actor.queue, 3, payload.item[0].data, 40, 0);
}

static void run_register(void *data)
{
	(void)data;
	if (naru_space_open(crash_rooms()->victim, NULL, &actor.space) == 0 &&
	    naru_queue_open(actor.space, CRASH_QUEUE, NULL, &actor.queue) == 0)
		naru_queue_send(actor.queue, 7, payload.item[0].data, 50, 0);
}

static void run_create(void *data)
{
	(void)data;
	naru_queue_create(actor.space, CRASH_QUEUE, NULL, &actor.queue);
	naru_queue_create(actor.space, CRASH_QUEUE, &names_options, &actor.queue);
}

static void run_create_small(void *data)
{
	struct naru_queue_options small = names_options;

	(void)data;
	small.flags = 0;
	naru_queue_create(actor.space, CRASH_QUEUE, &small, &actor.queue);
}

static void run_open(void *data)
{
	(void)data;
	naru_queue_open(actor.space, CRASH_QUEUE, NULL, &actor.queue);
}

static void run_open_or_create(void *data)
{
	(void)data;
	naru_queue_open(actor.space, CRASH_QUEUE, &names_options, &actor.queue);
}

static void run_remove(void *data)
{
	(void)data;
	naru_queue_remove(actor.space, CRASH_QUEUE);
}

static void run_replace(void *data)
{
	(void)data;
	naru_queue_remove(actor.space, CRASH_QUEUE);
	naru_queue_open(actor.space, CRASH_QUEUE, &names_options, &actor.queue);
}

static void run_close(void *data)
{
	(void)data;
	naru_queue_close(actor.queue);
	naru_space_close(actor.space);
}

static void run_set(void *data)
{
	struct naru_queue_options set = {.size = sizeof(set),
					 .mode = 0640,
					 .capacity = 4ul * NAMES_CAPACITY,
					 .messages = 2ul * NAMES_MESSAGES};

	(void)data;
	naru_queue_set(actor.queue, &set);
}

static void run_poll(void *data)
{
	(void)data;
	naru_queue_fd(actor.queue, NARU_READABLE);
	naru_queue_fd(actor.queue, NARU_WRITABLE);
}

static bool prepare_poll(void *data)
{
	struct step step = {.kind = STEP_SEND, .type = 7, .length = 50};

	if (!prepare_peer(data))
		return false;
	run_poll(data);
	actor.serial = 3;
	actor_prepare(&actor, &step, &payload);
	return true;
}

static void run_send_polled(void *data)
{
	(void)data;
	naru_queue_send(actor.queue, 7, payload.item[0].data, 50, 0);
}

const struct names_case names_cases[] = {
	{"first use of a new space", prepare_nothing, run_first_use, NULL, first_one,
	 nothing, false},
	{"first use by a process", prepare_one, run_register, few, few_and_one, NULL,
	 false},
	{"create", prepare_space, run_create_small, NULL, nothing, NULL, false},
	{"create what is there", prepare_peer, run_create, few, few, NULL, false},
	{"open", prepare_peer, run_open, few, few, NULL, false},
	{"open or create, there", prepare_peer, run_open_or_create, few, few, NULL,
	 false},
	{"open or create, not there", prepare_space, run_open_or_create, NULL, nothing,
	 NULL, false},
	{"remove", prepare_peer, run_remove, few, NULL, NULL, false},
	{"remove and create", prepare_peer, run_replace, few, nothing, NULL, true},
	{"close", prepare_peer, run_close, few, few, NULL, false},
	{"set with mode", prepare_peer, run_set, few, few_grown, NULL, false},
	{"descriptors", prepare_peer, run_poll, few, few, NULL, false},
	{"send while polled", prepare_poll, run_send_polled, few, few_and_one, NULL,
	 false},
};

const unsigned names_cases_count = sizeof(names_cases) / sizeof(names_cases[0]);
