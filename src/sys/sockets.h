/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_SOCKETS_H
#define NARU_SYS_SOCKETS_H

/*
 * sys/sockets.h - one thin function per call on sockets; descriptors are close-on-exec
 *
 * Each returns 0 or what its comment says, or a negative errno. Those that may wait say
 * so, and return -EINTR when a signal handler ran, also if it was installed with
 * SA_RESTART: the sockets made here have a patience (SO_RCVTIMEO), though a long one,
 * and calls on such are never begun again (signal(7)). None raises SIGPIPE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* @type: SOCK_STREAM, perhaps with SOCK_NONBLOCK. */
int nr_socket_open(int family, int type);
/* Two Unix stream sockets that are connected. */
int nr_socket_pair(int ret_fds[2]);

/* One that is open already: close-on-exec, and its accept never waits. */
int nr_socket_adopt(int fd);

int nr_socket_bind(int fd, const struct sockaddr *address, socklen_t length);
int nr_socket_listen(int fd, uint32_t backlog);
/* A descriptor that blocks; -EAGAIN if @fd does not. */
int nr_socket_accept(int fd);

/*
 * Waits until CLOCK_MONOTONIC shows @until_ns, but at least a moment; then -ETIMEDOUT.
 */
int nr_socket_connect(int fd, const struct sockaddr *address, socklen_t length,
		      uint64_t until_ns);

/* Bytes; may be fewer. @wait: else -EAGAIN. A patience that is over is -EAGAIN, too. */
ssize_t nr_socket_send(int fd, const void *data, size_t length, bool wait);
ssize_t nr_socket_receive(int fd, void *buffer, size_t size, bool wait);
/* Never waits. */
ssize_t nr_socket_look(int fd, void *buffer, size_t size);

/* Of a message, which never waits; descriptors that come with one are close-on-exec. */
ssize_t nr_socket_send_message(int fd, const struct msghdr *message);
ssize_t nr_socket_receive_message(int fd, struct msghdr *message);

int nr_socket_set(int fd, int level, int option, int value);
int nr_socket_get(int fd, int level, int option, void *ret_value, socklen_t size);
int nr_socket_own_address(int fd, struct sockaddr_storage *ret_address);
int nr_socket_peer_address(int fd, struct sockaddr_storage *ret_address);
/* No more will be sent. */
int nr_socket_end(int fd);

#endif /* NARU_SYS_SOCKETS_H */
