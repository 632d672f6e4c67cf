/* SPDX-License-Identifier: MIT */

#include <space/yield.h>

#include <base/atomic.h>
#include <stdbool.h>
#include <sys/clock.h>
#include <sys/process.h>

enum {
	LONG_NS = 30 * 1000, /* no turn of somebody who has our answer ready takes that */
	PATIENCE = 64,	     /* so many times as long as the delay */
};

void nr_yield(struct nr_yield *yield)
{
	uint64_t start = nr_clock_monotonic(), took;
	bool late;

	if (start < nr_load_relaxed(&yield->not_before))
		return;
	nr_process_yield();
	took = nr_clock_monotonic() - start;
	late = took > LONG_NS;
	if (late && nr_load_relaxed(&yield->late))
		nr_store_relaxed(&yield->not_before, start + took + PATIENCE * took);
	if (late != nr_load_relaxed(&yield->late))
		nr_store_relaxed(&yield->late, late);
}
