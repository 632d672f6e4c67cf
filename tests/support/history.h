/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_HISTORY_H
#define SUPPORT_HISTORY_H

/*
 * support/history.h - was a queue first in, first out? Judged from outside
 *
 * A history is what many processes saw: for each send and each receive when it was
 * called and when it returned, by one clock. Between the two lies the moment at
 * which it happened; nobody knows where. The checker complains when there is no way
 * to choose the moments so that the contract of naru/queue.h holds for a pair of
 * messages:
 *
 * A receive got B although A was there for certain, was admitted, and was to be
 * preferred. A is preferred when it is older, which is certain when A's send
 * returned before B's was called, or when it came earlier in the same batch; to a
 * receive of the lowest type also when A's type is lower. A was there for certain
 * when its send had returned before the receive was called (or before B's send was:
 * for B was received, so that the receive happened later), and when no receive of A
 * was called before this receive had returned.
 *
 * It also complains of messages received twice, never sent, before they were sent,
 * or with another type; and of a receive that found nothing although a message that
 * it admits was there for certain.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum history_kind {
	HISTORY_SEND,
	HISTORY_RECEIVE,
	HISTORY_EMPTY, /* a receive that found nothing */
};

struct history_event {
	enum history_kind kind;
	bool except;
	uint64_t start, end; /* nanoseconds */
	uint64_t message;    /* 0, 1, ...: which one; not of EMPTY */
	int64_t type;
	int64_t select;	    /* of receives */
	uint64_t operation; /* the same for all of a batch, and only for these */
	uint32_t rank;	    /* in the batch */
};

enum history_verdict {
	HISTORY_GOOD,
	HISTORY_TWICE,
	HISTORY_NEVER_SENT,
	HISTORY_BEFORE_SENT,
	HISTORY_OTHER_TYPE,
	HISTORY_OVERTAKEN,  /* it got B, and A was to be preferred */
	HISTORY_OVERLOOKED, /* it found nothing, and A was there */
};

/*
 * @messages	all events' messages are below it
 * @ret_pair	what a bad verdict is about: the two events, indices into @events;
 *		may be NULL
 */
enum history_verdict history_check(const struct history_event *events, size_t count,
				   uint64_t messages, size_t ret_pair[2]);

const char *history_verdict_text(enum history_verdict verdict);

#endif /* SUPPORT_HISTORY_H */
