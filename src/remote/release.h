/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_RELEASE_H
#define NARU_REMOTE_RELEASE_H

/*
 * remote/release.h - what becomes of messages that the server has brought
 *
 * They are the client's only when their RELEASE was answered. If it never was, the lane
 * asks again before it does anything else: in the end every message is the caller's, or
 * has gone back, and not both.
 */

#include <remote/client.h>

/*
 * Release @count deliveries. How many were, from the first on, or
 *
 * -ESTALE	the first has been given back
 * -EAGAIN	none was, but that may be tried again
 *
 * @ret_unresolved	nobody knows: the lane will ask, see nr_release_later()
 */
int nr_release(struct nr_lane *lane, const uint64_t *deliveries, uint32_t count,
	       bool *ret_unresolved);

/*
 * The last release was not answered. @items: copies of these are kept for a later call
 * that receives, if they turn out to be ours; NULL: nobody waits for them.
 */
void nr_release_later(struct nr_lane *lane, const uint64_t *deliveries,
		      const struct naru_item *items, uint32_t count);

/* Put one back. @data: as it is now; NULL: unchanged. */
int nr_give_back(struct nr_lane *lane, uint64_t delivery, const void *data,
		 size_t length);
/* Put @count back, the first of which is @delivery; now, or when the lane is used next.
 */
void nr_give_back_later(struct nr_lane *lane, uint64_t delivery, uint32_t count);

/*
 * Clear up what the lane does not know. Fails if the connection does, or the server
 * refuses to tell: the lane can be used for nothing else before.
 */
int nr_release_settle(struct nr_lane *lane);

/* A message that was received for a call which had failed: -EAGAIN, there is none. */
ssize_t nr_release_ready(struct nr_client *client, int64_t select, int flags,
			 struct naru_item *item);

#endif /* NARU_REMOTE_RELEASE_H */
