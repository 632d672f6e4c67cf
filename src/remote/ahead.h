/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_AHEAD_H
#define NARU_REMOTE_AHEAD_H

/*
 * remote/ahead.h - messages that are fetched before they are asked for
 *
 * With NARU_UNCONFIRMED only: the server has removed them from the queue.
 */

#include <remote/client.h>
#include <sys/types.h>

/* As naru_queue_receive_batch(). */
ssize_t nr_ahead_receive(struct nr_client *client, int64_t select, int flags,
			 struct naru_item *items, size_t count, int timeout_ms);

void nr_ahead_free(struct nr_ahead **list);

#endif /* NARU_REMOTE_AHEAD_H */
