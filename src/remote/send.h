/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_SEND_H
#define NARU_REMOTE_SEND_H

/* remote/send.h - messages for a SEND */

#include <remote/frame.h>

struct nr_send {
	const struct naru_item *items;
	uint32_t count;
	size_t length;	 /* of the body */
	uint64_t number; /* of the first */
};

/*
 * As many of @count items as go together. -EINVAL, -EMSGSIZE: the first cannot; what is
 * larger than the queue is not looked at.
 */
int nr_send_plan(struct nr_client *client, const struct naru_item *items, size_t count,
		 struct nr_send *ret_send);

/* Writes the body; @data is a struct nr_send. */
int nr_send_write(struct nr_lane *lane, void *data);

#endif /* NARU_REMOTE_SEND_H */
