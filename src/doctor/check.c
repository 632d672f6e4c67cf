/* SPDX-License-Identifier: MIT */

/* doctor/check.c - naru_space_check(): a space, and objects of all kinds in it */

#include <doctor/sysv.h>
#include <queue/check.h>
#include <segment/check.h>
#include <space/space.h>
#include <stream/door.h>

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

/* What a listener that was killed leaves behind; or it lives. */
static int check_socket(struct naru_space *space, const char *name, int flags,
			tell_function tell, void *data)
{
	struct naru_finding finding = {
		.severity = NARU_SEVERITY_NOTICE,
		.object = name,
		.text = "the socket of a listener that has died; naru doctor --repair "
			"removes it",
	};
	int directory = nr_space_directory(space);
	int r = directory < 0 ? directory
			      : nr_door_clear(directory, name, flags & NARU_CHECK_REPAIR);

	/* What cannot be asked may well live. */
	if (r == 0 || (r < 0 && !(flags & NARU_CHECK_REPAIR)))
		return 0;
	if (r > 0 && flags & NARU_CHECK_REPAIR) {
		finding.text = "the socket of a listener that has died; removed";
		finding.repaired = true;
	}
	tell(data, &finding);
	return 0;
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
			      sizeof(checkers) / sizeof(checkers[0]), check_socket, visit,
			      data);
}
