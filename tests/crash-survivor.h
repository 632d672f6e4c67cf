/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_SURVIVOR_H
#define TESTS_CRASH_SURVIVOR_H

/*
 * crash-survivor.h - what a process finds that comes after a death
 *
 * There are a few states that the queue may be in, told by models: the one before
 * the call that was cut short and the one after it. The survivor opens the queue
 * and uses it until nothing of the past is left in it, in one of several ways.
 * Each result must be the one that some model gives, and the same model all the
 * way. Then all of the capacity must be there, and the next 100 calls must work.
 */

#include "crash-model.h"

enum {
	SURVIVOR_MODES = 9,
	SURVIVOR_CANDIDATES = 48,
	SURVIVOR_FAILED = 100,
	SURVIVOR_LIMIT_MS = 20000,
};

struct survivor {
	const char *directory;
	unsigned mode;	  /* below SURVIVOR_MODES */
	struct step once; /* to be done again; kind 0: nothing */
	uint32_t seed;
	unsigned candidates;
	struct model candidate[SURVIVOR_CANDIDATES];
};

/*
 * In a process of its own, see trace_survive(). Returns the number of the first
 * candidate that it found, or SURVIVOR_FAILED, and says why in trace_page->text.
 */
int survivor_run(void *survivor);

/* For naru_space_check(): a warning or worse is something to complain of. */
void survivor_tell(void *data, const struct naru_finding *finding);

#endif /* TESTS_CRASH_SURVIVOR_H */
