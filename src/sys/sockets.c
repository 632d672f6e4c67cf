/* SPDX-License-Identifier: MIT */

#include <sys/sockets.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/call.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/time.h>

static_assert(sizeof(struct msghdr) == 56, "layout");
static_assert(offsetof(struct msghdr, msg_control) == 32, "layout");
static_assert(sizeof(struct timeval) == 16, "layout");

/* Days: for ever, but that the kernel takes it for a timeout, and so for an end. */
#define PATIENCE_S (1 << 20)

static int set_patience(int fd, int option, struct timeval patience)
{
	return (int)nr_call(SYS_setsockopt, fd, SOL_SOCKET, option, &patience,
			    sizeof(patience));
}

static int prepare(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int r;

	if (fd < 0)
		return fd;
	fd = nr_file_above_standard(fd);
	if (fd < 0)
		return fd;
	r = set_patience(fd, SO_RCVTIMEO, patience);
	if (r == 0)
		r = set_patience(fd, SO_SNDTIMEO, patience);
	if (r < 0) {
		nr_file_close(fd);
		return r;
	}
	return fd;
}

int nr_socket_open(int family, int type)
{
	return prepare((int)nr_call(SYS_socket, family, type | SOCK_CLOEXEC, 0));
}

int nr_socket_pair(int ret_fds[2])
{
	int fds[2];
	int r = (int)nr_call(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);

	if (r < 0)
		return r;
	fds[0] = nr_file_above_standard(fds[0]);
	fds[1] = nr_file_above_standard(fds[1]);
	if (fds[0] < 0 || fds[1] < 0) {
		for (int i = 0; i < 2; i++)
			if (fds[i] >= 0)
				nr_file_close(fds[i]);
		return fds[0] < 0 ? fds[0] : fds[1];
	}
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

int nr_socket_adopt(int fd)
{
	int flags = (int)nr_call(SYS_fcntl, fd, F_GETFL), r = flags;

	if (r >= 0)
		r = (int)nr_call(SYS_fcntl, fd, F_SETFL, flags | O_NONBLOCK);
	return r < 0 ? r : (int)nr_call(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

int nr_socket_bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)nr_call(SYS_bind, fd, address, length);
}

int nr_socket_listen(int fd, uint32_t backlog)
{
	return (int)nr_call(SYS_listen, fd, backlog);
}

int nr_socket_accept(int fd)
{
	return prepare((int)nr_call(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC));
}

int nr_socket_connect(int fd, const struct sockaddr *address, socklen_t length,
		      uint64_t until_ns)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int r;

	if (until_ns != UINT64_MAX) {
		uint64_t now = nr_clock_monotonic();
		uint64_t left = until_ns > now ? (until_ns - now) / 1000 : 0;

		/* 0 would be for ever. */
		patience.tv_sec = (time_t)(left / 1000000);
		patience.tv_usec = (suseconds_t)(left % 1000000) + (left == 0);
		r = set_patience(fd, SO_SNDTIMEO, patience);
		if (r < 0)
			return r;
	}
	r = (int)nr_call_once(SYS_connect, fd, address, length);
	/* What the kernel calls a timeout is its own patience with the other host. */
	if (r == -ETIMEDOUT)
		return -EHOSTUNREACH;
	if (r == -EAGAIN || r == -EINPROGRESS)
		return -ETIMEDOUT;
	if (r < 0 || until_ns == UINT64_MAX)
		return r;
	return set_patience(fd, SO_SNDTIMEO, (struct timeval){.tv_sec = PATIENCE_S});
}

ssize_t nr_socket_send(int fd, const void *data, size_t length, bool wait)
{
	return nr_call_once(SYS_sendto, fd, data, length,
			    MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT), NULL, 0);
}

ssize_t nr_socket_receive(int fd, void *buffer, size_t size, bool wait)
{
	return nr_call_once(SYS_recvfrom, fd, buffer, size, wait ? 0 : MSG_DONTWAIT, NULL,
			    NULL);
}

ssize_t nr_socket_look(int fd, void *buffer, size_t size)
{
	return nr_call(SYS_recvfrom, fd, buffer, size, MSG_DONTWAIT | MSG_PEEK, NULL,
		       NULL);
}

ssize_t nr_socket_send_message(int fd, const struct msghdr *message)
{
	return nr_call(SYS_sendmsg, fd, message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t nr_socket_receive_message(int fd, struct msghdr *message)
{
	return nr_call(SYS_recvmsg, fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
}

int nr_socket_set(int fd, int level, int option, int value)
{
	return (int)nr_call(SYS_setsockopt, fd, level, option, &value, sizeof(value));
}

int nr_socket_get(int fd, int level, int option, void *ret_value, socklen_t size)
{
	return (int)nr_call(SYS_getsockopt, fd, level, option, ret_value, &size);
}

int nr_socket_own_address(int fd, struct sockaddr_storage *ret_address)
{
	socklen_t length = sizeof(*ret_address);

	return (int)nr_call(SYS_getsockname, fd, ret_address, &length);
}

int nr_socket_peer_address(int fd, struct sockaddr_storage *ret_address)
{
	socklen_t length = sizeof(*ret_address);

	return (int)nr_call(SYS_getpeername, fd, ret_address, &length);
}

int nr_socket_end(int fd)
{
	return (int)nr_call(SYS_shutdown, fd, SHUT_WR);
}
