/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_MEMFD_H
#define NARU_SYS_MEMFD_H

/* sys/memfd.h - a file without a name; memfd_create(2) */

#include <stdbool.h>

/* A descriptor, the lowest that is free. */
int nr_memfd_open(const char *name, bool cloexec);

/* lseek(2), from the beginning; of any file. */
int nr_file_seek(int fd, long offset);

#endif /* NARU_SYS_MEMFD_H */
