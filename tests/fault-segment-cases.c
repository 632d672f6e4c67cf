/* SPDX-License-Identifier: MIT */

/* fault-segment-cases.c - calls on segments, and how to undo them */

#include "fault.h"
#include "trace.h"

#include <errno.h>
#include <naru/segment.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHORT_MS = 15 };

static struct naru_space *space;
static struct naru_segment *segment, *other;
static void *bytes;
static uint64_t length;

static struct naru_segment_options small(uint32_t flags)
{
	return (struct naru_segment_options){.size = sizeof(struct naru_segment_options),
					     .flags = flags,
					     .mode = 0640,
					     .length = 4096};
}

static bool prepare_space(void)
{
	return mkdir(fault_path, 0700) == 0 &&
	       naru_space_open(fault_path, NULL, &space) == 0;
}

/* A segment "q": that is the name that may be there. */
static bool prepare_segment(void)
{
	struct naru_segment_options options = small(0);

	length = options.length;
	return prepare_space() && naru_segment_create(space, "q", &options, &other) == 0;
}

static bool prepare_attached(void)
{
	return prepare_segment() &&
	       naru_segment_attach(other, NULL, 0, &bytes, NULL) == 0;
}

/* The tracer takes every signal for the end, a child's death as well. */
static bool prepare_fork(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	return sigprocmask(SIG_BLOCK, &signals, NULL) == 0 && prepare_attached();
}

static bool prepare_locked(void)
{
	return prepare_segment() && naru_segment_lock(other, 0) == 0;
}

static long create(void)
{
	struct naru_segment_options options = small(0);

	return naru_segment_create(space, "new", &options, &segment);
}

static long open_or_create(void)
{
	struct naru_segment_options options = small(NARU_CREATE);

	return naru_segment_open(space, "new", &options, &segment);
}

static void remove_new(void)
{
	segment = naru_segment_close(segment);
	naru_segment_remove(space, "new");
}

static long open_segment(void)
{
	return naru_segment_open(space, "q", NULL, &segment);
}

static void close_segment(void)
{
	segment = naru_segment_close(segment);
}

static long remove_segment(void)
{
	return naru_segment_remove(space, "q");
}

static void create_again(void)
{
	struct naru_segment_options options = small(0);

	other = naru_segment_close(other);
	naru_segment_create(space, "q", &options, &other);
}

static long attach(void)
{
	return naru_segment_attach(other, NULL, 0, &bytes, NULL);
}

static long attach_read_only(void)
{
	return naru_segment_attach(other, NULL, NARU_READ_ONLY, &bytes, NULL);
}

static void detach(void)
{
	naru_segment_detach(bytes);
}

/* Never fails, whatever goes wrong within. */
static long detach_first(void)
{
	return naru_segment_detach(bytes);
}

static void attach_again(void)
{
	naru_segment_attach(other, NULL, 0, &bytes, NULL);
}

static long grow(void)
{
	struct naru_segment_options options = small(0);
	int r;

	options.length = 2 * length;
	r = naru_segment_set(other, &options);
	if (r >= 0)
		length *= 2;
	return r;
}

static void nothing(void)
{
}

static long stat_segment(void)
{
	struct naru_segment_stat stat = {.size = sizeof(stat)};
	int r = naru_segment_stat(other, &stat);

	return r < 0 ? r : (long)stat.attachments;
}

static long lock(void)
{
	return naru_segment_lock(other, 0);
}

static void unlock(void)
{
	naru_segment_unlock(other);
}

static long lock_waiting(void)
{
	return naru_segment_lock(other, SHORT_MS);
}

static long wait_for_bell(void)
{
	return naru_segment_wait(other, naru_segment_events(other), SHORT_MS);
}

static long fork_attached(void)
{
	int saved = errno, status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(naru_segment_detach(bytes) == 0 ? 0 : 1);
	if (child < 0) {
		child = -errno;
		errno = saved;
		return child;
	}
	while (waitpid(child, &status, 0) < 0)
		;
	return status;
}

static void ignore(void *data, const struct naru_finding *finding)
{
	(void)data;
	(void)finding;
}

static long check(void)
{
	return naru_space_check(space, NARU_CHECK_REPAIR, ignore, NULL);
}

const struct fault_case fault_segment_cases[] = {
	{"segment: create", prepare_space, create, remove_new},
	{"segment: open", prepare_segment, open_segment, close_segment},
	{"segment: open or create", prepare_space, open_or_create, remove_new},
	{"segment: remove", prepare_segment, remove_segment, create_again},
	{"segment: attach", prepare_segment, attach, detach},
	{"segment: attach read-only", prepare_segment, attach_read_only, detach},
	{"segment: detach", prepare_attached, detach_first, attach_again},
	{"segment: grow", prepare_segment, grow, nothing},
	{"segment: stat", prepare_attached, stat_segment, nothing},
	{"segment: lock", prepare_segment, lock, unlock},
	{"segment: lock, waiting", prepare_locked, lock_waiting, nothing},
	{"segment: wait", prepare_segment, wait_for_bell, nothing},
	{"segment: fork", prepare_fork, fork_attached, nothing},
	{"segment: check", prepare_segment, check, nothing},
	{0},
};
