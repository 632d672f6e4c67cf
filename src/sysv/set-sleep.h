/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_SLEEP_H
#define NARU_SYSV_SET_SLEEP_H

/* sysv/set-sleep.h - wait until somebody has done our operations for us */

#include <sysv/set-handle.h>

/* A sleeper's entry. Under the lock. -ENOMEM: there is none. -EIDRM */
int nr_set_enlist(struct nr_set *set, uint32_t id, const struct nr_set_task *task,
		  uint32_t *ret_index);

/*
 * Sleep in that entry, without the lock, until @until_ns. 0: it is done; or -ERANGE,
 * -EAGAIN, -EINTR, -EIDRM. The entry is given back.
 */
int nr_set_sleep(struct nr_set *set, uint32_t id, uint32_t index, uint64_t until_ns);

/* The same for who found no entry: 0 after a moment, to try again. */
int nr_set_nap(struct nr_set *set, uint64_t until_ns);

#endif /* NARU_SYSV_SET_SLEEP_H */
