/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_LOG_H
#define NARU_SYSV_SET_LOG_H

/*
 * sysv/set-log.h - changes of a set that are done wholly or not at all
 *
 *	nr_set_prepare()	writes the log; nothing has changed
 *	nr_set_commit()		from its one store on, the change is made
 *
 * No system calls. All of it under the lock.
 */

#include <sysv/set-handle.h>

/*
 * Can @task be done now? 0: the log is ready to be committed. 1: not before
 * task->blocking can be done. -EAGAIN: neither, and that one has IPC_NOWAIT. -ERANGE.
 */
int nr_set_prepare(struct nr_set *set, struct nr_set_task *task);

/* Do what was prepared for @task. */
void nr_set_commit(struct nr_set *set, const struct nr_set_task *task);

/* Set one semaphore, or all from the values that are in their place. */
void nr_set_commit_value(struct nr_set *set, uint32_t number, uint16_t value,
			 int32_t pid);
void nr_set_commit_values(struct nr_set *set, int32_t pid);

/* Add to the semaphores what a row that is NR_ROW_LEAVING owes, and free it. */
void nr_set_commit_row(struct nr_set *set, uint32_t row);

/* Do what is committed, and perhaps not done. -EBADMSG */
int nr_set_redo(struct nr_set *set);

static inline uint16_t *nr_set_staged(const struct nr_set *set)
{
	return (void *)(set->base + set->places.values);
}

#endif /* NARU_SYSV_SET_LOG_H */
