/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_WAITER_H
#define NARU_QUEUE_WAITER_H

/*
 * queue/waiter.h - who sleeps for what, and waking exactly one who can use it
 *
 * Edge:
 *	[sleep]	a sleeper sets its bit, passes a heavy barrier (sys/barrier.h), then
 *		looks at the queue once more; a waker changes the queue, passes a
 *		light one, then looks at the bits
 *		=> either the sleeper sees the change or the waker sees the bit.
 *
 * Where sleepers come often, a fence a call is cheaper than a heavy barrier a sleep.
 * So there is a word, fenced: while it is not OFF, wakers pass a full fence, and
 * while it is ON, sleepers do without the heavy barrier. It goes OFF -> CHANGING,
 * heavy barrier, -> ON by a sleeper, and ON -> CHANGING, heavy barrier, -> OFF by a
 * waker that has long seen nobody asleep; it counts its changes above the low two
 * bits, so that a late one is found out.
 *
 * tests/model/wait.pml proves it. That a waker dies before it wakes, or a sleeper after
 * it was woken, is heard of by those who sleep: space/members.h.
 */

#include <queue/handle.h>
#include <sys/barrier.h>

/* A WOKEN state word; the rest tells, as good as for certain, the message's type. */
static inline uint32_t nr_woken_by(int64_t type)
{
	uint64_t hash = (uint64_t)type * UINT64_C(0x9e3779b97f4a7c15);

	return NR_WAITER_WOKEN | (uint32_t)(hash >> 34) << 2;
}

/* One call's waiting, from the first -EAGAIN to its end. */
struct nr_waiting {
	struct naru_queue *queue;
	uint32_t id;
	uint32_t thread;
	bool sender;
	struct nr_select select; /* a receiver's */
	uint64_t need;		 /* a sender's: bytes */
	const uint64_t *epoch;	 /* a receiver's: when it last found nothing */
	enum {
		NR_WAITING_NOT, /* has not waited yet */
		NR_WAITING_AWAKE,
		NR_WAITING_ARMED, /* the entry says SLEEPING */
	} stage;
	int entry;   /* -1: the table is full, it sleeps by the clock */
	bool missed; /* a waker may have missed us: naps are short */
	bool napped; /* once, so that it is time to watch the others */
	struct nr_watch watch;
	uint32_t woken; /* the state word that ended the sleep, or 0 */
};

/*
 * Call it when the queue could not serve the caller.
 *
 * 0	try again
 * -ETIMEDOUT, -EINTR, -EIDRM, -EAGAIN; but for -EIDRM, try once more all the same
 */
int nr_wait(struct nr_waiting *waiting, struct nr_deadline *deadline);

/* After it, whatever the end was. @type: of the message received, or 0. */
void nr_wait_end(struct nr_waiting *waiting, int64_t type);

/* A message of @type has come: wake one receiver that admits it. */
void nr_wake_receiver_slowly(struct naru_queue *queue, int64_t type);
/* Room has come: wake as many senders as it is enough for. */
void nr_wake_senders_slowly(struct naru_queue *queue);
/* Messages have come, and of which types is not known. */
void nr_wake_receivers(struct naru_queue *queue);
void nr_wake_all(struct naru_queue *queue);

/* True if the sleeper of @entry, whose bit is in @bits, was asleep; now he is not. */
bool nr_waiter_wake(struct naru_queue *queue, _Atomic uint64_t *bits, uint32_t entry,
		    uint32_t state);

enum nr_fenced {
	NR_FENCED_OFF = 0,
	NR_FENCED_CHANGING = 1,
	NR_FENCED_ON = 2,
};

/*
 * A sleeper has set its bit: see to it that every waker sees the bit, or we what it
 * did before. False: that cannot be had, and we may be missed.
 */
bool nr_waiter_fence(struct naru_queue *queue);

/* A waker's full fence; and, when it has long been for nothing, the end of it. */
void nr_waiter_calm(struct naru_queue *queue);

/* Does anybody sleep? After the queue was changed; no lock need be held. */
static inline bool nr_waiter_any(struct naru_queue *queue, const _Atomic uint64_t *bits)
{
	nr_program_order();
	if (__builtin_expect(nr_load_acquire(&queue->shared->fenced) & 3,
			     0)) /* [sleep] */
		nr_waiter_calm(queue);
	else
		nr_barrier_light(); /* [sleep] */
	return nr_waiter_bits(bits);
}

static inline void nr_wake_receiver(struct naru_queue *queue, int64_t type)
{
	if (__builtin_expect(nr_waiter_any(queue, queue->shared->sleeping_receivers), 0))
		nr_wake_receiver_slowly(queue, type);
}

static inline void nr_wake_senders(struct naru_queue *queue)
{
	if (__builtin_expect(nr_waiter_any(queue, queue->shared->sleeping_senders), 0))
		nr_wake_senders_slowly(queue);
}

/* An entry for @id with state FREE, or -EUSERS. Its owner word is set. */
int nr_waiter_acquire(struct naru_queue *queue, uint32_t id);
void nr_waiter_release(struct naru_queue *queue, int entry);

/* A call of the thread of that number in this process has ended without nr_wait_end(). */
void nr_waiter_give_up(struct naru_queue *queue, uint64_t thread);

/* How many of @bits belong to living processes. */
uint32_t nr_waiter_count(struct naru_queue *queue, const _Atomic uint64_t *bits);

#endif /* NARU_QUEUE_WAITER_H */
