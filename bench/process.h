/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_PROCESS_H
#define NARU_BENCH_PROCESS_H

/*
 * bench/process.h - children that never outlive or outlast the benchmark
 *
 * The parent keeps SIGCHLD, SIGINT and SIGTERM blocked and fetches them while it
 * waits: so an interrupt is noticed between two steps, when it is known what
 * there is to clean up, and never in the middle of one. The children inherit
 * that and are killed by the parent, or by the kernel when the parent dies.
 */

#include <stdint.h>
#include <sys/types.h>

/* Block the signals. Once, before the first child. */
int bench_signals_block(void);

/* Undo that, in a child that is about to become another program. */
void bench_signals_unblock(void);

/* As fork(2), but -errno. The child dies with its parent. */
pid_t bench_fork(void);

/*
 * Wait until all children have ended well.
 *
 * -ETIMEDOUT	not within @timeout_ns
 * -ECHILD	one failed or was killed
 * -EINTR	somebody wants the benchmark to end
 *
 * On an error those that are left have been killed, and waited for.
 */
int bench_wait(pid_t *children, unsigned count, uint64_t timeout_ns);

/* Has somebody asked to end, since the last look? */
int bench_interrupted(void);

#endif /* NARU_BENCH_PROCESS_H */
