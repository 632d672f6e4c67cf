/* SPDX-License-Identifier: MIT */

/* doctor/check.c - naru_space_check(): a space, and objects of all kinds in it */

#include <doctor/sysv.h>
#include <queue/check.h>
#include <segment/check.h>

typedef void (*tell_function)(void *data, const struct naru_finding *finding);

static int check_queue(struct naru_space *space, const char *name, int flags,
		       tell_function tell, void *data)
{
	int r = nr_sysv_check(space, name, flags, tell, data);

	if (r != 0)
		return r < 0 ? r : 0;
	return nr_queue_check(space, name, flags, tell, data);
}

static int check_segment(struct naru_space *space, const char *name, int flags,
			 tell_function tell, void *data)
{
	int r = nr_sysv_check(space, name, flags, tell, data);

	if (r != 0)
		return r < 0 ? r : 0;
	return nr_segment_check(space, name, flags, tell, data);
}

static int check_set(struct naru_space *space, const char *name, int flags,
		     tell_function tell, void *data)
{
	int r = nr_sysv_check(space, name, flags, tell, data);

	return r < 0 ? r : 0;
}

NARU_API int naru_space_check(struct naru_space *space, int flags,
			      void (*visit)(void *data,
					    const struct naru_finding *finding),
			      void *data)
{
	static const struct nr_object_checker checkers[] = {
		{NARU_KIND_QUEUE, check_queue},
		{NARU_KIND_SEGMENT, check_segment},
		{NARU_KIND_SET, check_set},
	};

	return nr_space_check(space, flags, checkers,
			      sizeof(checkers) / sizeof(checkers[0]), visit, data);
}
