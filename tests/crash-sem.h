/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_SEM_H
#define TESTS_CRASH_SEM_H

/* crash-sem.h - calls on a set of semaphores in which a process dies */

#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sysv/set.h>

enum { SEM_SEMAPHORES = 4, SEM_SPARE = 3, SEM_OTHERS = 2, SEM_OPERATIONS = 8 };

/* Ended by flags < 0. */
#define SEM_END                                                                          \
	{                                                                                \
		0, 0, -1                                                                 \
	}

/* What one may find; of the others, which have come back from their call. */
struct sem_state {
	int value[SEM_SPARE];
	unsigned done;
};

struct sem_case {
	const char *name;
	int start[SEM_SPARE];
	/* Has done that, and lives: an owner of SEM_UNDO. */
	struct nr_operation_shared holder[SEM_OPERATIONS + 1];
	bool holder_dies; /* before the victim's call; else after its death */
	/* These sleep. */
	struct nr_operation_shared other[SEM_OTHERS][SEM_OPERATIONS + 1];
	int others;
	/* What the victim does. */
	struct nr_operation_shared before[SEM_OPERATIONS + 1];
	struct nr_operation_shared victim[SEM_OPERATIONS + 1];
	int (*call)(struct nr_set *set); /* instead of operations */
	bool cold;			 /* it is the first one that it makes */
	bool timed;			 /* it sleeps for a moment, and gives up */
	bool raised; /* once it sleeps, semaphore 0 is raised by another one */
	bool slept;  /* somebody who lives has slept in its place, for the same */
	struct sem_state old, new;
};

extern const struct sem_case sem_cases[];
extern const unsigned sem_cases_count;

static inline uint32_t sem_count(const struct nr_operation_shared *operation)
{
	uint32_t count = 0;

	while (count < SEM_OPERATIONS && operation[count].flags >= 0)
		count++;
	return count;
}

#endif /* TESTS_CRASH_SEM_H */
