/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_RIGHTS_H
#define NARU_STREAM_RIGHTS_H

/* stream/rights.h - bytes over a Unix socket, and a descriptor with them; SCM_RIGHTS */

#include <stddef.h>
#include <sys/types.h>

/* Bytes sent, the descriptor with the first of them. Never waits. */
ssize_t nr_rights_send(int socket, const void *data, size_t length, int fd);

/* Bytes received, 0 at the end. *ret_fd: -1 if none came; it is the caller's. */
ssize_t nr_rights_receive(int socket, void *buffer, size_t size, int *ret_fd);

#endif /* NARU_STREAM_RIGHTS_H */
