/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_SPIN_H
#define NARU_SPACE_SPIN_H

/*
 * space/spin.h - how long to look before falling asleep
 *
 * Waking a process on another core costs tens of microseconds in a virtual
 * machine, so to look for about that long first costs at most twice the best that
 * could have been done (Karlin, Manasse, McGeoch, Owicki: Competitive randomized
 * algorithms for nonuniform problems, 1990). Whether it is worth anything is
 * learnt: where spinning has not paid lately, as it cannot where the other side
 * needs our core, it is not done, but for a try now and then.
 *
 * A receiver that keeps up with a stream of messages looks at the very line that the
 * sender is writing, and makes it pay for each. So in a stream it stays away from the
 * line for a moment, and finds several messages then.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct nr_spin {
	_Atomic uint32_t worth;	  /* how often it paid, 0 .. 1024, decaying */
	_Atomic uint32_t skipped; /* waits since it was last tried */
	_Atomic uint32_t cpu;	  /* where the other side was, when we last looked */
	_Atomic uint32_t age;	  /* waits since then */
	_Atomic uint32_t streak;  /* short waits in a row: something streams */
	_Atomic uint32_t burst;	  /* messages since the last wait */
};

void nr_spin_set_up(struct nr_spin *spin);

/* Do messages come in a stream? */
bool nr_spin_streams(const struct nr_spin *spin);

/*
 * Call @ready until it is true. False: it did not become so in a time that makes
 * sense, which may be none at all.
 *
 * @cpu		plus 1, where the other side was last; 0: unknown. If that is our
 *		own, it cannot go on before we let go of it.
 * @pauses	how many pauses one look takes, about
 */
bool nr_spin_for(struct nr_spin *spin, const _Atomic uint32_t *cpu,
		 bool (*ready)(void *data), void *data, int pauses);

#endif /* NARU_SPACE_SPIN_H */
