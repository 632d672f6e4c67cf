/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_TIMER_H
#define NARU_SERVER_TIMER_H

/* server/timer.h - what is to happen at a time of CLOCK_MONOTONIC: a heap */

#include <stddef.h>
#include <stdint.h>

struct nr_timer {
	uint64_t due; /* nanoseconds */
	size_t place; /* in the heap, from 1 on; 0: it is not set */
	void (*fire)(struct nr_timer *timer); /* it is not set any more then */
};

struct nr_timers {
	struct nr_timer **heap; /* the earliest first */
	size_t count;
	size_t size;
};

uint64_t nr_timers_now(void);

/* When @timeout_ms has passed. -1: never. */
uint64_t nr_timers_due(int timeout_ms);

/* -ENOMEM. UINT64_MAX is never. */
int nr_timer_set(struct nr_timers *timers, struct nr_timer *timer, uint64_t due);
void nr_timer_stop(struct nr_timers *timers, struct nr_timer *timer);

/* Fire those that are due. */
void nr_timers_fire(struct nr_timers *timers);

/* As epoll_wait(2) wants it: until the next one is due; -1: there is none. */
int nr_timers_timeout(const struct nr_timers *timers);
void nr_timers_free(struct nr_timers *timers);

#endif /* NARU_SERVER_TIMER_H */
