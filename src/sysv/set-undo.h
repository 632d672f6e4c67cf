/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_UNDO_H
#define NARU_SYSV_SET_UNDO_H

/*
 * sysv/set-undo.h - what processes owe a set when they end (SEM_UNDO)
 *
 * A process is over when nobody is alive under its id, and when no process has its pid
 * and has started when it did: execve(2) ends the id, but what is owed stays owed. That
 * is seen in /proc, by processes of the same pid namespace; for others it ends at exec.
 */

#include <sysv/set-handle.h>

/*
 * The calling process's row, made if it has none. Under the lock. @ret_row: plus 1.
 * -ENOMEM, -EIDRM
 */
int nr_set_find_row(struct nr_set *set, uint32_t id, uint32_t *ret_row);

/* If an earlier program of this process owes something: it is ours. Under the lock. */
void nr_set_adopt_row(struct nr_set *set, uint32_t id);

/* Does a process owe something whose death nobody will be told of? */
bool nr_set_owes_after_exec(struct nr_set *set);

/* Work off what is left of dead processes' rows. Under the lock. True: there was some. */
bool nr_set_settle(struct nr_set *set);

#endif /* NARU_SYSV_SET_UNDO_H */
