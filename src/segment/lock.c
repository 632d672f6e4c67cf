/* SPDX-License-Identifier: MIT */

/*
 * segment/lock.c - the lock that users of a segment take turns with
 *
 * The word is as of space/lock.h, but people may hold this one for long. So who waits
 * hears of deaths instead of asking, and a release is an exchange, which misses nobody.
 *
 * Edges:
 *	[lock]	release and take exchange or swap the word
 *		=> the next owner sees all that the one before it wrote, dead or alive.
 */

#include <base/log.h>
#include <errno.h>
#include <limits.h>
#include <segment/handle.h>
#include <segment/sleep.h>
#include <space/lock.h>
#include <sys/futex.h>

enum { SPINS = 60 }; /* some microseconds at most */

/*
 * 0		 the lock is ours
 * -EOWNERDEAD	 the same, and its owner was dead
 * -EAGAIN	 somebody has it: *ret_seen
 */
static int try_once(struct naru_segment *segment, uint32_t id, uint32_t contended,
		    uint32_t *ret_seen)
{
	_Atomic uint32_t *lock = &segment->shared->lock;
	uint32_t old = nr_load_relaxed(lock);

	for (;;) {
		uint32_t owner = old & NR_PEER_ID_MASK;

		if (owner != 0 && nr_space_alive(segment->file->space, owner)) {
			*ret_seen = old;
			return -EAGAIN;
		}
		/* Others may sleep, if there was anybody to wait for. */
		if (!nr_swap_if(
			    lock, &old,
			    id | (owner ? NR_LOCK_CONTENDED : contended))) /* [lock] */
			continue;
		if (owner == 0)
			return 0;
		nr_log("segment %s: the owner of the lock (peer %u) has died",
		       segment->file->name, owner);
		return -EOWNERDEAD;
	}
}

static int spin(struct naru_segment *segment, uint32_t id, uint32_t *ret_seen)
{
	_Atomic uint32_t *lock = &segment->shared->lock;

	for (int i = 0; i < SPINS; i++) {
		uint32_t old = nr_load_relaxed(lock);

		if (old == 0 && nr_swap_if(lock, &old, id)) /* [lock] */
			return 0;
		if (old & NR_LOCK_CONTENDED)
			break;
		nr_relax();
	}
	return try_once(segment, id, 0, ret_seen);
}

static int take_slowly(struct naru_segment *segment, uint32_t id, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct nr_segment_sleep sleep = nr_segment_sleep_begin(segment, &deadline);
	_Atomic uint32_t *lock = &segment->shared->lock;
	uint32_t seen;
	int r;

	if (timeout_ms == 0)
		return try_once(segment, id, 0, &seen);
	r = spin(segment, id, &seen);
	while (r == -EAGAIN) {
		if (nr_load_relaxed(&segment->shared->damaged) == NR_GIVEN_UP)
			return -ENOTRECOVERABLE;
		if (seen & NR_LOCK_CONTENDED ||
		    nr_swap_if(lock, &seen, seen | NR_LOCK_CONTENDED))
			r = nr_segment_sleep(&sleep, lock, seen | NR_LOCK_CONTENDED);
		else
			r = 0;
		if (r == 0)
			r = try_once(segment, id, NR_LOCK_CONTENDED, &seen);
	}
	return r;
}

static void release(struct naru_segment *segment, int wake)
{
	_Atomic uint32_t *lock = &segment->shared->lock;

	if (nr_exchange(lock, 0) & NR_LOCK_CONTENDED) /* [lock] */
		nr_futex_wake(lock, wake); /* dies before: heard of by those who sleep */
}

/* The lock is ours; @r is how we got it. */
static int look_at_damage(struct naru_segment *segment, int r)
{
	_Atomic uint32_t *damaged = &segment->shared->damaged;
	uint32_t is = nr_load_relaxed(damaged);

	if (is == NR_GIVEN_UP) {
		release(segment, INT_MAX);
		return -ENOTRECOVERABLE;
	}
	/* dies before: the next one finds a dead owner, too */
	if (r == -EOWNERDEAD)
		nr_store_relaxed(damaged, NR_DAMAGED);
	return is != NR_WHOLE ? -EOWNERDEAD : r;
}

int naru_segment_lock(struct naru_segment *segment, int timeout_ms)
{
	uint32_t id, old = 0;
	int r = nr_segment_enter(segment, &id);

	if (r < 0)
		return r;
	if (!nr_swap_if(&segment->shared->lock, &old, id)) /* [lock] */
		r = take_slowly(segment, id, timeout_ms);
	if (r < 0 && r != -EOWNERDEAD)
		return r;
	return look_at_damage(segment, r);
}

static int check_owner(struct naru_segment *segment)
{
	uint32_t id;
	int r = nr_segment_enter(segment, &id);

	if (r < 0)
		return r;
	return (nr_load_relaxed(&segment->shared->lock) & NR_PEER_ID_MASK) == id ? 0
										 : -EPERM;
}

int naru_segment_unlock(struct naru_segment *segment)
{
	int r = check_owner(segment);

	if (r == 0)
		release(segment, 1);
	return r;
}

int naru_segment_repaired(struct naru_segment *segment)
{
	int r = check_owner(segment);

	if (r == 0)
		nr_store_release(&segment->shared->damaged, NR_WHOLE); /* [lock] */
	return r;
}

int naru_segment_give_up(struct naru_segment *segment)
{
	int r = check_owner(segment);

	if (r < 0)
		return r;
	nr_store_relaxed(&segment->shared->damaged, NR_GIVEN_UP);
	/* dies here: the next owner finds it given up all the same */
	release(segment, INT_MAX);
	return 0;
}
