/* SPDX-License-Identifier: MIT */

/* A connected pair of Unix stream sockets; connections are made to a named one. */

#include "contenders.h"

#include "descriptors.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

static int listen_in_scratch(struct bench_descriptors *ends)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int r = bench_scratch_create(&ends->scratch);

	if (r < 0)
		return r;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket",
		 ends->scratch.path);
	return bench_descriptors_listen(ends, (const struct sockaddr *)&address,
					sizeof(address));
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct bench_descriptors *ends = bench_descriptors_new();
	int r;

	if (!ends)
		return -ENOMEM;
	r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->out) < 0 ? -errno
									      : 0;
	ends->in[BENCH_SENDER] = ends->out[BENCH_SENDER];
	ends->in[BENCH_RECEIVER] = ends->out[BENCH_RECEIVER];
	if (r == 0 && plan->connects)
		r = listen_in_scratch(ends);
	return bench_descriptors_finish(ends, plan, r, ret_channel);
}

const struct contender bench_unix_stream = {
	.name = "Unix stream",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER | BENCH_CAN_SHARE |
	       BENCH_CAN_CONNECT,
	.create = create,
	.remove = bench_descriptors_remove,
	.open = bench_descriptors_open,
	.close = bench_descriptors_close,
	.send = bench_descriptors_write,
	.receive = bench_descriptors_read,
	.connect = bench_descriptors_connect,
};
