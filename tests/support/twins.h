/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TWINS_H
#define SUPPORT_TWINS_H

/*
 * support/twins.h - the same call on the kernel and on naru: is the answer the same?
 *
 * Of a random program that several processes run, step by step.
 */

#include <stdint.h>

/* One object of the kernel's and its twin; -1: there is none. */
struct twin {
	int kernel;
	int naru;
};

enum { TWINS = 4 };

/* All processes of the program see it. */
struct twins {
	struct twin twin[TWINS];
	unsigned long compared;
	uint64_t program;
	int step;
};

extern struct twins *twins;

/* Before any other process is there. */
void twins_open(void);

/* What a system call of libc's returned, in naru's words. */
long kernel(long result);

/* Else it is told where, and the process ends. */
void same(const char *what, long of_kernel, long of_naru);

/* A second later is the same. */
void same_time(const char *what, long of_kernel, long of_naru);

#endif /* SUPPORT_TWINS_H */
