/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_DAEMON_H
#define NARU_BENCH_DAEMON_H

/* bench/daemon.h - a program that a contender needs, for as long as a run takes */

#include <stdbool.h>
#include <sys/types.h>

struct bench_daemon {
	pid_t pid;
	int output; /* a pipe from it, open as long as it runs: it prints when it ends */
	char said[4096];
};

/*
 * Start it, and wait until it has said a line with @ready in it. @arguments: of
 * execv(3), the first is its path. -ESRCH: it ended; -ETIMEDOUT.
 */
int bench_daemon_start(const char *const *arguments, const char *ready,
		       struct bench_daemon *ret_daemon);

/* Ask it to end, and wait until it has. Was it its own decision how it ended? */
bool bench_daemon_end(const struct bench_daemon *daemon);

#endif /* NARU_BENCH_DAEMON_H */
