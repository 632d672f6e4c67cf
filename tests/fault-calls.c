/* SPDX-License-Identifier: MIT */

/*
 * Let the n-th system call of each operation fail, for n = 1, 2, ... until none does.
 *
 * The operation must say so, or do without; it must leave neither descriptors nor
 * mappings nor half-made names behind; the same operation must work right after. The
 * second round lets all calls of that kind fail from the n-th on, so that what is
 * done in place of the call that failed fails, too.
 */

#include "fault.h"
#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum { ERRORS = 8, REPORTS = 6, LIMIT_S = 20 };

/* Not an error: it moves less than it was asked to. */
#define SHORT (-1)

static const struct {
	long call;
	int error[ERRORS];
} plausible[] = {
	{SYS_openat, {EMFILE, ENFILE, ENOMEM, EACCES, ENOSPC, EINTR}},
	{SYS_fallocate, {ENOSPC, EINTR, EOPNOTSUPP}},
	{SYS_ftruncate, {ENOSPC, EINTR}},
	{SYS_mmap, {ENOMEM}},
	{SYS_madvise, {ENOMEM}},
	{SYS_mremap, {ENOMEM}},
	{SYS_clone, {EAGAIN, ENOMEM}},
	{SYS_fcntl, {ENOLCK, EINTR, ENOMEM, EMFILE, EAGAIN}},
	{SYS_futex, {EINTR, EAGAIN, ENOMEM}},
	{SYS_linkat, {ENOSPC, EACCES, ENOENT, EOPNOTSUPP}},
	{SYS_unlinkat, {EACCES, EPERM}},
	{SYS_mkdirat, {ENOSPC, EACCES}},
	{SYS_mknodat, {ENOSPC, EACCES, EPERM}},
	{SYS_fchmod, {EPERM}},
	{SYS_fchown, {EPERM}},
	{SYS_newfstatat, {ENOMEM, EACCES}},
	{SYS_read, {EINTR, EIO}},
	{SYS_write, {EINTR, ENOSPC, EAGAIN}},
	{SYS_pread64, {EINTR, EIO}},
	{SYS_pwrite64, {EINTR, ENOSPC}},
	{SYS_prlimit64, {ENOSYS}},
	{SYS_getdents64, {EINTR, EIO}},
	{SYS_readlinkat, {ENOENT, EACCES}},
	{SYS_fstatfs, {EINTR, ENOSYS}},
	{SYS_getrandom, {EINTR, ENOSYS}},
	{SYS_socket, {EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES}},
	{SYS_connect,
	 {ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EADDRNOTAVAIL, EINPROGRESS, EACCES,
	  EINTR}},
	{SYS_sendto,
	 {ECONNRESET, EPIPE, ETIMEDOUT, ENOMEM, ENOBUFS, EAGAIN, EINTR, SHORT}},
	{SYS_sendmsg,
	 {ECONNRESET, EPIPE, ETIMEDOUT, ENOMEM, ENOBUFS, EAGAIN, EINTR, SHORT}},
	{SYS_recvfrom,
	 {ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOMEM, EAGAIN, EINTR, SHORT}},
	{SYS_recvmsg, {ECONNRESET, ENOMEM, EAGAIN, EINTR, SHORT}},
	{SYS_ppoll, {EINTR, ENOMEM}},
#ifdef __x86_64__
	{SYS_open, {EMFILE, ENOMEM, EACCES, EINTR}},
	{SYS_mkdir, {ENOSPC, EACCES}},
	{SYS_mknod, {ENOSPC, EACCES}},
	{SYS_unlink, {EACCES}},
	{SYS_link, {ENOSPC, EACCES}},
#endif
	/* These do what they are for, whatever they return, or cannot fail. */
	{SYS_fstat, {0}},
	{SYS_close, {0}},
	{SYS_munmap, {0}},
	{SYS_brk, {0}},
	{SYS_wait4, {0}},
	{SYS_getpid, {0}},
	{SYS_gettid, {0}},
	{SYS_geteuid, {0}},
	{SYS_getuid, {0}},
	{SYS_sched_yield, {0}},
};

static const int unknown_call[ERRORS] = {ENOMEM, EINTR};

static const struct fault_case *this;
static unsigned descriptors, mappings, names;

static unsigned count_descriptors(void)
{
	DIR *files = opendir("/proc/self/fd");
	unsigned count = 0;

	while (files && readdir(files))
		count++;
	if (files)
		closedir(files);
	return count;
}

/* Of files; what malloc() does is its own business. */
static unsigned count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[600];
	unsigned count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, fault_path) != NULL;
	if (file)
		fclose(file);
	return count;
}

static bool leaks(const char *when)
{
	unsigned now = count_descriptors(), maps = count_mappings();

	if (now != descriptors)
		trace_complain("%s: %u descriptors, %u before", when, now, descriptors);
	else if (maps != mappings)
		trace_complain("%s: %u mappings, %u before", when, maps, mappings);
	return now != descriptors || maps != mappings;
}

/* Of objects, and of files that are to become one. */
static unsigned count_names(void)
{
	DIR *files = opendir(fault_path);
	struct dirent *entry;
	unsigned count = 0;

	while (files && (entry = readdir(files)))
		count +=
			entry->d_name[0] != '.' || strncmp(entry->d_name, ".new", 4) == 0;
	if (files)
		closedir(files);
	return count;
}

static bool names_are_whole(void)
{
	unsigned now = count_names();

	if (now != names)
		trace_complain("%u names, %u before", now, names);
	return now == names;
}

/* After a run that returned @r. */
static void clear(long r)
{
	if (r >= 0)
		this->undo();
	fault_sweep(this);
}

static bool prepare(void *data)
{
	const struct itimerval limit = {.it_value = {.tv_sec = LIMIT_S}};
	long r;

	(void)data;
	setitimer(ITIMER_REAL, &limit, NULL);
	if (!this->prepare())
		return false;
	/* Once beforehand: what is made at the first time and kept is no leak. */
	r = this->run();
	clear(r);
	descriptors = count_descriptors();
	mappings = count_mappings();
	names = count_names();
	trace_page->progress = (unsigned)-r;
	return true;
}

static void run(void *data)
{
	(void)data;
	trace_page->result = this->run();
}

/* In the victim, when it is no longer traced: is all well? */
static void after(void *data)
{
	long usual = -(long)(int)trace_page->progress, r = trace_page->result;

	(void)data;
	if (r < -4095)
		trace_complain("it returned %ld", r);
	if (r != usual && (r == -EBADMSG || r == -EIDRM || r == -EINVAL || r == -EFAULT))
		trace_complain("it said: %s", strerror((int)-r));
	clear(r);
	if (!names_are_whole() || leaks("afterwards"))
		_exit(1);
	r = this->run();
	if (r != usual)
		trace_complain("the next call returned %ld, not %ld", r, usual);
	clear(r);
	if (!names_are_whole() || leaks("after the next call") || trace_page->text[0])
		_exit(1);
}

static const int *errors_of(long call)
{
	for (unsigned i = 0; i < sizeof(plausible) / sizeof(plausible[0]); i++)
		if (plausible[i].call == call)
			return plausible[i].error;
	return unknown_call;
}

/* Would it make sense that all these calls fail from now on? */
static bool can_persist(long call, int error)
{
	switch (error) {
	case EINTR:
	case EAGAIN:
	case ECONNRESET:
	case EPIPE:
	case ETIMEDOUT:
	case EHOSTUNREACH:
		return false;
	default:
		return call != SYS_newfstatat;
	}
}

static void inject(struct trace *trace, int error)
{
	if (error == SHORT)
		trace_shorten(trace);
	else
		trace_fail(trace, error);
}

/*
 * Let call number @n fail with the @which-th of its errors, and with @all those that
 * follow. -1: there is no such call; 0: there is no such error; 1: it was done.
 */
static int fail(unsigned n, unsigned which, bool all, unsigned *failures)
{
	const struct trace_victim victim = {prepare, run, after, NULL};
	struct trace trace;
	long call = 0;
	int error = 0, status;

	trace_clear(trace_directory());
	if (!trace_start(&trace, &victim)) {
		printf("  %s: %s\n", this->name, trace_page->text);
		++*failures;
		return -1;
	}
	for (unsigned i = 0; i < n && call >= 0; i++)
		call = trace_call(&trace);
	if (call >= 0)
		error = errors_of(call)[which];
	if (call < 0 || error == 0 || (all && !can_persist(call, error))) {
		trace_kill(&trace);
		return call < 0 ? -1 : error != 0;
	}
	inject(&trace, error);
	while (all) {
		long next = trace_call(&trace);

		if (next < 0)
			break;
		if (next == call)
			inject(&trace, error);
	}
	status = trace_finish(&trace);
	if (status != 0 && ++*failures < REPORTS)
		printf("  %s: call %u (number %ld) %s %s, returned %ld: %s\n", this->name,
		       n, call, all ? "and those after it:" : "says",
		       error == SHORT ? "less" : strerror(error), trace_page->result,
		       trace_page->text);
	return 1;
}

/* Returns how often it went wrong. */
static unsigned try_case(const struct fault_case *one)
{
	unsigned n = 1, faults = 0, failures = 0;
	int done = 0;

	this = one;
	for (; done >= 0; n++) {
		done = 1;
		for (unsigned which = 0; which < ERRORS && done > 0; which++) {
			done = fail(n, which, false, &failures);
			if (done > 0)
				done = fail(n, which, true, &failures);
			faults += done > 0;
		}
	}
	printf("%s: %u calls, %u faults%s\n", this->name, n - 2, faults,
	       failures ? "; FAILED" : "");
	return failures;
}

static unsigned try_cases(const struct fault_case *cases, const char *wanted)
{
	unsigned failures = 0;

	for (; cases->name; cases++)
		if (strncmp(cases->name, wanted, strlen(wanted)) == 0)
			failures += try_case(cases);
	return failures;
}

int main(int count, char **arguments)
{
	const char *wanted = count > 1 ? arguments[1] : "";
	unsigned failures = 0;

	trace_begin();
	snprintf(fault_path, sizeof(fault_path), "%s/space", trace_directory());
	for (unsigned i = 0; fault_lists[i]; i++)
		failures += try_cases(fault_lists[i], wanted);
	return failures > 0;
}
