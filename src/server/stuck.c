/* SPDX-License-Identifier: MIT */

#include <server/stuck.h>

#include <errno.h>

enum { LEAVE_MS = 5000, LOCK_MS = 1000 };

int nr_stuck(const struct nr_served *served)
{
	return served->stuck_until && nr_timers_now() < served->stuck_until ? -EAGAIN : 0;
}

int nr_stuck_note(struct nr_served *served, int r)
{
	served->stuck_until = r == -EAGAIN ? nr_timers_due(LEAVE_MS) : 0;
	return r;
}

/* It does without the lock in the end, and does not say so. */
int nr_stuck_stat(struct nr_served *served, struct naru_queue_stat *ret_stat)
{
	uint64_t patient;
	int r = nr_stuck(served);

	if (r < 0)
		return r;
	patient = nr_timers_due(LOCK_MS);
	r = naru_queue_stat(served->queue, ret_stat);
	nr_stuck_note(served, nr_timers_now() < patient ? r : -EAGAIN);
	return r;
}
