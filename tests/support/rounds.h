/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ROUNDS_H
#define SUPPORT_ROUNDS_H

/*
 * support/rounds.h - a hostile test: rounds of calls, NAME [SEED [ROUNDS]]
 *
 * Each round has a room and a process of its own, so that what is broken in one is no
 * other round's.
 */

#include <support/room.h>

/* Returns the test's exit status. @rounds: if none are given. */
int rounds_play(int argc, char **argv, uint64_t rounds,
		int (*play)(struct room *room, uint64_t seed));

/* A call begins: one that does not end in 30 seconds hangs, and ends the round. */
void rounds_call(void);
/* There are no more. */
void rounds_end_calls(void);

/*
 * @count calls of @call, while @strike spoils what they work on: with an even seed
 * between them, which repeats exactly; with an odd one in another process, during them.
 */
void rounds_spoil(void (*strike)(void *data), void (*call)(void *data), void *data,
		  int count, uint64_t *seed);

/* To be talked into a huge file is a failure: SIGXFSZ ends the round. */
void rounds_limit_files(void);

#endif /* SUPPORT_ROUNDS_H */
