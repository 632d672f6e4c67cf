/* SPDX-License-Identifier: MIT */

/* A TCP connection over the loopback interface, without Nagle's delay. */

#include "contenders.h"

#include "descriptors.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* The kernel completes the connection before anybody accepts it. */
static int join(struct bench_descriptors *ends)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int yes = 1;
	int r = bench_descriptors_listen(ends, (const struct sockaddr *)&address,
					 sizeof(address));

	if (r < 0)
		return r;
	ends->out[BENCH_SENDER] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ends->out[BENCH_SENDER] < 0 ||
	    connect(ends->out[BENCH_SENDER], (struct sockaddr *)&ends->address,
		    ends->length) < 0)
		return -errno;
	ends->out[BENCH_RECEIVER] = accept4(ends->listener, NULL, NULL, SOCK_CLOEXEC);
	if (ends->out[BENCH_RECEIVER] < 0)
		return -errno;
	for (int side = 0; side < 2; side++) {
		ends->in[side] = ends->out[side];
		if (setsockopt(ends->out[side], IPPROTO_TCP, TCP_NODELAY, &yes,
			       sizeof(yes)) < 0)
			return -errno;
	}
	return 0;
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct bench_descriptors *ends = bench_descriptors_new();

	return ends ? bench_descriptors_finish(ends, plan, join(ends), ret_channel)
		    : -ENOMEM;
}

const struct contender bench_tcp = {
	.name = "TCP loopback",
	.can = BENCH_CAN_BLOCK | BENCH_CAN_TRY | BENCH_CAN_CONNECT,
	.create = create,
	.remove = bench_descriptors_remove,
	.open = bench_descriptors_open,
	.close = bench_descriptors_close,
	.send = bench_descriptors_write,
	.receive = bench_descriptors_read,
	.connect = bench_descriptors_connect,
};
