/* SPDX-License-Identifier: MIT */
/* tools/progress.c - a bar on standard error, for what takes long */

#include <tools/progress.h>

#include <stdatomic.h>
#include <stdio.h>
#include <tools/units.h>
#include <unistd.h>

static const double first_seconds = 0.3;
static const double again_seconds = 0.05;

/* There is one terminal. */
static _Atomic bool drawn;

void nr_progress_start(struct nr_progress *progress, const char *label, uint64_t total)
{
	*progress = (struct nr_progress){
		.label = label,
		.total = total,
		.next = nr_seconds_now() + first_seconds,
		.enabled = total > 0 && isatty(STDERR_FILENO),
	};
}

void nr_progress_show(struct nr_progress *progress, uint64_t done)
{
	enum { WIDTH = 40 };
	static const char full[] = "########################################";
	double now, share;
	int filled;

	if (!progress->enabled)
		return;
	now = nr_seconds_now();
	if (now < progress->next)
		return;
	share = done < progress->total ? (double)done / (double)progress->total : 1;
	filled = (int)(share * WIDTH);
	fprintf(stderr, "\r%s [%.*s%*s] %3.0f%%", progress->label, filled, full,
		WIDTH - filled, "", share * 100);
	fflush(stderr);
	drawn = true;
	progress->next = now + again_seconds;
}

void nr_progress_end(struct nr_progress *progress)
{
	if (progress->enabled)
		nr_progress_wipe();
	progress->enabled = false;
}

void nr_progress_wipe(void)
{
	if (atomic_exchange(&drawn, false))
		fputs("\r\033[K", stderr);
}
