/* SPDX-License-Identifier: MIT */

#include "stage.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bench_stage *bench_stage_create(void)
{
	struct bench_stage *stage =
		mmap(NULL, sizeof(struct bench_stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return stage == MAP_FAILED ? NULL : stage;
}

void bench_stage_await(_Atomic uint32_t *word, uint32_t value)
{
	uint32_t now;

	while ((now = atomic_load(word)) < value)
		syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
}

void bench_stage_count(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void bench_stage_meet(struct bench_stage *stage, unsigned processes, unsigned meeting)
{
	bench_stage_count(&stage->arrived);
	bench_stage_await(&stage->arrived, processes * meeting);
}

static const char *text_of(int error)
{
	/* What a receiver says of numbers that it did not expect. */
	return error == EILSEQ ? "messages lost, doubled or out of order"
			       : strerror(error);
}

void bench_stage_fail(struct bench_stage *stage, const char *what, int error)
{
	if (atomic_fetch_add(&stage->failed, 1) == 0)
		snprintf(stage->failure, sizeof(stage->failure), "%s: %s", what,
			 text_of(error < 0 ? -error : error));
}
