/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_CHECK_H
#define NARU_QUEUE_CHECK_H

/* queue/check.h - naru_space_check()'s part for one queue; see space/check.h */

#include <space/check.h>

int nr_queue_check(struct naru_space *space, const char *name, int flags,
		   void (*tell)(void *data, const struct naru_finding *finding),
		   void *data);

#endif /* NARU_QUEUE_CHECK_H */
