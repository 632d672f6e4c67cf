/* SPDX-License-Identifier: MIT */

/* Pipes, one for each direction. */

#include "contenders.h"

#include "descriptors.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int make(const struct bench_plan *plan, int *ret_in, int *ret_out)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	/* As much as it is allowed; the default otherwise. */
	if (plan->capacity < (1 << 20))
		fcntl(fds[0], F_SETPIPE_SZ, (int)plan->capacity);
	else
		fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
	*ret_in = fds[0];
	*ret_out = fds[1];
	return 0;
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct bench_descriptors *ends = bench_descriptors_new();
	int r;

	if (!ends)
		return -ENOMEM;
	r = make(plan, &ends->in[BENCH_RECEIVER], &ends->out[BENCH_SENDER]);
	if (r == 0 && plan->two_way)
		r = make(plan, &ends->in[BENCH_SENDER], &ends->out[BENCH_RECEIVER]);
	return bench_descriptors_finish(ends, plan, r, ret_channel);
}

const struct contender bench_pipe = {
	.name = "pipe",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_GATHER | BENCH_CAN_SHARE,
	.create = create,
	.remove = bench_descriptors_remove,
	.open = bench_descriptors_open,
	.close = bench_descriptors_close,
	.send = bench_descriptors_write,
	.receive = bench_descriptors_read,
};
