/* SPDX-License-Identifier: MIT */

#include "roudi.h"

#include "process.h"
#include "ticks.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "/usr/bin/iox-roudi";
static const char ready[] = "ready for clients";

enum { READY_MS = 10000, POLL_MS = 10, END_NS = 2000000000 };

const char *bench_roudi_missing(void)
{
	return access(program, X_OK) == 0 ? NULL : "no iox-roudi: the package iceoryx";
}

static void become_roudi(int output)
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	/* Not killed with us: it has to clean up. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	bench_signals_unblock();
	execl(program, program, "--monitoring-mode", "off", "--log-level", "off", NULL);
	_exit(127);
}

static int await_ready(int input)
{
	char text[4096] = "";
	size_t used = 0;

	while (used < sizeof(text) - 1) {
		struct pollfd one = {.fd = input, .events = POLLIN};
		ssize_t r;

		if (poll(&one, 1, READY_MS) <= 0)
			return -ETIMEDOUT;
		r = read(input, text + used, sizeof(text) - 1 - used);
		if (r <= 0)
			return -ESRCH;
		used += (size_t)r;
		text[used] = '\0';
		if (strstr(text, ready))
			return 0;
	}
	return -EBADMSG;
}

/* Was it its own decision how it ended? */
static bool end(const struct bench_roudi *roudi)
{
	uint64_t deadline = bench_nanoseconds(CLOCK_MONOTONIC) + END_NS;
	int status;

	kill(roudi->pid, SIGTERM);
	while (waitpid(roudi->pid, &status, WNOHANG) == 0) {
		if (bench_nanoseconds(CLOCK_MONOTONIC) > deadline)
			kill(roudi->pid, SIGKILL);
		poll(NULL, 0, POLL_MS);
	}
	close(roudi->output);
	return WIFEXITED(status);
}

int bench_roudi_start(struct bench_roudi *ret_roudi)
{
	struct bench_roudi roudi;
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	roudi.output = fds[0];
	roudi.pid = bench_fork();
	if (roudi.pid == 0)
		become_roudi(fds[1]);
	close(fds[1]);
	if (roudi.pid < 0) {
		close(fds[0]);
		return (int)roudi.pid;
	}
	r = await_ready(fds[0]);
	if (r < 0)
		end(&roudi);
	else
		*ret_roudi = roudi;
	return r;
}

void bench_roudi_stop(const struct bench_roudi *roudi)
{
	struct bench_roudi next;

	/*
	 * It aborts, and leaves its memory behind, if a client of its was killed.
	 * The next one takes that over, and removes it.
	 */
	if (!end(roudi) && bench_roudi_start(&next) == 0)
		end(&next);
}
