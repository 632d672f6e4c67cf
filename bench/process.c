/* SPDX-License-Identifier: MIT */

#include "process.h"

#include "ticks.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const sigset_t *watched(void)
{
	static sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return &set;
}

int bench_signals_block(void)
{
	/* Who writes to a socket whose reader failed shall see EPIPE. */
	signal(SIGPIPE, SIG_IGN);
	return sigprocmask(SIG_BLOCK, watched(), NULL) < 0 ? -errno : 0;
}

void bench_signals_unblock(void)
{
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, watched(), NULL);
}

pid_t bench_fork(void)
{
	pid_t parent = getpid();
	pid_t pid;

	/* What is in a buffer now, the child would print again. */
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

static void kill_all(pid_t *children, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (children[i] > 0)
			kill(children[i], SIGKILL);
	for (unsigned i = 0; i < count; i++)
		if (children[i] > 0)
			waitpid(children[i], NULL, 0);
}

/* How many still run; -ECHILD if one failed. */
static int collect(pid_t *children, unsigned count)
{
	int running = 0;

	for (unsigned i = 0; i < count; i++) {
		int status;

		if (children[i] <= 0)
			continue;
		if (waitpid(children[i], &status, WNOHANG) == 0) {
			running++;
			continue;
		}
		children[i] = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			return -ECHILD;
	}
	return running;
}

static int wait_for_signal(uint64_t deadline)
{
	uint64_t now = bench_nanoseconds(CLOCK_MONOTONIC);
	uint64_t left = now < deadline ? deadline - now : 0;
	struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000),
				   .tv_nsec = (long)(left % 1000000000)};
	int number = sigtimedwait(watched(), NULL, &timeout);

	if (number < 0)
		return errno == EAGAIN ? -ETIMEDOUT : 0;
	return number == SIGCHLD ? 0 : -EINTR;
}

int bench_wait(pid_t *children, unsigned count, uint64_t timeout_ns)
{
	uint64_t deadline = bench_nanoseconds(CLOCK_MONOTONIC) + timeout_ns;
	int r;

	while ((r = collect(children, count)) > 0) {
		r = wait_for_signal(deadline);
		if (r < 0)
			break;
	}
	if (r < 0)
		kill_all(children, count);
	return r;
}

int bench_interrupted(void)
{
	static const struct timespec now = {0};
	int number;

	while ((number = sigtimedwait(watched(), NULL, &now)) > 0)
		if (number != SIGCHLD)
			return -EINTR;
	return 0;
}
