/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_HOLD_H
#define NARU_SEGMENT_HOLD_H

/*
 * segment/hold.h - the evidence of an attachment: a lock that a mapping keeps
 *
 * layout/segment.h says how. All of this is called with the lock of segment/attached.h
 * held, so that no child of fork(2) gets the descriptor that is open meanwhile: with it
 * it would keep its parent's lock.
 */

#include <segment/handle.h>

/* @inherited: for a child of the next fork to have, too. */
int nr_hold_take(struct nr_segment_file *file, bool inherited, void **ret_hold);

/* The child keeps it, but its own children shall not have it. */
void nr_hold_adopt(void *hold);

/* Accepts NULL. */
void nr_hold_drop(void *hold);

/* How many holds are there on the file @fd? Any description of it will do. */
int nr_hold_count(int fd, uint64_t *ret_count);

#endif /* NARU_SEGMENT_HOLD_H */
