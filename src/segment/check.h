/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_CHECK_H
#define NARU_SEGMENT_CHECK_H

/* segment/check.h - look into a segment, and put it right: an nr_object_checker */

#include <space/check.h>

int nr_segment_check(struct naru_space *space, const char *name, int flags,
		     void (*tell)(void *data, const struct naru_finding *finding),
		     void *data);

#endif /* NARU_SEGMENT_CHECK_H */
