/* SPDX-License-Identifier: MIT */
#ifndef NARU_TESTS_ASLEEP_H
#define NARU_TESTS_ASLEEP_H

#include <stdbool.h>
#include <sys/types.h>

/* Is the process, or thread, asleep in a call of naru's that waits, or the kernel's? */
bool asleep(pid_t pid);

/* Is it asleep in futex_waitv(2), so that it watches the others (space/members.h)? */
bool watches(pid_t pid);

#endif /* NARU_TESTS_ASLEEP_H */
