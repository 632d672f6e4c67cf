/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_TICKS_H
#define NARU_BENCH_TICKS_H

/*
 * bench/ticks.h - the cheapest clock that all cores share
 *
 * The processor's time-stamp counter where there is one, since the clock of the
 * system costs a fifth of the fastest round trip; nanoseconds elsewhere.
 */

#include <stdint.h>
#include <time.h>

static inline uint64_t bench_nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t bench_ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	return bench_nanoseconds(CLOCK_MONOTONIC);
#endif
}

/* Measures a tick; takes 20 ms. Call it once, before anything is timed. */
void bench_ticks_calibrate(void);

double bench_ticks_to_ns(double ticks);
double bench_ns_to_ticks(double nanoseconds);

#endif /* NARU_BENCH_TICKS_H */
