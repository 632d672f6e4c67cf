/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_SYSV_H
#define TESTS_CRASH_SYSV_H

/* crash-sysv.h - the calls on System V queues and segments in which a process dies */

#include <stdbool.h>

enum { SURVIVOR_FAILED = 2 };

struct sysv_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	int (*survive)(void *data); /* 0: not done, 1: done */
	bool sleeper;		    /* sysv_sleep() is asleep */
};

extern const struct sysv_case sysv_cases[];
extern const unsigned sysv_cases_count;

/* Where all of it happens. */
extern const char *sysv_space_path;

/* Waits for what never comes, until the queue is removed. */
int sysv_sleep(void *data);

#endif /* TESTS_CRASH_SYSV_H */
