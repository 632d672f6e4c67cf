/* SPDX-License-Identifier: MIT */

#include "roudi.h"

#include <stddef.h>
#include <unistd.h>

static const char program[] = "/usr/bin/iox-roudi";

const char *bench_roudi_missing(void)
{
	return access(program, X_OK) == 0 ? NULL : "no iox-roudi: the package iceoryx";
}

int bench_roudi_start(struct bench_daemon *ret_roudi)
{
	static const char *const arguments[] = {
		program, "--monitoring-mode", "off", "--log-level", "off", NULL};

	return bench_daemon_start(arguments, "ready for clients", ret_roudi);
}

void bench_roudi_stop(const struct bench_daemon *roudi)
{
	struct bench_daemon next;

	/*
	 * It aborts, and leaves its memory behind, if a client of its was killed.
	 * The next one takes that over, and removes it.
	 */
	if (!bench_daemon_end(roudi) && bench_roudi_start(&next) == 0)
		bench_daemon_end(&next);
}
