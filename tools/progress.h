/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_PROGRESS_H
#define NARU_TOOLS_PROGRESS_H

/*
 * tools/progress.h - a bar on standard error, for what takes long
 *
 * Nothing is shown unless standard error is a terminal, the total is known, and
 * the work has lasted a moment.
 */

#include <stdbool.h>
#include <stdint.h>

struct nr_progress {
	const char *label;
	uint64_t total; /* 0: not known */
	double next;	/* when to draw again; seconds of the monotonic clock */
	bool enabled;
};

void nr_progress_start(struct nr_progress *progress, const char *label, uint64_t total);

/* Cheap enough for every batch of messages. */
void nr_progress_show(struct nr_progress *progress, uint64_t done);

void nr_progress_end(struct nr_progress *progress);

/* Wipe the bar, if there is one, before something else is said. */
void nr_progress_wipe(void);

#endif /* NARU_TOOLS_PROGRESS_H */
