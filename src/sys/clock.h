/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_CLOCK_H
#define NARU_SYS_CLOCK_H

/* sys/clock.h - clock_gettime(2), in nanoseconds */

#include <stdint.h>

uint64_t nr_clock_monotonic(void);
uint64_t nr_clock_boottime(void);

/* Of the epoch, exact only to the kernel's tick (1 to 10 ms), but cheap. */
int64_t nr_clock_wall_coarse(void);
int64_t nr_clock_wall(void);
int64_t nr_clock_wall_seconds(void);

#endif /* NARU_SYS_CLOCK_H */
