/* SPDX-License-Identifier: MIT */

/*
 * Let a process die after each instruction of each call on a queue.
 *
 *	crash-queue [NAME]	only the scenarios whose names begin so
 *
 * NARU_CRASH_STRIDE	really kill after every so-manyth instruction, too (default: at
 *			KILLS places)
 */

#include "crash-run.h"

#include <stdio.h>
#include <string.h>

enum { KILLS = 6 };

int main(int count, char **arguments)
{
	unsigned stride = trace_option("NARU_CRASH_STRIDE", 0);
	unsigned long failures = 0;

	trace_begin();
	for (unsigned i = 0; i < scenarios_count; i++) {
		const struct scenario *scenario = &scenarios[i];
		struct crash_count found = {0};

		if (count > 1 &&
		    strncmp(scenario->name, arguments[1], strlen(arguments[1])))
			continue;
		crash_stop(scenario, &found);
		crash_kill(scenario, stride ? stride : 1 + found.length / KILLS, &found);
		printf("%s: %lu points, %lu states, old %lu, new %lu; %lu killed%s\n",
		       scenario->name, found.points, found.states, found.found[0],
		       found.found[1], found.kills, found.failures ? "; FAILED" : "");
		failures += found.failures;
	}
	if (failures)
		printf("%lu deaths were not survived\n", failures);
	return failures > 0;
}
