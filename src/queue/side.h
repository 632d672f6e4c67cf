/* SPDX-License-Identifier: MIT */
#ifndef NARU_QUEUE_SIDE_H
#define NARU_QUEUE_SIDE_H

/*
 * queue/side.h - the counts of one side of a queue, and their commit
 *
 * Edge:
 *	[counts]  nr_side_commit stores epoch with release
 *		  nr_side_read	 loads epoch with acquire
 *		  => who sees the epoch sees its counts, and the committer has
 *		     read every byte of the ring below them.
 */

#include <base/atomic.h>
#include <layout/queue.h>
#include <stdbool.h>
#include <sys/clock.h>
#include <sys/process.h>

struct nr_counts {
	uint64_t position;
	uint64_t messages;
	uint64_t bytes;
};

static inline struct nr_counts nr_side_counts_at(const struct nr_side_shared *side,
						 uint64_t epoch)
{
	const struct nr_counts_shared *counts = &side->counts[epoch & 1];

	return (struct nr_counts){
		.position = nr_load_relaxed(&counts->position),
		.messages = nr_load_relaxed(&counts->messages),
		.bytes = nr_load_relaxed(&counts->bytes),
	};
}

/* For the holder of the side's lock. */
static inline struct nr_counts nr_side_counts(const struct nr_side_shared *side)
{
	return nr_side_counts_at(side, nr_load_relaxed(&side->epoch));
}

/*
 * For others. False: commits come faster than we read, and some of the counts may
 * not be committed, nor ever be: good for a guess, and nothing else.
 */
static inline bool nr_side_read(const struct nr_side_shared *side,
				struct nr_counts *ret_counts)
{
	for (int i = 0; i < 16; i++) {
		uint64_t epoch = nr_load_acquire(&side->epoch); /* [counts] */

		*ret_counts = nr_side_counts_at(side, epoch);
		atomic_thread_fence(memory_order_acquire);
		if (nr_load_relaxed(&side->epoch) == epoch)
			return true;
	}
	return false;
}

/* Make @counts those of the side, and whatever the journal covers final. */
static inline void nr_side_commit(struct nr_side_shared *side,
				  const struct nr_counts *counts)
{
	uint64_t epoch = nr_load_relaxed(&side->epoch);
	struct nr_counts_shared *other = &side->counts[(epoch + 1) & 1];

	nr_store_relaxed(&other->position, counts->position);
	nr_store_relaxed(&other->messages, counts->messages);
	nr_store_relaxed(&other->bytes, counts->bytes);
	nr_store_release(&side->epoch, epoch + 1); /* [counts] */
}

/* Note who was the last on this side, when and where. Its lock is held. */
static inline void nr_side_stamp(struct nr_last_shared *last, int32_t pid)
{
	nr_store_relaxed(&last->time, nr_clock_wall_coarse());
	nr_store_relaxed(&last->pid, pid);
	nr_store_relaxed(&last->cpu, nr_process_cpu());
}

#endif /* NARU_QUEUE_SIDE_H */
