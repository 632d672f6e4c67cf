/* SPDX-License-Identifier: MIT */

#include <segment/handover.h>

#include <base/atomic.h>
#include <stddef.h>
#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/map.h>

/* A parent that is stopped just now, or has died, does not end its fork. */
enum { NAP_NS = 200 * 1000, NAPS_MAX = 5000 };

static _Atomic uint32_t *own;	  /* with our children; NULL: there are none yet */
static _Atomic uint32_t *parents; /* NULL: it has dropped ours */
static uint32_t forks;		  /* of ours */
static uint32_t forks_of_parent;  /* up to that which made us */

static void drop(_Atomic uint32_t **page)
{
	nr_unmap(*page, nr_page_size());
	*page = NULL;
}

void nr_handover_prepare(void)
{
	void *page;

	if (!own && nr_map_shared(nr_page_size(), &page) == 0) {
		own = page;
		forks = 0;
	}
}

void nr_handover_begin(void)
{
	nr_handover_prepare();
	forks++;
}

void nr_handover_end(void)
{
	if (own)
		nr_store_release(own, forks);
}

void nr_handover_inherit(void)
{
	drop(&parents);
	parents = own;
	forks_of_parent = forks;
	own = NULL;
}

void nr_handover_forget(void)
{
	drop(&parents);
	drop(&own);
}

void nr_handover_await(void)
{
	for (int i = 0; parents && i < NAPS_MAX; i++) {
		uint32_t over = nr_load_acquire(parents);

		if ((int32_t)(over - forks_of_parent) >= 0)
			break;
		nr_futex_wait(parents, over, nr_clock_monotonic() + NAP_NS);
	}
	drop(&parents);
}
