/* SPDX-License-Identifier: MIT */

/*
 * Let a process die in the calls on segments. These are real kills, as the kernel's
 * locks are a part of the state: after each instruction where a call has few of them,
 * else before and after each system call and after some instructions.
 *
 * A survivor then finds the segment whole or not at all, counts attachments exactly, gets
 * the lock, and the latest value, and can do everything there is to do; and who slept
 * meanwhile is not forgotten.
 *
 * NARU_CRASH_STRIDE	after every so-manyth instruction (default: at KILLS places)
 */

#include "crash-segment.h"
#include "asleep.h"
#include "crash-run.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KILLS = 100, ATTACHED = 2 };

static const struct segment_case *this;
static const char *space_path;

/* What a survivor works with. */
static struct naru_space *space;
static struct naru_segment *segment;
static bool grown; /* the victim has done that */

static bool is(const char *what, long value, long expected)
{
	if (value != expected)
		trace_complain("%s: %ld, not %ld", what, value, expected);
	return value == expected;
}

static uint64_t attachments(void)
{
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	int r = naru_segment_stat(segment, &stat);

	return r < 0 ? (uint64_t)r : stat.attachments;
}

/* The bytes, as they were left; and there is memory under each of them. */
static bool bytes_are_right(const unsigned char *bytes, uint64_t length, bool fresh)
{
	for (uint64_t i = 0; i < length; i++)
		if (bytes[i] != (!fresh && i < SEGMENT_LENGTH ? 'x' : 0)) {
			trace_complain("byte %lu of %lu is %d", (unsigned long)i,
				       (unsigned long)length, bytes[i]);
			return false;
		}
	return true;
}

static bool attach_works(bool fresh)
{
	void *bytes;
	size_t length;

	if (!is("attach", naru_segment_attach(segment, NULL, 0, &bytes, &length), 0))
		return false;
	if (length != SEGMENT_LENGTH && !(this->may_be_grown && length == SEGMENT_GROWN))
		return is("length", (long)length, SEGMENT_LENGTH);
	grown = length == SEGMENT_GROWN;
	if (!bytes_are_right(bytes, length, fresh))
		return false;
	memset(bytes, 'y', length);
	return is("attachments", (long)attachments(), 1) &&
	       is("detach", naru_segment_detach(bytes), 0) &&
	       is("attachments", (long)attachments(), 0);
}

static bool lock_works(void)
{
	int r = naru_segment_lock(segment, getpid() % 2 ? 0 : 2000);

	if (r == -ENOTRECOVERABLE && this->may_be_given_up)
		return is("lock", naru_segment_lock(segment, -1), r);
	if (r == -EOWNERDEAD && this->may_be_damaged)
		r = naru_segment_repaired(segment);
	return is("lock", r, 0) && is("unlock", naru_segment_unlock(segment), 0) &&
	       is("lock", naru_segment_lock(segment, 0), 0) &&
	       is("unlock", naru_segment_unlock(segment), 0);
}

static bool latest_works(bool fresh, bool *ret_new)
{
	unsigned char value[SEGMENT_VALUE];
	ssize_t r = naru_segment_read_latest(segment, value, sizeof(value), NULL);

	*ret_new = false;
	if (fresh && !is("latest value", r, -ENOMSG))
		return false;
	if (!fresh) {
		if (!is("latest value", r, SEGMENT_VALUE))
			return false;
		*ret_new = value[0] == SEGMENT_NEW;
		if (*ret_new && !this->may_be_new)
			return is("latest value", value[0], SEGMENT_OLD);
		for (int i = 0; i < SEGMENT_VALUE; i++)
			if (!is("its bytes", value[i],
				*ret_new ? SEGMENT_NEW : SEGMENT_OLD))
				return false;
	}
	memset(value, 9, sizeof(value));
	return is("write latest", naru_segment_write_latest(segment, value, 9), 0) &&
	       is("latest value", naru_segment_read_latest(segment, value, 200, NULL), 9);
}

static bool bell_works(void)
{
	uint32_t events = naru_segment_events(segment);

	return is("wait", naru_segment_wait(segment, events, 0), -EAGAIN) &&
	       is("notify", naru_segment_notify(segment), 0) &&
	       is("wait", naru_segment_wait(segment, events, 0), 0);
}

static bool set_works(void)
{
	struct naru_segment_options options = {.size = sizeof(options),
					       .length = 2 * SEGMENT_GROWN};

	return is("set", naru_segment_set(segment, &options), 0);
}

/* That it was given up is worth a word, and nothing that can be put right. */
static bool check_says_nothing(void)
{
	int r = naru_space_check(space, NARU_CHECK_REPAIR, survivor_tell, NULL);

	if (r == 1 && this->may_be_given_up) {
		trace_page->text[0] = 0;
		return true;
	}
	return is("naru_space_check", r, 0) && !trace_page->text[0];
}

static bool is_clean(void)
{
	DIR *files = opendir(space_path);
	struct dirent *entry;
	bool clean = check_says_nothing();

	while (files && (entry = readdir(files)))
		if (strncmp(entry->d_name, ".new", 4) == 0 ||
		    (entry->d_name[0] != '.' && strcmp(entry->d_name, CRASH_SEGMENT))) {
			trace_complain("left over: %s", entry->d_name);
			clean = false;
		}
	if (files)
		closedir(files);
	return clean;
}

/* 0: as before the call; 1: as after it. */
static int survive(void *data)
{
	struct naru_segment_options create = {.size = sizeof(create),
					      .length = SEGMENT_LENGTH};
	bool creates = strcmp(this->name, "create") == 0;
	bool fresh = creates, gone, new = false;
	int r = naru_space_open(space_path, NULL, &space);

	if (!is("naru_space_open", r, 0))
		return SURVIVOR_FAILED;
	r = naru_segment_open(space, CRASH_SEGMENT, NULL, &segment);
	gone = r == -ENOENT && this->may_be_gone;
	if (gone) {
		r = naru_segment_create(space, CRASH_SEGMENT, &create, &segment);
		fresh = true;
	}
	/* The last one that was there may have told the time. */
	if (!is("open", r, 0) ||
	    !is("attachments", (long)attachments(), data ? ATTACHED : 0))
		return SURVIVOR_FAILED;
	if (data) {
		segment_child_go();
		while (attachments() > 0)
			sched_yield();
	}
	if (!is_clean() || !lock_works() || !latest_works(fresh, &new) || !bell_works() ||
	    !attach_works(fresh) || !set_works())
		return SURVIVOR_FAILED;
	segment = naru_segment_close(segment);
	if (!is("remove", naru_segment_remove(space, CRASH_SEGMENT), 0))
		return SURVIVOR_FAILED;
	return new || grown || gone != creates;
}

/* Sleeps, until what it sleeps for comes, or somebody has died. */
static int sleep_for(void *data)
{
	int r = naru_space_open(space_path, NULL, &space);

	(void)data;
	if (r == 0)
		r = naru_segment_open(space, CRASH_SEGMENT, NULL, &segment);
	if (r == 0 && this->sleeper == WAITS)
		return is("sleeper", naru_segment_wait(segment, 0, -1), 0) ? 0 : 1;
	if (r == 0)
		r = naru_segment_lock(segment, -1);
	if (r == -EOWNERDEAD && this->may_be_damaged)
		r = naru_segment_repaired(segment);
	if (r == -ENOTRECOVERABLE && this->may_be_given_up)
		return 0;
	if (r == 0)
		r = naru_segment_unlock(segment);
	return is("sleeper", r, 0) ? 0 : 1;
}

static pid_t start_sleeper(void)
{
	pid_t sleeper;

	if (this->sleeper == NOBODY)
		return 0;
	sleeper = trace_survive_start(sleep_for, NULL, SURVIVOR_LIMIT_MS);
	while (!asleep(sleeper))
		sched_yield();
	return sleeper;
}

/* The bell may not have been rung, and then has to be, once more. */
static int ring(void *data)
{
	(void)data;
	if (!is("open", naru_space_open(space_path, NULL, &space), 0) ||
	    !is("open", naru_segment_open(space, CRASH_SEGMENT, NULL, &segment), 0))
		return 1;
	if (naru_segment_events(segment) != 0)
		return 0;
	return is("notify", naru_segment_notify(segment), 0) ? 0 : 1;
}

static bool sleeper_goes_on(pid_t sleeper)
{
	if (sleeper == 0)
		return true;
	if (this->sleeper == WAITS && trace_survive(ring, NULL, SURVIVOR_LIMIT_MS) != 0)
		return false;
	return trace_survive_wait(sleeper) == 0;
}

static void start(struct trace *trace)
{
	const struct trace_victim victim = {.prepare = this->prepare, .run = this->run};

	trace_clear(space_path);
	if (trace_start(trace, &victim))
		return;
	printf("  %s: %s\n", this->name, trace_page->text);
	exit(1);
}

/* The victim stands where it is to die. */
static void finish(struct trace *trace, pid_t sleeper, struct crash_count *count)
{
	char where[160];
	bool child;
	int found = SURVIVOR_FAILED;

	snprintf(where, sizeof(where), "%s, killed at point %lu at %#lx", this->name,
		 trace->steps, (unsigned long)crash_place(trace));
	trace_page->text[0] = 0;
	trace_kill(trace);
	count->kills++;
	child = this->forks && segment_child_lives();
	if (sleeper_goes_on(sleeper))
		found = trace_survive(survive, child ? &child : NULL, SURVIVOR_LIMIT_MS);
	while (this->forks && segment_child_lives())
		segment_child_go();
	if (found < 0 || found >= SURVIVOR_CANDIDATES)
		crash_report(count, where, NULL);
	else
		count->found[this->forks ? child : found != 0]++;
}

/* Die before, or after, each system call. */
static void kill_at_calls(struct crash_count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++)
		for (unsigned after = 0; more && after < 2; after++) {
			struct trace trace;
			pid_t sleeper;

			start(&trace);
			sleeper = start_sleeper();
			for (unsigned i = 0; more && i < n; i++)
				more = trace_call(&trace) >= 0;
			if (more && after && !trace_return(&trace))
				more = false;
			finish(&trace, sleeper, count);
		}
}

/* Die after every @stride-th instruction. */
static void kill_at_steps(unsigned long stride, struct crash_count *count)
{
	bool more = true;

	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;
		pid_t sleeper;

		start(&trace);
		sleeper = start_sleeper();
		while (more && trace.steps < n)
			more = trace_step(&trace);
		finish(&trace, sleeper, count);
	}
}

static unsigned long length_of(void)
{
	struct crash_count ignored = {0};
	struct trace trace;
	unsigned long steps;
	pid_t sleeper;

	start(&trace);
	sleeper = start_sleeper();
	while (trace_step(&trace))
		;
	steps = trace.steps;
	finish(&trace, sleeper, &ignored);
	return steps;
}

int main(int count, char **arguments)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	space_path = crash_rooms()->victim;
	segment_fifos(trace_directory());
	for (unsigned i = 0; i < segment_cases_count; i++) {
		struct crash_count found = {0};

		this = &segment_cases[i];
		if (count > 1 && strncmp(this->name, arguments[1], strlen(arguments[1])))
			continue;
		found.length = length_of();
		kill_at_calls(&found);
		kill_at_steps(stride ? stride : 1 + found.length / KILLS, &found);
		printf("%s: %lu points, %lu killed, old %lu, new %lu%s\n", this->name,
		       found.length, found.kills, found.found[0], found.found[1],
		       found.failures ? "; FAILED" : "");
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
