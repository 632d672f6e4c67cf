/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_SESSIONS_H
#define NARU_QUEUE_SESSIONS_H

/*
 * queue/sessions.h - the numbers of those who may have to repeat a send or a release
 *
 * For one call: nr_sessions_map(), without a lock; then, with the side's lock,
 * nr_session_last(), and around the store that commits the change nr_session_begin() and
 * nr_session_end(). Why that is one step is told in layout/sessions.h.
 */

#include <queue/handle.h>

enum nr_direction { NR_SENT, NR_RELEASED };

/* -EINVAL: not a session, or not a number of one. @count: of messages, at least 1. */
int nr_once_check(const struct naru_once *once, uint64_t count);

/* Have the file mapped, and made if it is not there. */
int nr_sessions_map(struct naru_queue *queue);
void nr_sessions_unmap(struct naru_queue *queue);

/* The session's last number, 0 for none. */
uint64_t nr_session_last(struct naru_queue *queue, enum nr_direction direction,
			 struct naru_once *once);

/*
 * The next change of the side is to be noted as @last, in an entry that the session gets
 * if it has none. After nr_session_last().
 */
void nr_session_begin(struct naru_queue *queue, enum nr_direction direction,
		      struct naru_once *once, uint64_t last);
/* The change was made, or it was not. */
void nr_session_end(struct naru_queue *queue, enum nr_direction direction,
		    const struct naru_once *once, bool done);

/*
 * The side's lock was taken over from the dead. Call it before anything is changed;
 * for the senders with the tail behind all that has been published.
 */
void nr_session_repair(struct naru_queue *queue, enum nr_direction direction,
		       uint64_t position);

/* nr_session_last(), with the lock taken for it. */
int nr_session_recall(struct naru_queue *queue, uint32_t id, enum nr_direction direction,
		      struct naru_once *once, struct nr_deadline *deadline,
		      uint64_t *ret_last);

#endif /* NARU_QUEUE_SESSIONS_H */
