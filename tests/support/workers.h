/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WORKERS_H
#define SUPPORT_WORKERS_H

/*
 * support/workers.h - processes that take steps of a program in turn
 *
 * The steps of a random program are made by one process or another, of one user or
 * another, but one after the other: so that two runs of it must give the same.
 */

#include <stdint.h>
#include <sys/types.h>

struct workers;

/*
 * Start @count processes; with @users, and as root, some of them are other users.
 * Each calls @step(data, worker, seed) when it is its turn; a step that fails ends the
 * process by must().
 */
struct workers *workers_start(int count, int users,
			      void (*step)(void *data, int worker, uint64_t seed),
			      void *data);

/* Let one take a step, and wait until it is done. */
void workers_step(struct workers *workers, int worker, uint64_t seed);

/* Kill it in the middle of nothing, and start another in its place. */
void workers_replace(struct workers *workers, int worker);

void workers_stop(struct workers *workers);

#endif /* SUPPORT_WORKERS_H */
