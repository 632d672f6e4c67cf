/* SPDX-License-Identifier: MIT */

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is left of them for one process. */
struct end {
	int out;
	int in;
	const struct bench_descriptors *channel;
};

static enum bench_side other(enum bench_side side)
{
	return side == BENCH_SENDER ? BENCH_RECEIVER : BENCH_SENDER;
}

struct bench_descriptors *bench_descriptors_new(void)
{
	struct bench_descriptors *descriptors = malloc(sizeof(*descriptors));

	if (descriptors)
		*descriptors = (struct bench_descriptors){
			.out = {-1, -1}, .in = {-1, -1}, .listener = -1};
	return descriptors;
}

static void close_side(struct bench_descriptors *descriptors, enum bench_side side)
{
	if (descriptors->out[side] >= 0)
		close(descriptors->out[side]);
	if (descriptors->in[side] >= 0 && descriptors->in[side] != descriptors->out[side])
		close(descriptors->in[side]);
	descriptors->in[side] = descriptors->out[side] = -1;
}

void bench_descriptors_remove(void *channel)
{
	struct bench_descriptors *descriptors = channel;

	close_side(channel, BENCH_SENDER);
	close_side(channel, BENCH_RECEIVER);
	if (descriptors->listener >= 0)
		close(descriptors->listener);
	if (descriptors->scratch.path[0])
		bench_scratch_remove(&descriptors->scratch);
	free(channel);
}

int bench_descriptors_listen(struct bench_descriptors *descriptors,
			     const struct sockaddr *address, socklen_t length)
{
	descriptors->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	descriptors->length = sizeof(descriptors->address);
	if (descriptors->listener < 0 ||
	    bind(descriptors->listener, address, length) < 0 ||
	    listen(descriptors->listener, 1) < 0 ||
	    getsockname(descriptors->listener, (struct sockaddr *)&descriptors->address,
			&descriptors->length) < 0)
		return -errno;
	return 0;
}

/* There is room for it, and a message of this size arrives whole. */
static int pass(int from, int to)
{
	char bytes[BENCH_TALK] = "";

	if (write(from, bytes, sizeof(bytes)) < 0 || read(to, bytes, sizeof(bytes)) < 0)
		return -errno;
	return 0;
}

int bench_descriptors_connect(void *data, bool talk)
{
	const struct bench_descriptors *channel = ((const struct end *)data)->channel;
	const struct sockaddr *address = (const struct sockaddr *)&channel->address;
	int client = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int server = -1, r = 0;

	if (client < 0 || connect(client, address, channel->length) < 0)
		r = -errno;
	if (r == 0) {
		server = accept4(channel->listener, NULL, NULL, SOCK_CLOEXEC);
		r = server < 0 ? -errno : 0;
	}
	if (r == 0 && talk)
		r = pass(client, server);
	if (r == 0 && talk)
		r = pass(server, client);
	if (client >= 0)
		close(client);
	if (server >= 0)
		close(server);
	return r;
}

static int set_nonblocking(int fd)
{
	return fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) == 0 ? 0 : -errno;
}

int bench_descriptors_finish(struct bench_descriptors *descriptors,
			     const struct bench_plan *plan, int result,
			     void **ret_channel)
{
	for (int side = 0; side < 2 && result == 0 && !plan->blocking; side++) {
		result = set_nonblocking(descriptors->out[side]);
		if (result == 0)
			result = set_nonblocking(descriptors->in[side]);
	}
	if (result < 0)
		bench_descriptors_remove(descriptors);
	else
		*ret_channel = descriptors;
	return result;
}

/* The other side's are closed here, so that its death is seen. */
int bench_descriptors_open(void *channel, enum bench_side side, unsigned index,
			   void **ret_end)
{
	struct bench_descriptors *descriptors = channel;
	struct end *end = malloc(sizeof(*end));

	(void)index;
	if (!end)
		return -ENOMEM;
	close_side(descriptors, other(side));
	*end = (struct end){descriptors->out[side], descriptors->in[side], descriptors};
	*ret_end = end;
	return 0;
}

void bench_descriptors_close(void *end)
{
	free(end);
}

/* Only the first byte may be refused; what has been begun is finished. */
int bench_descriptors_write(void *data, int64_t type, void *message, size_t length)
{
	const struct end *end = data;
	size_t done = 0;

	(void)type;
	while (done < length) {
		ssize_t r = write(end->out, (char *)message + done, length - done);

		if (r > 0)
			done += (size_t)r;
		else if (r < 0 && (errno != EAGAIN || done == 0))
			return -errno;
	}
	return 0;
}

ssize_t bench_descriptors_read(void *data, int64_t type, void *buffer, size_t size)
{
	const struct end *end = data;
	size_t done = 0;

	(void)type;
	while (done < size) {
		ssize_t r = read(end->in, (char *)buffer + done, size - done);

		if (r > 0)
			done += (size_t)r;
		else if (r == 0)
			return -EPIPE;
		else if (errno != EAGAIN || done == 0)
			return -errno;
	}
	return (ssize_t)done;
}

int bench_descriptors_send(void *data, int64_t type, void *message, size_t length)
{
	const struct end *end = data;

	(void)type;
	return send(end->out, message, length, 0) < 0 ? -errno : 0;
}

ssize_t bench_descriptors_receive(void *data, int64_t type, void *buffer, size_t size)
{
	const struct end *end = data;
	ssize_t r = recv(end->in, buffer, size, 0);

	(void)type;
	return r < 0 ? -errno : r;
}
