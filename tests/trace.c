/* SPDX-License-Identifier: MIT */

/* trace.c - ptrace(2), and the processes that are killed and that survive */

#include "trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct trace_page *trace_page;

static char directory[64];
static pid_t directory_owner;

static void fatal(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

void trace_begin(void)
{
	void *page = mmap(NULL, sizeof(*trace_page), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cpu_set_t core;

	if (page == MAP_FAILED)
		fatal("mmap");
	trace_page = page;
	/* Tracer and victim take turns: on one core that costs a quarter. */
	CPU_ZERO(&core);
	CPU_SET((size_t)sched_getcpu(), &core);
	sched_setaffinity(0, sizeof(core), &core);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void trace_complain(const char *format, ...)
{
	va_list arguments;

	if (trace_page->text[0])
		return;
	va_start(arguments, format);
	vsnprintf(trace_page->text, sizeof(trace_page->text), format, arguments);
	va_end(arguments);
}

static void be_victim(const struct trace_victim *victim)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (victim->prepare && !victim->prepare(victim->data))
		_exit(1);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(77);
	syscall(SYS_kill, getpid(), SIGSTOP);
	trace_page->started = 1;
	victim->run(victim->data);
	trace_page->ended = 1;
	if (victim->after)
		victim->after(victim->data);
	_exit(0);
}

bool trace_start(struct trace *trace, const struct trace_victim *victim)
{
	int status;

	*trace = (struct trace){.page = trace_page};
	trace_page->started = trace_page->ended = 0;
	trace_page->progress = 0;
	trace_page->text[0] = 0;
	trace->pid = fork();
	if (trace->pid < 0)
		fatal("fork");
	if (trace->pid == 0)
		be_victim(victim);
	if (waitpid(trace->pid, &status, 0) < 0)
		fatal("waitpid");
	if (!WIFSTOPPED(status)) {
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
			printf("ptrace is not permitted here: skipped\n");
			exit(77);
		}
		trace_complain("the preparation ended with status %#x", status);
		trace->pid = 0;
		return false;
	}
	if (ptrace(PTRACE_SETOPTIONS, trace->pid, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0)
		fatal("ptrace");
	while (!trace_page->started)
		if (!trace_step(trace))
			return false;
	trace->steps = 0;
	return true;
}

void trace_step_unwatched(struct trace *trace)
{
	if (ptrace(PTRACE_SINGLESTEP, trace->pid, NULL, NULL) < 0)
		fatal("ptrace");
}

bool trace_step_done(struct trace *trace, bool wait)
{
	int status;
	pid_t pid = waitpid(trace->pid, &status, wait ? 0 : WNOHANG);

	if (pid < 0)
		fatal("waitpid");
	if (pid == 0)
		return false;
	trace->steps++;
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP)
		return true;
	trace_complain("the victim got signal %d at step %lu, place %#lx",
		       WIFSTOPPED(status) ? WSTOPSIG(status) : -1, trace->steps,
		       WIFSTOPPED(status) ? (unsigned long)trace_place(trace) : 0);
	if (!WIFSTOPPED(status))
		trace->pid = 0;
	return false;
}

bool trace_step(struct trace *trace)
{
	trace_step_unwatched(trace);
	return trace_step_done(trace, true) && !trace_page->ended;
}

void trace_kill(struct trace *trace)
{
	if (trace->pid <= 0)
		return;
	kill(trace->pid, SIGKILL);
	while (waitpid(trace->pid, NULL, 0) < 0 && errno == EINTR)
		;
	trace->pid = 0;
}

#ifdef __x86_64__
static struct user_regs_struct registers_of(const struct trace *trace)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, trace->pid, NULL, &registers) < 0)
		fatal("ptrace");
	return registers;
}

uint64_t trace_place(const struct trace *trace)
{
	return trace->pid > 0 ? registers_of(trace).rip : 0;
}

bool trace_at_call(const struct trace *trace)
{
	unsigned long place = registers_of(trace).rip;

	return (ptrace(PTRACE_PEEKTEXT, trace->pid, (void *)place, NULL) & 0xffff) ==
	       0x050f;
}

long trace_number(const struct trace *trace)
{
	return (long)registers_of(trace).rax;
}

long trace_result(const struct trace *trace)
{
	return (long)registers_of(trace).rax;
}

static bool to_call_stop(struct trace *trace)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, trace->pid, NULL, NULL) < 0)
		fatal("ptrace");
	if (waitpid(trace->pid, &status, 0) < 0)
		fatal("waitpid");
	if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80))
		return true;
	trace_complain("the victim ended in the middle, status %#x", status);
	if (!WIFSTOPPED(status))
		trace->pid = 0;
	return false;
}

long trace_call(struct trace *trace)
{
	if (trace->counted && !to_call_stop(trace))
		return -1;
	trace->counted = false;
	if (!to_call_stop(trace))
		return -1;
	trace->counted = true;
	trace->steps++;
	return trace_page->ended ? -1 : (long)registers_of(trace).orig_rax;
}

bool trace_return(struct trace *trace)
{
	trace->counted = false;
	return to_call_stop(trace);
}

void trace_fail(struct trace *trace, int error)
{
	struct user_regs_struct registers = registers_of(trace);

	registers.orig_rax = (unsigned long long)-1;
	if (ptrace(PTRACE_SETREGS, trace->pid, NULL, &registers) < 0)
		fatal("ptrace");
	if (!trace_return(trace))
		return;
	registers = registers_of(trace);
	registers.rax = (unsigned long long)-error;
	if (ptrace(PTRACE_SETREGS, trace->pid, NULL, &registers) < 0)
		fatal("ptrace");
}
#else
uint64_t trace_place(const struct trace *trace)
{
	(void)trace;
	return 0;
}

bool trace_at_call(const struct trace *trace)
{
	(void)trace;
	return false;
}

long trace_number(const struct trace *trace)
{
	(void)trace;
	return -1;
}

long trace_result(const struct trace *trace)
{
	(void)trace;
	return -1;
}

long trace_call(struct trace *trace)
{
	(void)trace;
	return -1;
}

bool trace_return(struct trace *trace)
{
	(void)trace;
	return false;
}

void trace_fail(struct trace *trace, int error)
{
	(void)trace;
	(void)error;
}
#endif

int trace_finish(struct trace *trace)
{
	int status;

	if (trace->pid <= 0)
		return -1;
	if (ptrace(PTRACE_DETACH, trace->pid, NULL, NULL) < 0)
		fatal("ptrace");
	if (waitpid(trace->pid, &status, 0) < 0)
		fatal("waitpid");
	trace->pid = 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	trace_complain("ended by signal %d", WTERMSIG(status));
	return -1;
}

pid_t trace_survive_start(int (*survive)(void *data), void *data, unsigned limit_ms)
{
	struct itimerval limit = {
		.it_value = {.tv_sec = limit_ms / 1000,
			     .tv_usec = (suseconds_t)(limit_ms % 1000) * 1000},
	};
	pid_t pid = fork();

	if (pid < 0)
		fatal("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setitimer(ITIMER_REAL, &limit, NULL);
		_exit(survive(data));
	}
	return pid;
}

int trace_survive_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal("waitpid");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGALRM)
		trace_complain("the survivor hung");
	else
		trace_complain("the survivor got signal %d", WTERMSIG(status));
	return -1;
}

int trace_survive(int (*survive)(void *data), void *data, unsigned limit_ms)
{
	return trace_survive_wait(trace_survive_start(survive, data, limit_ms));
}

unsigned trace_option(const char *name, unsigned fallback)
{
	const char *value = getenv(name);

	return value && *value ? (unsigned)strtoul(value, NULL, 10) : fallback;
}

void trace_clear(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *files = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (files && (entry = readdir(files))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0 || errno != EISDIR)
			continue;

		char below[PATH_MAX];

		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		trace_clear(below);
		rmdir(below);
	}
	if (files)
		closedir(files);
}

static void remove_directory(void)
{
	if (getpid() != directory_owner)
		return;
	trace_clear(directory);
	rmdir(directory);
}

static void remove_and_die(int signal)
{
	remove_directory();
	_exit(128 + signal);
}

const char *trace_directory(void)
{
	if (directory[0])
		return directory;
	strcpy(directory, "/dev/shm/naru-crash-XXXXXX");
	if (!mkdtemp(directory)) {
		strcpy(directory, "/tmp/naru-crash-XXXXXX");
		if (!mkdtemp(directory))
			fatal("mkdtemp");
	}
	directory_owner = getpid();
	atexit(remove_directory);
	signal(SIGINT, remove_and_die);
	signal(SIGTERM, remove_and_die);
	return directory;
}
