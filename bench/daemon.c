/* SPDX-License-Identifier: MIT */

#include "daemon.h"

#include "process.h"
#include "ticks.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 10000, POLL_MS = 10, END_NS = 2000000000 };

static void become(const char *const *arguments, int output)
{
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	/* Not killed with us: it has to clean up. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	bench_signals_unblock();
	execv(arguments[0], (char *const *)arguments);
	_exit(127);
}

static bool is_ready(const char *said, const char *ready)
{
	const char *line = strstr(said, ready);

	return line && strchr(line, '\n');
}

static int await_ready(struct bench_daemon *daemon, const char *ready)
{
	size_t used = 0;

	daemon->said[0] = '\0';
	while (used < sizeof(daemon->said) - 1) {
		struct pollfd one = {.fd = daemon->output, .events = POLLIN};
		ssize_t r;

		if (poll(&one, 1, READY_MS) <= 0)
			return -ETIMEDOUT;
		r = read(daemon->output, daemon->said + used,
			 sizeof(daemon->said) - 1 - used);
		if (r <= 0)
			return -ESRCH;
		used += (size_t)r;
		daemon->said[used] = '\0';
		if (is_ready(daemon->said, ready))
			return 0;
	}
	return -EBADMSG;
}

bool bench_daemon_end(const struct bench_daemon *daemon)
{
	uint64_t deadline = bench_nanoseconds(CLOCK_MONOTONIC) + END_NS;
	int status;

	kill(daemon->pid, SIGTERM);
	while (waitpid(daemon->pid, &status, WNOHANG) == 0) {
		if (bench_nanoseconds(CLOCK_MONOTONIC) > deadline)
			kill(daemon->pid, SIGKILL);
		poll(NULL, 0, POLL_MS);
	}
	close(daemon->output);
	return WIFEXITED(status);
}

int bench_daemon_start(const char *const *arguments, const char *ready,
		       struct bench_daemon *ret_daemon)
{
	int fds[2];
	int r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	ret_daemon->output = fds[0];
	ret_daemon->pid = bench_fork();
	if (ret_daemon->pid == 0)
		become(arguments, fds[1]);
	close(fds[1]);
	if (ret_daemon->pid < 0) {
		close(fds[0]);
		return (int)ret_daemon->pid;
	}
	r = await_ready(ret_daemon, ready);
	if (r < 0)
		bench_daemon_end(ret_daemon);
	return r;
}
