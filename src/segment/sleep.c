/* SPDX-License-Identifier: MIT */

#include <segment/sleep.h>

#include <errno.h>
#include <limits.h>
#include <sys/clock.h>
#include <sys/futex.h>

enum {
	NAP_NS = 8 * 1000 * 1000,	  /* most sleeps are shorter, and watch nobody */
	READER_NAP_NS = 80 * 1000 * 1000, /* of who cannot ask to be woken */
};

struct nr_segment_sleep nr_segment_sleep_begin(struct naru_segment *segment,
					       struct nr_deadline *deadline)
{
	return (struct nr_segment_sleep){
		.segment = segment,
		.deadline = deadline,
		.watch = {.space = segment->file->space,
			  .members = &segment->shared->members},
	};
}

static int nap(struct nr_segment_sleep *sleep, _Atomic uint32_t *word, uint32_t expected,
	       uint64_t length_ns)
{
	uint64_t until = nr_deadline_until(sleep->deadline), now = nr_clock_monotonic();
	int r;

	if (now >= until)
		return -ETIMEDOUT;
	if (until - now > length_ns)
		until = now + length_ns;
	r = nr_members_nap(&sleep->watch, word, expected, until);
	return r == -EINTR ? r : 0;
}

static int sleep_once(struct nr_segment_sleep *sleep, _Atomic uint32_t *word,
		      uint32_t expected)
{
	struct nr_segment_shared *shared = sleep->segment->shared;
	int r;

	/* Without a place among the members, and without the means to forget any. */
	if (sleep->segment->file->read_only)
		return nap(sleep, word, expected, READER_NAP_NS);
	if (!sleep->napped) {
		sleep->napped = true;
		return nap(sleep, word, expected, NAP_NS);
	}
	r = nr_members_sleep(&sleep->watch, word, expected,
			     nr_deadline_until(sleep->deadline));
	if (r == -EOWNERDEAD) {
		nr_futex_wake(&shared->lock, INT_MAX);
		nr_futex_wake(&shared->events, INT_MAX);
		/* dies here: so the next one who sleeps is told, and does this anew */
		nr_members_forget(&sleep->watch);
		return 0;
	}
	return r == -EAGAIN ? 0 : r;
}

int nr_segment_sleep(struct nr_segment_sleep *sleep, _Atomic uint32_t *word,
		     uint32_t expected)
{
	int r = sleep_once(sleep, word, expected);

	nr_members_awake(&sleep->watch);
	return r;
}
