/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_POLLER_H
#define NARU_SYS_POLLER_H

/* sys/poller.h - wait for descriptors; ppoll(2) and epoll(7) */

#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>

/*
 * Sleep until one of them is ready, or CLOCK_MONOTONIC shows @until_ns.
 *
 * > 0		so many are
 * 0		the time came
 * -EINTR	a signal handler ran
 */
int nr_poll_descriptors(struct pollfd *descriptors, uint32_t count, uint64_t until_ns);

/* A descriptor, close-on-exec. */
int nr_poller_open(void);
/* A descriptor that is always readable; eventfd(2). */
int nr_poller_mark(void);
/* @events: of epoll(7), EPOLLIN and so on; @data comes back in the event. */
int nr_poller_add(int poller, int fd, uint32_t events, uint64_t data);
int nr_poller_change(int poller, int fd, uint32_t events, uint64_t data);
void nr_poller_drop(int poller, int fd);
/* As nr_poll_descriptors(); may be 0 before @until_ns. 0: it does not wait. */
int nr_poller_wait(int poller, struct epoll_event *ret_events, int count,
		   uint64_t until_ns);

#endif /* NARU_SYS_POLLER_H */
