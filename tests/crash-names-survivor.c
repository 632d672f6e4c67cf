/* SPDX-License-Identifier: MIT */

/* crash-names-survivor.c - are the names that a death has left whole, and of use? */

#include "crash-actor.h"
#include "crash-names.h"
#include "crash-survivor.h"
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool complain_of(const char *what, const char *name)
{
	trace_complain("%s: a file named %s", what, name);
	return false;
}

/* Call @visit with each name that is not the space's own or the queue's. */
static bool for_each_other(const char *path,
			   bool (*visit)(int directory, const char *name))
{
	DIR *files = opendir(path);
	struct dirent *entry;
	bool fine = files != NULL;

	while (files && fine && (entry = readdir(files)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, ".peers") != 0 &&
		    strcmp(entry->d_name, ".deaths") != 0 &&
		    strcmp(entry->d_name, CRASH_QUEUE) != 0)
			fine = visit(dirfd(files), entry->d_name);
	if (files)
		closedir(files);
	return fine;
}

static bool is_hidden(int directory, const char *name)
{
	(void)directory;
	return name[0] == '.' || complain_of("at once", name);
}

/* Only the FIFOs of the queue that is there. */
static bool is_in_use(int directory, const char *name)
{
	char readable[80], writable[80];
	struct stat stat;

	if (fstatat(directory, CRASH_QUEUE, &stat, 0) < 0)
		return complain_of("checked, no queue", name);
	snprintf(readable, sizeof(readable), "." CRASH_QUEUE "-%llx.r",
		 (unsigned long long)stat.st_ino);
	snprintf(writable, sizeof(writable), "." CRASH_QUEUE "-%llx.w",
		 (unsigned long long)stat.st_ino);
	return strcmp(name, readable) == 0 || strcmp(name, writable) == 0 ||
	       complain_of("left over after a check", name);
}

/* Two minutes pass: long enough for a check to be sure that nobody is at work on it. */
static bool grow_old(int directory, const char *name)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 120;
	times[1] = times[0];
	return strncmp(name, ".new-", 5) != 0 ||
	       utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

static void tell_unrepaired(void *data, const struct naru_finding *finding)
{
	if (!finding->repaired)
		survivor_tell(data, finding);
}

static bool is_clean(struct naru_space *space, const char *path)
{
	struct naru_space_stat stat = {.size = sizeof(stat)};
	int r;

	if (!for_each_other(path, grow_old))
		return false;
	r = naru_space_check(space, NARU_CHECK_REPAIR, tell_unrepaired, NULL);
	if (r != 0 || trace_page->text[0]) {
		trace_complain("naru_space_check: %d", r);
		return false;
	}
	r = naru_space_stat(space, &stat);
	if (r < 0 || stat.objects != 1) {
		trace_complain("naru_space_stat: %d, %u objects", r, stat.objects);
		return false;
	}
	return for_each_other(path, is_in_use);
}

static bool mode_is_right(const char *directory)
{
	char path[200];
	struct stat status;

	snprintf(path, sizeof(path), "%s/" CRASH_QUEUE, directory);
	if (stat(path, &status) < 0)
		return true;
	if ((status.st_mode & 07777) == 0600 || (status.st_mode & 07777) == 0640)
		return true;
	trace_complain("mode %o", status.st_mode & 07777);
	return false;
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

/* The models of the states in which there is a queue. */
static void add_candidates(const struct names_scene *scene, struct survivor *survivor)
{
	struct outcome outcome;

	for (unsigned i = scene->from; i < scene->until; i++) {
		struct model *model = &survivor->candidate[survivor->candidates];

		if (!scene->this->state[i])
			continue;
		*model = names_empty();
		for (const struct step *step = scene->this->state[i]; step->kind; step++)
			model_run(model, step, &outcome);
		survivor->candidates++;
	}
}

/* As far as the models agree about it. */
static bool descriptors_agree(const struct survivor *survivor, struct naru_queue *queue)
{
	bool some = false, none = false;

	for (unsigned i = 0; i < survivor->candidates; i++) {
		some = some || survivor->candidate[i].count > 0;
		none = none || survivor->candidate[i].count == 0;
	}
	return some == none || (polls_right(queue, NARU_READABLE, some) &&
				polls_right(queue, NARU_WRITABLE, true));
}

/* The state of the scene that has this number among those with, or without, a queue. */
static int state_of(const struct names_scene *scene, bool queue, int number)
{
	for (unsigned i = scene->from; i < scene->until; i++)
		if ((scene->this->state[i] != NULL) == queue && number-- == 0)
			return (int)i;
	trace_complain(queue ? "there is a queue" : "there is no queue");
	return SURVIVOR_FAILED;
}

/* Make it, as it is not there; then it is as good as new. */
static bool survive_without(struct survivor *survivor, struct naru_space *space)
{
	struct naru_queue_options new = names_options;
	struct naru_queue *queue;
	int r;

	new.flags = 0;
	r = naru_queue_create(space, CRASH_QUEUE, &new, &queue);
	if (r < 0) {
		trace_complain("it is not there, but create says %s", strerror(-r));
		return false;
	}
	queue = naru_queue_close(queue);
	survivor->candidate[0] = names_empty();
	survivor->candidates = 1;
	return survivor_run(survivor) == 0;
}

/* The number of the state, or SURVIVOR_FAILED. */
static int survive(const struct names_scene *scene, struct survivor *survivor,
		   struct naru_space *space)
{
	struct naru_queue *queue;
	bool fine;
	int r;

	if (!for_each_other(scene->directory, is_hidden) ||
	    !mode_is_right(scene->directory))
		return SURVIVOR_FAILED;
	r = naru_queue_open(space, CRASH_QUEUE, NULL, &queue);
	if (r == -ENOENT)
		return survive_without(survivor, space) ? state_of(scene, false, 0)
							: SURVIVOR_FAILED;
	if (r < 0) {
		trace_complain("naru_queue_open: %s", strerror(-r));
		return SURVIVOR_FAILED;
	}
	add_candidates(scene, survivor);
	fine = descriptors_agree(survivor, queue);
	queue = naru_queue_close(queue);
	if (survivor->candidates == 0)
		return state_of(scene, true, 0);
	r = fine ? survivor_run(survivor) : SURVIVOR_FAILED;
	return r == SURVIVOR_FAILED ? r : state_of(scene, true, r);
}

int names_survive(void *data)
{
	static struct survivor survivor;
	const struct names_scene *scene = data;
	struct naru_space *space;
	int found, r;

	survivor = (struct survivor){.directory = scene->directory, .mode = scene->mode};
	r = naru_space_open(scene->directory, NULL, &space);
	if (r < 0) {
		trace_complain("naru_space_open: %s", strerror(-r));
		return SURVIVOR_FAILED;
	}
	found = survive(scene, &survivor, space);
	return found != SURVIVOR_FAILED && is_clean(space, scene->directory)
		       ? found
		       : SURVIVOR_FAILED;
}
