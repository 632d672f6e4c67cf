/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_PROC_H
#define NARU_SYSV_PROC_H

/* sysv/proc.h - /proc/sysvipc/msg, sem and shm, as ipcs(1) and lsipc(1) read them */

#include <stdbool.h>

/* Which of them @path is, from @directory as openat(2) has it; -1: none. */
int nr_proc_find(int directory, const char *path);

/* A descriptor with the text of that one. @cloexec as of O_CLOEXEC. */
int nr_proc_open(int which, bool cloexec);

#endif /* NARU_SYSV_PROC_H */
