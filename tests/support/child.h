/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

/* support/child.h - run something in a child process */

#include <sys/types.h>

/* Meson's word for a test that could not be run here. */
#define CHILD_SKIPPED 77

/* Fork; the child ends with what @body returns as its exit status. */
pid_t child_start(int (*body)(void *data), void *data);

/* Wait for it. Its exit status, or 128 + the signal that ended it. */
int child_await(pid_t child);

/* Wait for @count children; 0, or the status of the first that ended with another. */
int child_await_all(int count);

/* Start and await. */
int child_run(int (*body)(void *data), void *data);

/* SIGKILL it and wait until it is gone. */
void child_kill(pid_t child);

#endif /* SUPPORT_CHILD_H */
