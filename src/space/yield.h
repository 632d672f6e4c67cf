/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_YIELD_H
#define NARU_SPACE_YIELD_H

/*
 * space/yield.h - give up the CPU to the process that we wait for, which runs on it too
 *
 * sched_yield(2) is one switch, where to sleep and to be woken is a system call more on
 * either side. But it lets anybody run: with a third process that computes, the two who
 * only want to take turns wait for its time slice, milliseconds, at each turn; a sleeper
 * that is woken comes first. So who has been away for long, twice within few turns, does
 * without until far longer than that has passed.
 */

#include <stdatomic.h>
#include <stdint.h>

/* Begins with zeros. Only hints, so an update that another thread loses does not matter.
 */
struct nr_yield {
	_Atomic uint32_t late;	     /* not 0: one took long, not many turns ago */
	_Atomic uint64_t not_before; /* CLOCK_MONOTONIC, ns */
};

/* Perhaps. */
void nr_yield(struct nr_yield *yield);

#endif /* NARU_SPACE_YIELD_H */
