/* SPDX-License-Identifier: MIT */

#include <sys/random.h>

#include <linux/random.h>
#include <stdatomic.h>
#include <sys/call.h>
#include <sys/clock.h>
#include <sys/process.h>

/* For a kernel that has none, or none yet, early after it was started. */
static uint64_t substitute(void)
{
	static _Atomic uint64_t calls;
	uint64_t number = nr_clock_monotonic() ^ (uint64_t)nr_process_id() << 40;

	number += atomic_fetch_add(&calls, 1) * UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

uint64_t nr_random(void)
{
	uint64_t number;

	if (nr_call(SYS_getrandom, &number, sizeof(number), GRND_NONBLOCK) ==
	    (long)sizeof(number))
		return number;
	return substitute();
}
