/* SPDX-License-Identifier: MIT */

/*
 * segment/bell.c - wait for the next notify
 *
 * Edges:
 *	[bell]	notify raises events, then looks at sleepers
 *		wait   sets sleepers, then looks at events (the kernel does)
 *		=> one of them sees the other's store; and who sees the new number sees
 *		what was written before it.
 */

#include <errno.h>
#include <limits.h>
#include <segment/handle.h>
#include <segment/sleep.h>
#include <sys/futex.h>

uint32_t naru_segment_events(struct naru_segment *segment)
{
	return nr_load_acquire(&segment->shared->events); /* [bell] */
}

int naru_segment_wait(struct naru_segment *segment, uint32_t events, int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct nr_segment_shared *shared = segment->shared;
	struct nr_segment_sleep sleep = nr_segment_sleep_begin(segment, &deadline);
	bool read_only = segment->file->read_only;
	uint32_t id;
	int r = 0;

	if (nr_load_acquire(&shared->events) != events) /* [bell] */
		return 0;
	if (timeout_ms == 0)
		return -EAGAIN;
	if (!read_only)
		r = nr_segment_enter(segment, &id);
	while (r == 0) {
		if (!read_only)
			nr_exchange(&shared->sleepers, 1);	/* [bell] */
		if (nr_load_acquire(&shared->events) != events) /* [bell] */
			return 0;
		r = nr_segment_sleep(&sleep, &shared->events, events);
	}
	return r;
}

int naru_segment_notify(struct naru_segment *segment)
{
	struct nr_segment_shared *shared = segment->shared;
	uint32_t id;
	int r = nr_segment_enter(segment, &id);

	if (r < 0)
		return r;
	atomic_fetch_add(&shared->events, 1); /* [bell] */
	/* dies from here on: heard of by those who sleep, one of whom wakes the others */
	if (nr_load_fenced(&shared->sleepers) && nr_exchange(&shared->sleepers, 0))
		nr_futex_wake(&shared->events, INT_MAX);
	return 0;
}
