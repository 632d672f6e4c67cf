/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_PROC_H
#define NARU_SYSV_PROC_H

/* sysv/proc.h - /proc/sysvipc/msg, sem and shm, as ipcs(1) and lsipc(1) read them */

#include <stdbool.h>

bool nr_proc_is_ours(const char *path);

/* A descriptor with the text of that file. @cloexec as of O_CLOEXEC. */
int nr_proc_open(const char *path, bool cloexec);

#endif /* NARU_SYSV_PROC_H */
