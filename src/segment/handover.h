/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_HANDOVER_H
#define NARU_SEGMENT_HANDOVER_H

/*
 * segment/handover.h - when a child's holds are its own alone
 *
 * What a child of fork(2) inherits, its parent has as well until it drops it, just after
 * the fork. A child that detaches before that would still be counted: it waits for its
 * parent. Both have a page in which the parent counts its forks that are over.
 *
 * All of this is called with the lock of segment/attached.h held.
 */

/*
 * Something is attached. The page is made now: in a hole that the application makes there
 * later, it might unmap it.
 */
void nr_handover_prepare(void);

/* In the parent, before the fork. */
void nr_handover_begin(void);

/* In the parent, which has dropped the child's holds. */
void nr_handover_end(void);

/* In the child of such a fork; or of one that nobody has told us of. */
void nr_handover_inherit(void);
void nr_handover_forget(void);

/* A hold was dropped: wait until the parent has dropped its. Not for ever. */
void nr_handover_await(void);

#endif /* NARU_SEGMENT_HANDOVER_H */
