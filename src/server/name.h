/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_NAME_H
#define NARU_SERVER_NAME_H

/* server/name.h - names of queues in requests */

#include <naru/base.h>
#include <server/connection.h>

/*
 * Copy the @length bytes of a name, which begin at @offset of the body, to @ret_name of
 * NARU_NAME_MAX + 1 bytes. 0; or -EINVAL, which has been answered.
 */
int nr_name_read(struct nr_connection *connection, const unsigned char *body,
		 size_t offset, uint32_t length, char *ret_name);

#endif /* NARU_SERVER_NAME_H */
