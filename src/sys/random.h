/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_RANDOM_H
#define NARU_SYS_RANDOM_H

/* sys/random.h - getrandom(2) */

#include <stdint.h>

/* A number that nobody else is likely to get; good enough for that, not for secrets. */
uint64_t nr_random(void);

#endif /* NARU_SYS_RANDOM_H */
