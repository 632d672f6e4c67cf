/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_GAUGE_H
#define NARU_STREAM_GAUGE_H

/*
 * stream/gauge.h - the descriptor that naru_stream_fd() returns
 *
 * An epoll instance that is readable while the socket in it has an event that we wait
 * for, or while it is marked: then there is an eventfd in it that always is.
 */

#include <stdbool.h>
#include <stdint.h>

struct nr_gauge {
	int poller; /* -1: nobody has asked for it */
	int mark;   /* the eventfd; -1: it was not needed yet */
	bool marked;
};

#define NR_GAUGE_CLOSED ((struct nr_gauge){.poller = -1, .mark = -1})

static inline bool nr_gauge_is_open(const struct nr_gauge *gauge)
{
	return gauge->poller >= 0;
}

/* @events: of the socket @fd, that make it ready. */
int nr_gauge_open(struct nr_gauge *gauge, int fd, uint32_t events);
/* One more socket. */
int nr_gauge_add(struct nr_gauge *gauge, int fd, uint32_t events);
void nr_gauge_close(struct nr_gauge *gauge);

int nr_gauge_mark(struct nr_gauge *gauge, bool marked);

#endif /* NARU_STREAM_GAUGE_H */
