/* SPDX-License-Identifier: MIT */

#include <sys/deadline.h>

#include <errno.h>
#include <sys/clock.h>

uint64_t nr_deadline_until(struct nr_deadline *deadline)
{
	if (deadline->until == 0) {
		if (deadline->timeout_ms < 0)
			deadline->until = NR_DEADLINE_NEVER;
		else
			deadline->until = nr_clock_monotonic() +
					  (uint64_t)deadline->timeout_ms * 1000000;
	}
	return deadline->until;
}

int nr_deadline_error(const struct nr_deadline *deadline)
{
	return deadline->timeout_ms == 0 ? -EAGAIN : -ETIMEDOUT;
}
