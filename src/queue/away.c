/* SPDX-License-Identifier: MIT */

#include <queue/away.h>

#include <base/options.h>
#include <errno.h>
#include <queue/handle.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>

int nr_queue_away(struct naru_space *space, const char *name,
		  struct naru_space **ret_space)
{
	int r = nr_object_check_name(name);

	/* Nothing that is a name is a URL. */
	if (r < 0 && name && nr_space_is_url(name)) {
		*ret_space = space;
		return 1;
	}
	/* Only now: it makes the default space if there is none. */
	if (r == 0)
		r = nr_space_resolve_any(space, ret_space);
	return r < 0 ? r : (*ret_space)->remote != NULL;
}

int nr_queue_open_away(struct naru_space *space, const char *name,
		       const struct naru_queue_options *options, bool exclusive,
		       struct naru_queue **ret_queue)
{
	struct naru_queue_options checked;
	struct naru_queue *queue;
	int saved = errno;
	/* What they leave open is for the server to say. */
	int r = nr_options_copy(&checked, sizeof(checked), options);

	if (r < 0)
		return r;
	if (exclusive)
		checked.flags |= NARU_CREATE;
	queue = aligned_alloc(64, (sizeof(*queue) + 63) & ~63ul);
	errno = saved;
	if (!queue)
		return -ENOMEM;
	memset(queue, 0, sizeof(*queue));
	r = nr_remote_calls.open(space, name, &checked, exclusive, &queue->remote);
	if (r < 0)
		free(queue);
	else
		*ret_queue = queue;
	return r;
}

void nr_queue_close_away(struct naru_queue *queue)
{
	nr_remote_calls.close(queue->remote);
	free(queue);
}
