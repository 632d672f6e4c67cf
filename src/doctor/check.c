/* SPDX-License-Identifier: MIT */

/* doctor/check.c - naru_space_check(): a space, and objects of all kinds in it */

#include <queue/check.h>
#include <segment/check.h>

NARU_API int naru_space_check(struct naru_space *space, int flags,
			      void (*visit)(void *data,
					    const struct naru_finding *finding),
			      void *data)
{
	static const struct nr_object_checker checkers[] = {
		{NARU_KIND_QUEUE, nr_queue_check},
		{NARU_KIND_SEGMENT, nr_segment_check},
	};

	return nr_space_check(space, flags, checkers,
			      sizeof(checkers) / sizeof(checkers[0]), visit, data);
}
