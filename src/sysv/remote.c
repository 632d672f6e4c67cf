/* SPDX-License-Identifier: MIT */

/* sysv/remote.c - the table of queue/remote.h, where there are no streams */

#include <queue/remote.h>

#include <errno.h>

static int refuse_queue(struct naru_space *space, const char *name,
			const struct naru_queue_options *options, bool exclusive,
			struct nr_client **ret_client)
{
	(void)space;
	(void)name;
	(void)options;
	(void)exclusive;
	(void)ret_client;
	return -EOPNOTSUPP;
}

static int refuse_removal(struct naru_space *space, const char *name)
{
	(void)space;
	(void)name;
	return -EOPNOTSUPP;
}

static int refuse_space(const char *url, const struct naru_stream_options *options,
			struct nr_client **ret_client)
{
	(void)url;
	(void)options;
	(void)ret_client;
	return -EOPNOTSUPP;
}

/* Nothing is ever opened, so that nothing else is called. */
const struct nr_remote_calls nr_remote_calls = {
	.open = refuse_queue,
	.remove = refuse_removal,
	.space_open = refuse_space,
};
