/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_NAP_H
#define NARU_SYS_NAP_H

/*
 * sys/nap.h - sleep in several naps, and miss no signal handler
 *
 * A wait that looks around now and then must end when a handler has run, in whichever
 * moment: while it looks around, or just when a nap is over (for a program that has
 * called alarm(2) and a nap that lasts a second that is the same moment). So between the
 * naps all signals are blocked, and a nap finds out whether a handler has run in it: the
 * kernel has put a frame for it on the stack then, where there was a mark.
 *
 * Not found out: handlers on a stack of their own (SA_ONSTACK) that run in the moment in
 * which a nap begins or ends, and such moments on machines other than x86-64 and aarch64.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one wait. All zero at first; between the first nap and nr_naps_end() no handler
 * runs.
 */
struct nr_naps {
	bool held; /* signals are blocked */
	bool interrupted;
	uint64_t mask; /* what else would be blocked */
};

/* A word to sleep on, and what it holds. */
struct nr_futex_word {
	_Atomic uint32_t *word;
	uint32_t expected;
};

enum { NR_FUTEX_WORDS = 128 };

/*
 * Sleep while each of @count (at most NR_FUTEX_WORDS) words holds what it did, until
 * CLOCK_MONOTONIC shows @until_ns.
 *
 * >= 0		one of them was woken: which; or the only one holds something else
 * -EAGAIN	one of several holds something else
 * -ETIMEDOUT	the time came
 * -EINTR	a signal handler has run since the first nap began. Who was woken learns
 *		that first, and this the next time.
 * -ENOSYS	several, and the kernel cannot do it (it came with Linux 5.16)
 */
int nr_nap(struct nr_naps *naps, const struct nr_futex_word *words, uint32_t count,
	   uint64_t until_ns);

/* Signals as before. */
void nr_naps_end(struct nr_naps *naps);

/* What this thread blocks but for us. */
uint64_t nr_naps_mask(const struct nr_naps *naps);

#endif /* NARU_SYS_NAP_H */
