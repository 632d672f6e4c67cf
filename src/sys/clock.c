/* SPDX-License-Identifier: MIT */

/* sys/clock.c - see sys/clock.h */

#include <sys/clock.h>
#include <time.h>

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now); /* these clocks exist since Linux 2.6.39 */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t nr_clock_monotonic(void)
{
	return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t nr_clock_boottime(void)
{
	return nanoseconds(CLOCK_BOOTTIME);
}

int64_t nr_clock_wall_coarse(void)
{
	return (int64_t)nanoseconds(CLOCK_REALTIME_COARSE);
}

int64_t nr_clock_wall(void)
{
	return (int64_t)nanoseconds(CLOCK_REALTIME);
}

int64_t nr_clock_wall_seconds(void)
{
	return time(NULL); /* one load of the kernel's page; it cannot fail */
}
