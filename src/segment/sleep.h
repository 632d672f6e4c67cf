/* SPDX-License-Identifier: MIT */
#ifndef NARU_SEGMENT_SLEEP_H
#define NARU_SEGMENT_SLEEP_H

/* segment/sleep.h - sleep until a word of the header changes, or somebody has died */

#include <segment/handle.h>
#include <space/members.h>
#include <sys/deadline.h>

struct nr_segment_sleep {
	struct naru_segment *segment;
	struct nr_deadline *deadline;
	struct nr_watch watch;
	bool napped;
};

struct nr_segment_sleep nr_segment_sleep_begin(struct naru_segment *segment,
					       struct nr_deadline *deadline);

/*
 * Sleep while *@word is @expected. After a death all who sleep for the segment are woken,
 * as the dead one may have been about to do that.
 *
 * 0		look again
 * -ETIMEDOUT, -EINTR
 */
int nr_segment_sleep(struct nr_segment_sleep *sleep, _Atomic uint32_t *word,
		     uint32_t expected);

#endif /* NARU_SEGMENT_SLEEP_H */
