/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_PASS_H
#define NARU_SYSV_SET_PASS_H

/*
 * sysv/set-pass.h - do for the sleepers what they sleep for
 *
 * Whose turn it is, is as in the kernel: after each change, first those that wait for
 * zeros which there are now; then, again and again, whoever has slept longest of all
 * whose operations can be done. One that cannot go on holds nobody up.
 */

#include <sysv/set-handle.h>

/*
 * After @task has been done, or NULL: after whatever change. Under the lock. True: that
 * it counts as an operation on the set.
 */
bool nr_pass(struct nr_set *set, const struct nr_set_task *task,
	     struct nr_set_wakes *wakes);

/* End the sleep of all with @error. Under the lock. */
void nr_pass_end(struct nr_set *set, int error, struct nr_set_wakes *wakes);

/* Those whom a dead holder of the lock had taken sleep on. Under the lock. */
void nr_pass_restore(struct nr_set *set);

void nr_pass_wake(struct nr_set *set, struct nr_set_wakes *wakes);
/* Whoever is not asleep any more, and perhaps does not know it. */
void nr_pass_wake_all(struct nr_set *set);

/* A sleeper's operations beyond NR_SET_INLINE, and is there memory for them? */
static inline struct nr_operation_shared *nr_pass_array(const struct nr_set *set,
							uint32_t index)
{
	return (void *)(set->base + set->places.arrays + index * NR_SET_ARRAY_SIZE);
}

static inline bool nr_pass_has_array(const struct nr_set *set, uint32_t index)
{
	return nr_load_acquire(&set->shared->arrays[index / 64]) >> index % 64 & 1;
}

#endif /* NARU_SYSV_SET_PASS_H */
