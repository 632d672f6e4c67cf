/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_DEADLINE_H
#define NARU_SYS_DEADLINE_H

/*
 * sys/deadline.h - when a call must have ended
 *
 * The clock is read only once a call has to wait, so that a call which does not
 * wait costs nothing for it.
 */

#include <stdint.h>

#define NR_DEADLINE_NEVER UINT64_MAX

struct nr_deadline {
	int timeout_ms; /* as of poll(2) */
	uint64_t until; /* CLOCK_MONOTONIC nanoseconds; 0: not yet computed */
};

static inline struct nr_deadline nr_deadline_in(int timeout_ms)
{
	return (struct nr_deadline){.timeout_ms = timeout_ms};
}

/* The moment itself; the first call starts the time. */
uint64_t nr_deadline_until(struct nr_deadline *deadline);

/* What a call says when its time is over: -EAGAIN or -ETIMEDOUT. */
int nr_deadline_error(const struct nr_deadline *deadline);

#endif /* NARU_SYS_DEADLINE_H */
