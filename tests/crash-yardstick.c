/* SPDX-License-Identifier: MIT */

/* crash-yardstick.c - kill at every instruction, and count what came of it */

#include "crash-yardstick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { TOGETHER = 16 };

void yardstick_fill(unsigned char *buffer, unsigned serial)
{
	for (unsigned i = 0; i < YARDSTICK_LENGTH; i++)
		buffer[i] = (unsigned char)(serial * 31 + i);
}

bool yardstick_is(const unsigned char *buffer, unsigned serial)
{
	unsigned char expected[YARDSTICK_LENGTH];

	yardstick_fill(expected, serial);
	return memcmp(buffer, expected, YARDSTICK_LENGTH) == 0;
}

/* Kill it at @point; false: it was through. */
static bool kill_at(const struct yardstick *yardstick, unsigned long *point)
{
	const struct trace_victim victim = {yardstick->prepare, yardstick->run, NULL,
					    point};
	struct trace trace;
	bool more = true;

	if (!trace_start(&trace, &victim)) {
		printf("%s: %s\n", yardstick->name, trace_page->text);
		exit(1);
	}
	while (more && trace.steps < *point)
		more = trace_step(&trace);
	trace_kill(&trace);
	return more;
}

int yardstick_measure(const struct yardstick *yardstick)
{
	unsigned long count[YARDSTICK_OUTCOMES] = {0}, points = 0;
	const unsigned together = yardstick->alone ? 1 : TOGETHER;
	int outcome = YARDSTICK_HUNG;
	bool more = true;

	while (more) {
		unsigned long point[TOGETHER];
		pid_t survivor[TOGETHER];
		unsigned started = 0;

		for (; more && started < together; started++) {
			point[started] = points++;
			more = kill_at(yardstick, &point[started]);
			survivor[started] = trace_survive_start(
				yardstick->survive, &point[started], YARDSTICK_LIMIT_MS);
		}
		for (unsigned i = 0; i < started; i++) {
			outcome = trace_survive_wait(survivor[i]);
			if (outcome < 0 || outcome >= YARDSTICK_OUTCOMES)
				outcome = YARDSTICK_HUNG;
			count[outcome]++;
			yardstick->clean(&point[i]);
		}
	}
	printf("%-24s %4lu points: %4lu old, %4lu new, %4lu damaged, %4lu hung\n",
	       yardstick->name, points, count[YARDSTICK_OLD], count[YARDSTICK_NEW],
	       count[YARDSTICK_DAMAGED], count[YARDSTICK_HUNG]);
	return outcome == YARDSTICK_NEW ? 0 : 1;
}
