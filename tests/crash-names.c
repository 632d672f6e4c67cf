/* SPDX-License-Identifier: MIT */

/*
 * Let a process die in the calls that make, open and remove what has a name.
 *
 * All of these are real kills, since directories and nameless files are part of the
 * state: before and after each system call, and after some instructions.
 * A survivor then finds each name whole or not at all, can make what is not there
 * and use what is, and the space is clean after a check.
 *
 * NARU_CRASH_STRIDE	after every so-manyth instruction (default: at KILLS places)
 */

#include "crash-names.h"
#include "crash-actor.h"
#include "crash-run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KILLS = 5 };

static const char *space_path;

static bool names_are_whole(const char *what)
{
	DIR *files = opendir(space_path);
	struct dirent *entry;
	bool whole = true;

	while (files && whole && (entry = readdir(files)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, CRASH_QUEUE) != 0) {
			trace_complain("%s: a file named %s", what, entry->d_name);
			whole = false;
		} else if (strncmp(entry->d_name, ".new", 4) == 0 &&
			   !strcmp(what, "checked")) {
			trace_complain("left over after a check: %s", entry->d_name);
			whole = false;
		}
	if (files)
		closedir(files);
	return whole;
}

static bool polls_right(struct naru_queue *queue, enum naru_poll which, bool expected)
{
	struct pollfd poll_fd = {.fd = naru_queue_fd(queue, which), .events = POLLIN};
	bool ready = poll(&poll_fd, 1, 0) == 1;

	if (poll_fd.fd < 0)
		trace_complain("naru_queue_fd: %s", strerror(-poll_fd.fd));
	else if (ready != expected)
		trace_complain("the descriptor %d says %d, and not %d", which, ready,
			       expected);
	return poll_fd.fd >= 0 && ready == expected;
}

static bool mode_is_right(void)
{
	char path[200];
	struct stat status;

	snprintf(path, sizeof(path), "%s/" CRASH_QUEUE, space_path);
	if (stat(path, &status) < 0)
		return true;
	if ((status.st_mode & 07777) == 0600 || (status.st_mode & 07777) == 0640)
		return true;
	trace_complain("mode %o", status.st_mode & 07777);
	return false;
}

static bool is_clean(struct naru_space *space)
{
	struct naru_space_stat stat = {.size = sizeof(stat)};
	int r = naru_space_check(space, NARU_CHECK_REPAIR, survivor_tell, NULL);

	if (r < 0 || trace_page->text[0]) {
		trace_complain("naru_space_check: %d", r);
		return false;
	}
	r = naru_space_stat(space, &stat);
	if (r < 0 || stat.objects != 1) {
		trace_complain("naru_space_stat: %d, %u objects", r, stat.objects);
		return false;
	}
	return names_are_whole("checked");
}

/* Make it, if it is not there; then it is as good as new. Returns what was found. */
static int survive_without(struct survivor *survivor, struct naru_space *space)
{
	struct naru_queue *queue;
	struct naru_queue_options new = names_options;
	int r;

	new.flags = 0;
	r = naru_queue_create(space, CRASH_QUEUE, &new, &queue);
	if (r < 0) {
		trace_complain("it is not there, but create says %s", strerror(-r));
		return SURVIVOR_FAILED;
	}
	survivor->candidate[0] = names_empty();
	survivor->candidates = 1;
	queue = naru_queue_close(queue);
	return survivor_run(survivor);
}

static int survive(void *data)
{
	static struct survivor survivor;
	const struct names_case *this = data;
	struct naru_space *space;
	struct naru_queue *queue;
	int found, r;

	survivor = (struct survivor){.directory = space_path,
				     .mode = (unsigned)getpid() % 7};
	r = naru_space_open(space_path, NULL, &space);
	if (r < 0) {
		trace_complain("naru_space_open: %s", strerror(-r));
		return SURVIVOR_FAILED;
	}
	if (!names_are_whole("at once") || !mode_is_right())
		return SURVIVOR_FAILED;
	r = naru_queue_open(space, CRASH_QUEUE, NULL, &queue);
	if (r == -ENOENT && (!this->old || !this->new || this->absent)) {
		found = survive_without(&survivor, space);
		return found == SURVIVOR_FAILED || !is_clean(space) ? SURVIVOR_FAILED
								    : this->old != NULL;
	}
	if (r < 0) {
		trace_complain("naru_queue_open: %s", strerror(-r));
		return SURVIVOR_FAILED;
	}
	const struct step *lists[] = {this->old, this->between, this->new};
	bool some = false, none = false;

	for (unsigned i = 0; i < 3; i++) {
		struct model *model = &survivor.candidate[survivor.candidates];
		struct outcome outcome;

		if (!lists[i])
			continue;
		*model = names_empty();
		for (const struct step *step = lists[i]; step->kind; step++)
			model_run(model, step, &outcome);
		some = some || model->count > 0;
		none = none || model->count == 0;
		survivor.candidates++;
	}
	if (some != none && (!polls_right(queue, NARU_READABLE, some) ||
			     !polls_right(queue, NARU_WRITABLE, true)))
		return SURVIVOR_FAILED;
	queue = naru_queue_close(queue);
	found = survivor_run(&survivor);
	if (found == SURVIVOR_FAILED || !is_clean(space))
		return SURVIVOR_FAILED;
	return this->old ? found : 1;
}

static void start(const struct names_case *this, struct trace *trace)
{
	const struct trace_victim victim = {.prepare = this->prepare, .run = this->run};

	trace_clear(space_path);
	if (trace_start(trace, &victim))
		return;
	printf("  %s: %s\n", this->name, trace_page->text);
	exit(1);
}

/* The victim stands where it is to die. */
static void finish(const struct names_case *this, struct trace *trace,
		   struct crash_count *count)
{
	char where[160];
	int found;

	snprintf(where, sizeof(where), "%s, killed at point %lu at %#lx", this->name,
		 trace->steps, (unsigned long)crash_place(trace));
	trace_kill(trace);
	count->kills++;
	trace_page->text[0] = 0;
	found = trace_survive(survive, (void *)(uintptr_t)this, SURVIVOR_LIMIT_MS);
	if (found < 0 || found >= SURVIVOR_CANDIDATES)
		crash_report(count, where, NULL);
	else
		count->found[found != 0]++;
}

/* Die before, or after, each system call. */
static void kill_at_calls(const struct names_case *this, struct crash_count *count)
{
	bool more = true;

	for (unsigned n = 1; more; n++) {
		struct trace trace;

		for (unsigned after = 0; more && after < 2; after++) {
			start(this, &trace);
			for (unsigned i = 0; more && i < n; i++)
				more = trace_call(&trace) >= 0;
			if (more && after && !trace_return(&trace))
				more = false;
			finish(this, &trace, count);
		}
	}
}

/* Die after every @stride-th instruction. */
static void kill_at_steps(const struct names_case *this, unsigned long stride,
			  struct crash_count *count)
{
	bool more = true;

	for (unsigned long n = 0; more; n += stride) {
		struct trace trace;

		start(this, &trace);
		while (more && trace.steps < n)
			more = trace_step(&trace);
		finish(this, &trace, count);
	}
}

static unsigned long length_of(const struct names_case *this)
{
	struct trace trace;

	start(this, &trace);
	while (trace_step(&trace))
		;
	trace_kill(&trace);
	return trace.steps;
}

static void run(const struct names_case *this, unsigned long stride,
		struct crash_count *count)
{
	count->length = length_of(this);
	kill_at_calls(this, count);
	kill_at_steps(this, stride ? stride : 1 + count->length / KILLS, count);
	printf("%s: %lu points, %lu killed, old %lu, new %lu%s\n", this->name,
	       count->length, count->kills, count->found[0], count->found[1],
	       count->failures ? "; FAILED" : "");
}

int main(int count, char **arguments)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	space_path = crash_rooms()->victim;
	for (unsigned i = 0; i < names_cases_count; i++) {
		struct crash_count found = {0};

		if (count > 1 &&
		    strncmp(names_cases[i].name, arguments[1], strlen(arguments[1])))
			continue;
		run(&names_cases[i], stride, &found);
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
