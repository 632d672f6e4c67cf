/* SPDX-License-Identifier: MIT */

#include "ticks.h"

static double tick_ns = 1;

void bench_ticks_calibrate(void)
{
	uint64_t ns = bench_nanoseconds(CLOCK_MONOTONIC);
	uint64_t ticks = bench_ticks();
	uint64_t now;

	do
		now = bench_nanoseconds(CLOCK_MONOTONIC);
	while (now - ns < 20000000);
	tick_ns = (double)(now - ns) / (double)(bench_ticks() - ticks);
}

double bench_ticks_to_ns(double ticks)
{
	return ticks * tick_ns;
}

double bench_ns_to_ticks(double nanoseconds)
{
	return nanoseconds / tick_ns;
}
