/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_FUTEX_H
#define NARU_SYS_FUTEX_H

/* sys/futex.h - wait for a word of shared memory to change; futex(2) */

#include <stdatomic.h>
#include <stdint.h>

/*
 * Sleep while *word is @expected, until CLOCK_MONOTONIC shows @until_ns.
 *
 * 0		woken, or *word was not @expected
 * -ETIMEDOUT	the time came
 * -EINTR	a signal handler ran
 */
int nr_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns);

/* Wake up to @count sleepers; returns how many. Works across processes. */
int nr_futex_wake(_Atomic uint32_t *word, int count);

#endif /* NARU_SYS_FUTEX_H */
