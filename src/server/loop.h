/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_LOOP_H
#define NARU_SERVER_LOOP_H

/*
 * server/loop.h - wait for everything at once
 *
 * One thread, one epoll_wait(2). A turn: what is ready is told; timers fire; tasks run
 * that somebody has put off, each once; what was thrown away is freed. Until then, what
 * is told may be about something that is closed already, so that nothing is freed
 * elsewhere.
 */

#include <server/list.h>
#include <server/timer.h>

/* A descriptor that is waited for. */
struct nr_source {
	int fd;
	uint32_t events; /* that were asked for; 0: nothing, and it is not in */
	void (*ready)(struct nr_source *source);
};

/* Something to do later in this turn, or in the next. Its link is initialized. */
struct nr_task {
	struct nr_link link;
	void (*run)(struct nr_task *task);
};

/* What is to be freed at the end of the turn. */
struct nr_waste {
	struct nr_waste *next;
	void (*free)(struct nr_waste *waste);
};

struct nr_loop {
	int poller;
	struct nr_timers timers;
	struct nr_link tasks;
	struct nr_waste *waste;
	uint64_t turns; /* that have begun */
};

int nr_loop_open(struct nr_loop *loop);
void nr_loop_close(struct nr_loop *loop);

/* @events: of epoll(7); 0: do not wait for it. */
int nr_loop_watch(struct nr_loop *loop, struct nr_source *source, uint32_t events);

/* Put off; twice is once. */
void nr_loop_later(struct nr_loop *loop, struct nr_task *task);
void nr_loop_throw_away(struct nr_loop *loop, struct nr_waste *waste);

/* @wait: until something is there. 0, or why epoll_wait(2) failed. */
int nr_loop_turn(struct nr_loop *loop, bool wait);

#endif /* NARU_SERVER_LOOP_H */
