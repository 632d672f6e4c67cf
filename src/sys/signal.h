/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_SIGNAL_H
#define NARU_SYS_SIGNAL_H

/* sys/signal.h - what signal handlers do to a call that sleeps */

#include <stdbool.h>
#include <stdint.h>

/* What this thread blocks: a bit for each signal, the lowest for 1. */
uint64_t nr_signal_blocked(void);

/*
 * Would a signal that is not among @blocked run a handler and then have the
 * system call begun anew (SA_RESTART)? That is what happens to futex_waitv(2); but not
 * to a FUTEX_WAIT with a timeout, see signal(7). Handlers of a thread's own faults, which
 * many programs have, do not count. Takes some microseconds.
 */
bool nr_signal_restarts(uint64_t blocked);

/* Block all signals of this thread. Returns what nr_signal_restore() needs. */
uint64_t nr_signal_block(void);
void nr_signal_restore(uint64_t mask);

#endif /* NARU_SYS_SIGNAL_H */
