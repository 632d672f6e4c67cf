/* SPDX-License-Identifier: MIT */

#include <space/yield.h>

#include <base/atomic.h>
#include <sys/clock.h>
#include <sys/process.h>

enum {
	LONG_NS = 30 * 1000, /* no turn of somebody who has our answer ready takes that */
	PATIENCE = 64,	     /* so many times as long as the delay */
	NEAR = 16, /* yields; of two long ones nearer than that none is chance */
};

void nr_yield(struct nr_yield *yield)
{
	uint64_t start = nr_clock_monotonic(), took;
	uint32_t late = nr_load_relaxed(&yield->late);

	if (start < nr_load_relaxed(&yield->not_before))
		return;
	nr_process_yield();
	took = nr_clock_monotonic() - start;
	if (took > LONG_NS && late > 0)
		nr_store_relaxed(&yield->not_before, start + took + PATIENCE * took);
	if (took > LONG_NS)
		nr_store_relaxed(&yield->late, NEAR);
	else if (late > 0)
		nr_store_relaxed(&yield->late, late - 1);
}
