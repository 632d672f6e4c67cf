/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_POLL_H
#define NARU_QUEUE_POLL_H

/*
 * queue/poll.h - the descriptors for poll(2)
 *
 * A named FIFO beside the queue, ".NAME-<inode>.r" for readable and ".w" for
 * writable, made when somebody first asks for a descriptor. While anybody polls
 * (a bit in polling_readable, polling_writable), there is a byte in it whenever
 * the queue is readable (writable), and none, in the long run, when it is not:
 *
 *	readable  is guarded by the senders' lock. A send that finds token 0 writes
 *		  a byte before it publishes, and sets token to 1. A receive that
 *		  finds nothing, and token 1, takes the lock, makes sure, empties
 *		  the FIFO and sets token to 0.
 *	writable  the same with the sides exchanged.
 *
 * For those who poll by edge there is a third value of token, "write another one": see
 * naru_queue_rearm(). It is set under the same lock as the change that they wait for is
 * made, so whoever rearms and then looks in vain hears of the next one.
 *
 * A byte too many costs a poller a look; one too few would leave it asleep. So
 * bytes are written before, and drained after, the state is certain; and who takes
 * a lock over from the dead writes one to be safe.
 */

#include <queue/handle.h>

/* Before a record is published. The senders' lock is held. */
int nr_poll_before_send_slowly(struct naru_queue *queue);
/* Before room is made. The receivers' lock is held. */
int nr_poll_before_removal_slowly(struct naru_queue *queue);

static inline bool nr_poll_any(const _Atomic uint64_t *polling)
{
	return nr_waiter_bits(polling);
}

static inline int nr_poll_before_send(struct naru_queue *queue)
{
	if (__builtin_expect(nr_poll_any(queue->shared->polling_readable), 0))
		return nr_poll_before_send_slowly(queue);
	return 0;
}

static inline int nr_poll_before_removal(struct naru_queue *queue)
{
	if (__builtin_expect(nr_poll_any(queue->shared->polling_writable), 0))
		return nr_poll_before_removal_slowly(queue);
	return 0;
}

/*
 * Before messages come back to the store: pollers will look. The receivers' lock is
 * held, so that nobody drains meanwhile. Best effort.
 */
void nr_poll_before_return(struct naru_queue *queue);

/*
 * Make the FIFO agree with the queue, if anybody polls. No lock is held. Best
 * effort: when a lock cannot be had, a byte too many stays.
 */
void nr_poll_refresh(struct naru_queue *queue, uint32_t id, enum naru_poll which);

/* The lock that guards the FIFO was taken over, and is held. */
void nr_poll_repair(struct naru_queue *queue, enum naru_poll which);

/*
 * The queue is gone, or its name is about to go, and whoever is about to remove it may
 * die before he can tell anybody: leave a byte in both. It is not drained while removed
 * or removing says so.
 */
void nr_poll_removed(struct naru_queue *queue);

/*
 * Who was about to remove the queue, and is in the word removing as @removing, has not:
 * forget it, and let the FIFOs agree with the queue again. No lock is held. Best
 * effort: if a lock cannot be had, the next call tries again.
 */
void nr_poll_forget_removal(struct naru_queue *queue, uint32_t id, uint32_t removing);

/* The handle is closed: stop polling, close the descriptors. */
void nr_poll_close(struct naru_queue *queue);

#endif /* NARU_QUEUE_POLL_H */
