/* SPDX-License-Identifier: MIT */

/* sys/futex.c - see sys/futex.h */

#include <errno.h>
#include <linux/futex.h>
#include <sys/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int nr_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(until_ns / 1000000000u),
		.tv_nsec = (long)(until_ns % 1000000000u),
	};
	int saved = errno, r = 0;

	/* With a bitset the time is absolute, and of CLOCK_MONOTONIC. */
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
		    until_ns == UINT64_MAX ? NULL : &until, NULL,
		    FUTEX_BITSET_MATCH_ANY) < 0 &&
	    errno != EAGAIN)
		r = -errno;
	errno = saved;
	return r;
}

int nr_futex_wake(_Atomic uint32_t *word, int count)
{
	int saved = errno;
	long woken = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);

	errno = saved;
	return woken < 0 ? 0 : (int)woken;
}
