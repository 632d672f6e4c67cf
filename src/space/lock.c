/* SPDX-License-Identifier: MIT */

#include <space/lock.h>

#include <base/log.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/clock.h>
#include <sys/futex.h>

enum {
	SPINS = 60,		   /* some microseconds at most */
	FIRST_NAP_NS = 500 * 1000, /* the owner is running, most likely */
	NAP_NS = 4 * 1000 * 1000,  /* how late a death is noticed */
};

static bool spin(_Atomic uint32_t *lock, uint32_t id)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t old = nr_load_relaxed(lock);

		if (old == 0 && nr_swap_if(lock, &old, id)) /* [lock] */
			return true;
		if (old & NR_LOCK_CONTENDED)
			return false;
		nr_relax();
	}
	return false;
}

int nr_lock_take_slowly(struct naru_space *space, _Atomic uint32_t *lock, uint32_t id,
			struct nr_deadline *deadline, uint32_t *ret_dead)
{
	uint64_t until, nap = FIRST_NAP_NS;

	if (spin(lock, id))
		return 0;

	if (deadline->timeout_ms == 0)
		until = nr_clock_monotonic() + NR_LOCK_GRACE_MS * UINT64_C(1000000);
	else
		until = nr_deadline_until(deadline);

	/*
	 * From here on the lock is taken with the bit set: others may sleep, and
	 * we cannot know.
	 */
	for (;;) {
		uint32_t old = nr_load_relaxed(lock);
		uint32_t owner = old & NR_PEER_ID_MASK;
		uint64_t now, wake;
		int r;

		if (owner == 0) {
			if (nr_swap_if(lock, &old, id | NR_LOCK_CONTENDED)) /* [lock] */
				return 0;
			continue;
		}
		if (!(old & NR_LOCK_CONTENDED)) {
			if (!nr_swap_if(lock, &old, old | NR_LOCK_CONTENDED))
				continue;
			old |= NR_LOCK_CONTENDED;
		}

		now = nr_clock_monotonic();
		if (now >= until)
			return nr_deadline_error(deadline);
		wake = until - now > nap ? now + nap : until;
		r = nr_futex_wait(lock, old, wake);
		if (r == -EINTR && deadline->timeout_ms != 0)
			return r;
		if (r != -ETIMEDOUT)
			continue;
		nap = NAP_NS;
		if (nr_space_alive(space, owner)) /* [death] */
			continue;
		if (nr_swap_if(lock, &old, id | NR_LOCK_CONTENDED)) { /* [lock] */
			nr_log("the owner of a lock (peer %u) is dead: repairing", owner);
			*ret_dead = owner;
			return -EOWNERDEAD;
		}
	}
}

void nr_lock_wake(_Atomic uint32_t *lock)
{
	nr_futex_wake(lock, 1);
}

void nr_lock_return(_Atomic uint32_t *lock, uint32_t dead)
{
	nr_exchange(lock, dead | NR_LOCK_CONTENDED);
	nr_futex_wake(lock, 1);
}
