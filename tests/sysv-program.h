/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SYSV_PROGRAM_H
#define TESTS_SYSV_PROGRAM_H

/* sysv-program.h - what the parts of that program have in common */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The condition holds; errno is told if not. */
#define must(condition)                                                                  \
	do {                                                                             \
		if (!(condition)) {                                                      \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__,           \
				#condition, strerror(errno));                            \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)
#define fails(call, error) must((errno = 0, (long)(call) == -1 && errno == (error)))

struct letter {
	long type;
	char text[16];
};

/* Wait for the child, which must have ended well. */
void await(pid_t child);

/* sysv-program-signals.c: calls that wait, and what a handler does to them. */
void be_interrupted(void);
void fork_while_waiting(void);
void jump_out_of_a_wait(void);

#endif /* TESTS_SYSV_PROGRAM_H */
