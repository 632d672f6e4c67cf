/* SPDX-License-Identifier: MIT */

/* crash-names-cases.c - what is prepared, what is cut short, and what may come of it */

#include "crash-actor.h"
#include "crash-names.h"
#include "crash-run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

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

/* From now on this process cannot have O_TMPFILE, as where a file system has it not. */
static bool forbid_nameless(void)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {
		.len = sizeof(instructions) / sizeof(instructions[0]),
		.filter = instructions,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
		return true;
	trace_complain("seccomp: %s", strerror(errno));
	return false;
}

static bool prepare_space_named(void *data)
{
	return prepare_space(data) && forbid_nameless();
}

static bool prepare_nothing_named(void *data)
{
	return prepare_nothing(data) && forbid_nameless();
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

static void run_check(void *data)
{
	(void)data;
	naru_space_check(actor.space, NARU_CHECK_REPAIR, NULL, NULL);
}

#define NONE NULL /* no queue */

const struct names_case names_cases[] = {
	{"first use of a new space",
	 prepare_nothing,
	 run_first_use,
	 3,
	 {NONE, nothing, first_one}},
	{"first use, no nameless files",
	 prepare_nothing_named,
	 run_first_use,
	 3,
	 {NONE, nothing, first_one}},
	{"first use by a process", prepare_one, run_register, 2, {few, few_and_one}},
	{"create", prepare_space, run_create_small, 2, {NONE, nothing}},
	{"create, no nameless files",
	 prepare_space_named,
	 run_create_small,
	 2,
	 {NONE, nothing}},
	{"create what is there", prepare_peer, run_create, 1, {few}},
	{"open", prepare_peer, run_open, 1, {few}},
	{"open or create, there", prepare_peer, run_open_or_create, 1, {few}},
	{"open or create, not there",
	 prepare_space,
	 run_open_or_create,
	 2,
	 {NONE, nothing}},
	{"remove", prepare_peer, run_remove, 2, {few, NONE}},
	{"remove while polled", prepare_poll, run_remove, 2, {few, NONE}},
	{"remove and create", prepare_peer, run_replace, 3, {few, NONE, nothing}},
	{"close", prepare_peer, run_close, 1, {few}},
	{"close while polled", prepare_poll, run_close, 1, {few}},
	{"set with mode", prepare_peer, run_set, 2, {few, few_grown}},
	{"set with mode while polled", prepare_poll, run_set, 2, {few, few_grown}},
	{"descriptors", prepare_peer, run_poll, 1, {few}},
	{"send while polled", prepare_poll, run_send_polled, 2, {few, few_and_one}},
	{"check", prepare_peer, run_check, 1, {few}},
};

const unsigned names_cases_count = sizeof(names_cases) / sizeof(names_cases[0]);
