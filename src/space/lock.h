/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_LOCK_H
#define NARU_SPACE_LOCK_H

/*
 * space/lock.h - a lock in shared memory that outlives its owner's death
 *
 * One word: 0 for free, else the owner's id (layout/peers.h), with bit 31 set when
 * somebody may be asleep. Taken by a compare-and-swap, released by a store. Who
 * waits longer than a moment tests whether the owner is alive, and takes the lock
 * over from a dead one.
 *
 * A release looks at the word and then stores 0, which is not one step: bit 31 may
 * be set in between. Who sets it then goes to sleep by a system call that compares
 * the word, which takes far longer than the owner's next instruction; only if the
 * owner is interrupted right there does the sleeper miss its wake, and sleeps for
 * one nap. An exchange would close that, and cost each call more than all else in
 * it.
 *
 * Edges:
 *	[lock]	nr_lock_release stores the word with release
 *		nr_lock_take	compares and swaps it
 *		=> the next owner sees all that the one before it wrote.
 *	[death]	the kernel drops a dead owner's file lock after its last store;
 *		nr_space_alive() asks the kernel
 *		=> so does the one who takes over.
 */

#include <base/atomic.h>
#include <space/space.h>
#include <sys/deadline.h>

#define NR_LOCK_CONTENDED UINT32_C(0x80000000)

/*
 * A call with timeout 0 must not wait for messages, but a lock that is held for
 * some microseconds is no reason to fail: so long it waits for one all the same.
 */
#define NR_LOCK_GRACE_MS 20

/*
 * 0		 the lock is ours
 * -EOWNERDEAD	 the lock is ours, and what it guards is as a dead owner left it:
 *		 repair it, or leave it with nr_lock_return()
 * -EAGAIN, -ETIMEDOUT, -EINTR
 */
int nr_lock_take_slowly(struct naru_space *space, _Atomic uint32_t *lock, uint32_t id,
			struct nr_deadline *deadline, uint32_t *ret_dead);

static inline int nr_lock_take(struct naru_space *space, _Atomic uint32_t *lock,
			       uint32_t id, struct nr_deadline *deadline,
			       uint32_t *ret_dead)
{
	uint32_t old = 0;

	if (__builtin_expect(nr_swap_if(lock, &old, id), 1)) /* [lock] */
		return 0;
	return nr_lock_take_slowly(space, lock, id, deadline, ret_dead);
}

/* Wake one who sleeps for the lock. */
void nr_lock_wake(_Atomic uint32_t *lock);

static inline void nr_lock_release(_Atomic uint32_t *lock)
{
	uint32_t old = nr_load_relaxed(lock);

	nr_store_release(lock, 0); /* [lock] */
	if (__builtin_expect(old & NR_LOCK_CONTENDED, 0))
		nr_lock_wake(lock);
}

/*
 * After -EOWNERDEAD, when the repair failed: the lock is the dead one's again, and
 * the next one will try anew.
 */
void nr_lock_return(_Atomic uint32_t *lock, uint32_t dead);

#endif /* NARU_SPACE_LOCK_H */
