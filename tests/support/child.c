/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <support/child.h>
#include <support/must.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(int (*body)(void *data), void *data)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	must(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(body(data));
	}
	return child;
}

int child_await(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		must(errno == EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int child_await_all(int count)
{
	int status = 0;

	for (int i = 0; i < count && status == 0; i++)
		status = child_await(-1);
	return status;
}

int child_run(int (*body)(void *data), void *data)
{
	return child_await(child_start(body, data));
}

void child_kill(pid_t child)
{
	must(kill(child, SIGKILL) == 0);
	child_await(child);
}
