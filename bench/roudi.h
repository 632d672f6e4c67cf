/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_ROUDI_H
#define NARU_BENCH_ROUDI_H

/* bench/roudi.h - the daemon that iceoryx needs, for as long as a run takes */

#include "daemon.h"

/* NULL, or why there is none. */
const char *bench_roudi_missing(void);

/* Start it, and wait until it is ready. */
int bench_roudi_start(struct bench_daemon *ret_roudi);

/* Ask it to end, so that it cleans up, and wait until it has. */
void bench_roudi_stop(const struct bench_daemon *roudi);

#endif /* NARU_BENCH_ROUDI_H */
