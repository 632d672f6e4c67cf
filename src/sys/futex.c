/* SPDX-License-Identifier: MIT */

/* sys/futex.c - see sys/futex.h */

#include <linux/futex.h>
#include <sys/call.h>
#include <sys/futex.h>
#include <time.h>

static_assert(sizeof(struct timespec) == 16, "layout");

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};
}

int nr_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns)
{
	struct timespec until = timespec_of(until_ns);
	/* With a bitset the time is absolute, and of CLOCK_MONOTONIC. */
	int r = (int)nr_call_once(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
				  until_ns == UINT64_MAX ? NULL : &until, NULL,
				  FUTEX_BITSET_MATCH_ANY);

	return r == -EAGAIN ? 0 : r;
}

int nr_futex_wake(_Atomic uint32_t *word, int count)
{
	int woken = (int)nr_call_once(SYS_futex, word, FUTEX_WAKE, count);

	return woken < 0 ? 0 : woken;
}
