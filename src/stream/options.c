/* SPDX-License-Identifier: MIT */

#include <stream/options.h>

#include <base/options.h>
#include <errno.h>
#include <layout/stream.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/map.h>
#include <sys/sockets.h>

enum {
	BACKLOG = 512,
	CAPACITY = 1024 * 1024,
	/* A host that has vanished is noticed after 25 s. */
	ALIVE_IDLE_S = 10,
	ALIVE_AGAIN_S = 5,
	ALIVE_TIMES = 3,
};

static uint64_t power_of_two(uint64_t least)
{
	uint64_t size = nr_page_size();

	while (size < least)
		size *= 2;
	return size;
}

int nr_stream_options(const struct naru_stream_options *options,
		      struct naru_stream_options *ret_options)
{
	struct naru_stream_options chosen;
	int r = nr_options_copy(&chosen, sizeof(chosen), options);

	if (r < 0)
		return r;
	if (chosen.flags & ~(uint32_t)NARU_STREAM_PLAIN || chosen.mode > 0777 ||
	    chosen.backlog > INT32_MAX || chosen.capacity > NR_STREAM_CAPACITY_MAX)
		return -EINVAL;
	chosen.mode = chosen.mode ? chosen.mode : 0600;
	chosen.backlog = chosen.backlog ? chosen.backlog : BACKLOG;
	chosen.capacity = power_of_two(chosen.capacity ? chosen.capacity : CAPACITY);
	*ret_options = chosen;
	return 0;
}

void nr_stream_tune_tcp(int fd)
{
	/* Each write is sent at once: an answer waits for no acknowledgement. */
	nr_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	nr_socket_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	nr_socket_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, ALIVE_IDLE_S);
	nr_socket_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, ALIVE_AGAIN_S);
	nr_socket_set(fd, IPPROTO_TCP, TCP_KEEPCNT, ALIVE_TIMES);
	nr_socket_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
		      (ALIVE_IDLE_S + ALIVE_TIMES * ALIVE_AGAIN_S) * 1000);
}
