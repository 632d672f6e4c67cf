/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_AWAY_H
#define NARU_QUEUE_AWAY_H

/* queue/away.h - handles of queues that a server has */

#include <queue/remote.h>
#include <stdbool.h>

/*
 * Is @name a queue of a server's? 0, 1, or an error: -EINVAL, it is neither a name nor a
 * URL. @ret_space: what @space means; for a URL it is left as it is.
 */
int nr_queue_away(struct naru_space *space, const char *name,
		  struct naru_space **ret_space);

/* @options have been found good. */
int nr_queue_open_away(struct naru_space *space, const char *name,
		       const struct naru_queue_options *options, bool exclusive,
		       struct naru_queue **ret_queue);
void nr_queue_close_away(struct naru_queue *queue);

/* What options say, with their defaults. -EINVAL, -E2BIG. */
int nr_queue_options(const struct naru_queue_options *options,
		     struct naru_queue_options *ret_options);

#endif /* NARU_QUEUE_AWAY_H */
