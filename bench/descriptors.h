/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_DESCRIPTORS_H
#define NARU_BENCH_DESCRIPTORS_H

/* bench/descriptors.h - what contenders that are descriptors have in common */

#include "bench.h"
#include "scratch.h"
#include <sys/socket.h>

struct bench_descriptors {
	int out[2]; /* by side: to write to */
	int in[2];  /* by side: to read from */

	/* Where to connect to, if plan->connects. */
	int listener; /* -1: nowhere */
	struct sockaddr_storage address;
	socklen_t length;
	struct bench_scratch scratch; /* of the address; "": none */
};

/* All -1, on the heap. NULL: no memory. */
struct bench_descriptors *bench_descriptors_new(void);

/* Finish a create: on success they do as plan->blocking says, else all is closed. */
int bench_descriptors_finish(struct bench_descriptors *descriptors,
			     const struct bench_plan *plan, int result,
			     void **ret_channel);

/* Listen at that address, for bench_descriptors_connect(). */
int bench_descriptors_listen(struct bench_descriptors *descriptors,
			     const struct sockaddr *address, socklen_t length);

/* Members of struct contender. */
void bench_descriptors_remove(void *channel);
int bench_descriptors_open(void *channel, enum bench_side side, unsigned index,
			   void **ret_end);
void bench_descriptors_close(void *end);
int bench_descriptors_connect(void *end, bool talk);

/* Byte streams: the whole of it, however many calls that takes. */
int bench_descriptors_write(void *end, int64_t type, void *data, size_t length);
ssize_t bench_descriptors_read(void *end, int64_t type, void *buffer, size_t size);

/* Datagrams: one call. */
int bench_descriptors_send(void *end, int64_t type, void *data, size_t length);
ssize_t bench_descriptors_receive(void *end, int64_t type, void *buffer, size_t size);

#endif /* NARU_BENCH_DESCRIPTORS_H */
