/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_YARDSTICK_H
#define TESTS_CRASH_YARDSTICK_H

/*
 * crash-yardstick.h - what other queues make of a death at every instruction
 *
 * A report, not a test: it fails only if nothing could be measured.
 */

#include "trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum yardstick_outcome {
	YARDSTICK_OLD, /* as if the call had never been made */
	YARDSTICK_NEW, /* as if it had returned */
	YARDSTICK_DAMAGED,
	YARDSTICK_HUNG,
	YARDSTICK_OUTCOMES
};

struct yardstick {
	const char *name;
	bool (*prepare)(void *point); /* a fresh queue, in the victim */
	void (*run)(void *point);
	int (*survive)(void *point); /* one of enum yardstick_outcome, but HUNG */
	void (*clean)(void *point);  /* after the survivor */
	bool alone; /* there is only one queue: no two survivors at once */
};

/* @point: an unsigned long, which instruction it is about. */

enum { YARDSTICK_MESSAGES = 3, YARDSTICK_LENGTH = 64, YARDSTICK_LIMIT_MS = 100 };

/* 0, or 1 if the run without a death does not come out as new. */
int yardstick_measure(const struct yardstick *yardstick);

/* Bytes that tell message @serial from every other. */
void yardstick_fill(unsigned char *buffer, unsigned serial);
bool yardstick_is(const unsigned char *buffer, unsigned serial);

#ifdef __cplusplus
}
#endif

#endif /* TESTS_CRASH_YARDSTICK_H */
