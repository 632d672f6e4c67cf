/* SPDX-License-Identifier: MIT */

/* crash-segment-cases.c - what is prepared, and what is cut short */

#include "crash-run.h"
#include "crash-segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct naru_space *space;
static struct naru_segment *segment;
static void *bytes;
static char value[SEGMENT_VALUE];

static char alive_path[120], go_path[120];
static int alive = -1;

void segment_fifos(const char *directory)
{
	snprintf(alive_path, sizeof(alive_path), "%s/alive", directory);
	snprintf(go_path, sizeof(go_path), "%s/go", directory);
	if (mkfifo(alive_path, 0600) < 0 || mkfifo(go_path, 0600) < 0)
		perror("mkfifo");
	alive = open(alive_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

bool segment_child_lives(void)
{
	char byte;

	/* End of file: nobody has it open for writing. */
	return read(alive, &byte, 1) < 0 && errno == EAGAIN;
}

void segment_child_go(void)
{
	close(open(go_path, O_WRONLY | O_CLOEXEC));
}

static struct naru_segment_options options_of(uint32_t flags, uint64_t length)
{
	return (struct naru_segment_options){.size = sizeof(struct naru_segment_options),
					     .flags = flags,
					     .length = length};
}

/* Another process has been here, and has left a segment with something in it. */
static int leave_one(void *data)
{
	struct naru_segment_options options = options_of(NARU_CREATE, SEGMENT_LENGTH);

	(void)data;
	memset(value, SEGMENT_OLD, sizeof(value));
	if (naru_space_open(crash_rooms()->victim, NULL, &space) < 0 ||
	    naru_segment_create(space, CRASH_SEGMENT, &options, &segment) < 0 ||
	    naru_segment_write_latest(segment, value, SEGMENT_VALUE) < 0 ||
	    naru_segment_attach(segment, NULL, 0, &bytes, NULL) < 0)
		return 1;
	memset(bytes, 'x', SEGMENT_LENGTH);
	return 0;
}

static bool prepare_space(void *data)
{
	(void)data;
	return naru_space_open(crash_rooms()->victim, NULL, &space) == 0;
}

static bool prepare_left(void *data)
{
	return trace_survive(leave_one, data, SURVIVOR_LIMIT_MS) == 0 &&
	       prepare_space(data);
}

static bool prepare_open(void *data)
{
	memset(value, SEGMENT_NEW, sizeof(value));
	return prepare_left(data) &&
	       naru_segment_open(space, CRASH_SEGMENT, NULL, &segment) == 0;
}

static bool prepare_attached(void *data)
{
	void *second;

	return prepare_open(data) &&
	       naru_segment_attach(segment, NULL, 0, &bytes, NULL) == 0 &&
	       naru_segment_attach(segment, NULL, NARU_READ_ONLY, &second, NULL) == 0;
}

static bool prepare_locked(void *data)
{
	return prepare_attached(data) && naru_segment_lock(segment, 0) == 0;
}

static int die_with_lock(void *data)
{
	return prepare_space(data) &&
			       naru_segment_open(space, CRASH_SEGMENT, NULL, &segment) ==
				       0 &&
			       naru_segment_lock(segment, 0) == 0
		       ? 0
		       : 1;
}

static bool prepare_dead_owner(void *data)
{
	return prepare_open(data) &&
	       trace_survive(die_with_lock, data, SURVIVOR_LIMIT_MS) == 0;
}

static bool prepare_repair(void *data)
{
	return prepare_dead_owner(data) && naru_segment_lock(segment, 0) == -EOWNERDEAD;
}

static bool prepare_bell(void *data)
{
	/* It is a member: it has done this before. */
	return prepare_open(data) && naru_segment_lock(segment, 0) == 0 &&
	       naru_segment_unlock(segment) == 0;
}

static bool prepare_fork(void *data)
{
	return prepare_attached(data) && open(alive_path, O_WRONLY | O_CLOEXEC) >= 0;
}

static void run_create(void *data)
{
	struct naru_segment_options options = options_of(0, SEGMENT_LENGTH);

	(void)data;
	naru_segment_create(space, CRASH_SEGMENT, &options, &segment);
}

static void run_open(void *data)
{
	struct naru_segment_options options = options_of(NARU_CREATE, SEGMENT_LENGTH);

	(void)data;
	naru_segment_open(space, CRASH_SEGMENT, &options, &segment);
}

static void run_close(void *data)
{
	(void)data;
	naru_segment_close(segment);
}

static void run_remove(void *data)
{
	(void)data;
	naru_segment_remove(space, CRASH_SEGMENT);
}

static void run_attach(void *data)
{
	(void)data;
	naru_segment_attach(segment, NULL, 0, &bytes, NULL);
}

static void run_attach_read_only(void *data)
{
	(void)data;
	naru_segment_attach(segment, NULL, NARU_READ_ONLY, &bytes, NULL);
}

static void run_detach(void *data)
{
	(void)data;
	naru_segment_detach(bytes);
}

static void run_set(void *data)
{
	struct naru_segment_options options = options_of(0, SEGMENT_GROWN);

	(void)data;
	naru_segment_set(segment, &options);
}

static void run_grow_and_extend(void *data)
{
	run_set(data);
	naru_segment_extend(bytes, NULL);
}

static void run_lock(void *data)
{
	(void)data;
	naru_segment_lock(segment, 0);
}

static void run_unlock(void *data)
{
	(void)data;
	naru_segment_unlock(segment);
}

static void run_repaired(void *data)
{
	(void)data;
	naru_segment_repaired(segment);
	naru_segment_unlock(segment);
}

static void run_give_up(void *data)
{
	(void)data;
	naru_segment_give_up(segment);
}

static void run_notify(void *data)
{
	(void)data;
	naru_segment_notify(segment);
}

static void run_write_latest(void *data)
{
	(void)data;
	naru_segment_write_latest(segment, value, SEGMENT_VALUE);
}

static void run_fork(void *data)
{
	(void)data;
	if (fork() == 0) {
		open(go_path, O_RDONLY | O_CLOEXEC); /* until somebody opens it, too */
		_exit(0);
	}
}

const struct segment_case segment_cases[] = {
	{.name = "create",
	 .prepare = prepare_space,
	 .run = run_create,
	 .may_be_there = true,
	 .may_be_gone = true},
	{.name = "open or create",
	 .prepare = prepare_left,
	 .run = run_open,
	 .may_be_there = true},
	{.name = "close",
	 .prepare = prepare_locked,
	 .run = run_close,
	 .may_be_there = true,
	 .may_be_damaged = true},
	{.name = "remove",
	 .prepare = prepare_attached,
	 .run = run_remove,
	 .may_be_there = true,
	 .may_be_gone = true},
	{.name = "attach",
	 .prepare = prepare_open,
	 .run = run_attach,
	 .may_be_there = true},
	{.name = "attach read-only",
	 .prepare = prepare_open,
	 .run = run_attach_read_only,
	 .may_be_there = true},
	{.name = "detach",
	 .prepare = prepare_attached,
	 .run = run_detach,
	 .may_be_there = true},
	{.name = "set",
	 .prepare = prepare_open,
	 .run = run_set,
	 .may_be_there = true,
	 .may_be_grown = true},
	{.name = "set and extend",
	 .prepare = prepare_attached,
	 .run = run_grow_and_extend,
	 .may_be_there = true,
	 .may_be_grown = true},
	{.name = "lock",
	 .prepare = prepare_open,
	 .run = run_lock,
	 .may_be_there = true,
	 .may_be_damaged = true},
	{.name = "lock from the dead",
	 .prepare = prepare_dead_owner,
	 .run = run_lock,
	 .may_be_there = true,
	 .may_be_damaged = true},
	{.name = "unlock",
	 .prepare = prepare_locked,
	 .run = run_unlock,
	 .may_be_there = true,
	 .may_be_damaged = true,
	 .sleeper = LOCKS},
	{.name = "repaired",
	 .prepare = prepare_repair,
	 .run = run_repaired,
	 .may_be_there = true,
	 .may_be_damaged = true,
	 .sleeper = LOCKS},
	{.name = "give up",
	 .prepare = prepare_repair,
	 .run = run_give_up,
	 .may_be_there = true,
	 .may_be_damaged = true,
	 .may_be_given_up = true,
	 .sleeper = LOCKS},
	{.name = "notify",
	 .prepare = prepare_bell,
	 .run = run_notify,
	 .may_be_there = true,
	 .sleeper = WAITS},
	{.name = "write latest",
	 .prepare = prepare_open,
	 .run = run_write_latest,
	 .may_be_there = true,
	 .may_be_new = true},
	{.name = "fork",
	 .prepare = prepare_fork,
	 .run = run_fork,
	 .may_be_there = true,
	 .forks = true},
};

const unsigned segment_cases_count = sizeof(segment_cases) / sizeof(segment_cases[0]);
