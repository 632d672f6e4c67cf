/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_ACTOR_H
#define NARU_BENCH_ACTOR_H

/*
 * bench/actor.h - one process's end of a channel, and whole messages through it
 *
 * It hides what contenders differ in: waiting or trying again, and messages that
 * are too large to go in one piece. A message begins with a word that names its
 * sender and its number, and the receiver looks at that word: so one that loses,
 * doubles or reorders messages is found out.
 */

#include "role.h"

struct bench_actor {
	const struct bench_run *run;
	const struct contender *contender;
	enum bench_side side;
	unsigned index; /* among those of its side */
	void *end;
	void *memory;
	unsigned char *buffer; /* BENCH_BATCH messages if they are small, else one */
	size_t piece;	       /* bytes sent in one go */
	uint64_t sent;	       /* messages */
	uint64_t next[BENCH_PROCESSES_MAX]; /* number expected, by sender */
	uint64_t sum;
};

int bench_actor_open(struct bench_actor *actor, const struct bench_run *run,
		     enum bench_side side, unsigned index);
void bench_actor_close(struct bench_actor *actor);

/* Move up to @count messages in the workload's way; return how many. */
ssize_t bench_actor_send(struct bench_actor *actor, uint64_t count);
ssize_t bench_actor_receive(struct bench_actor *actor, uint64_t count);

#endif /* NARU_BENCH_ACTOR_H */
