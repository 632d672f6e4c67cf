/* SPDX-License-Identifier: MIT */

#include <remote/patience.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/clock.h>
#include <sys/deadline.h>
#include <sys/poller.h>

struct nr_patience nr_patience_of(int timeout_ms)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	uint64_t until = nr_deadline_until(&deadline);

	return (struct nr_patience){
		.until = until,
		.limit = until == NR_DEADLINE_NEVER ? until : until + NR_NETWORK_NS,
		.at_once = timeout_ms == 0,
	};
}

void nr_patience_renew(struct nr_patience *patience)
{
	uint64_t limit = nr_clock_monotonic() + NR_NETWORK_NS;

	if (patience->limit < limit)
		patience->limit = limit;
}

void nr_patience_interrupt(struct nr_patience *patience)
{
	uint64_t now = nr_clock_monotonic();

	if (patience->interrupted)
		return;
	patience->interrupted = true;
	if (patience->until > now)
		patience->until = now;
	if (patience->limit > now + NR_NETWORK_NS)
		patience->limit = now + NR_NETWORK_NS;
}

static int ms_until(uint64_t moment)
{
	uint64_t now, left;

	if (moment == NR_DEADLINE_NEVER)
		return -1;
	now = nr_clock_monotonic();
	left = moment > now ? (moment - now + 999999) / 1000000 : 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

int nr_patience_wait_ms(const struct nr_patience *patience)
{
	return ms_until(patience->until);
}

int nr_patience_limit_ms(const struct nr_patience *patience)
{
	return ms_until(patience->limit);
}

bool nr_patience_nap(struct nr_patience *patience, uint64_t nanoseconds)
{
	uint64_t now = nr_clock_monotonic(), until = now + nanoseconds;

	if (now >= patience->limit)
		return false;
	if (until > patience->limit)
		until = patience->limit;
	while (nr_poll_descriptors(NULL, 0, until) == -EINTR)
		nr_patience_interrupt(patience);
	return true;
}
