/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_H
#define NARU_SYSV_SET_H

/*
 * sysv/set.h - a set of semaphores, as semop(2) knows it: one file of a space
 *
 * What Linux does, in Linux's order: ipc/sem.c of the kernel is the measure. Identifiers,
 * keys and permissions are not known here.
 */

#include <layout/set.h>
#include <space/space.h>

struct nr_set;

/* A new set of zeros under @name. The caller opens it. -EEXIST, -EINVAL, -ENOSPC */
int nr_set_create(struct naru_space *space, const char *name, uint32_t semaphores,
		  mode_t mode, uid_t owner, gid_t group);

/*
 * Open the set @name. @is_gone, if not NULL, tells whether it has been removed although
 * its name is there still. -ENOENT, -EBADMSG, -EPROTONOSUPPORT
 */
int nr_set_open(struct naru_space *space, const char *name, bool (*is_gone)(void *data),
		void *data, struct nr_set **ret_set);
struct nr_set *nr_set_close(struct nr_set *set);

/* The set is removed: whoever sleeps, and whoever calls from now on, gets -EIDRM. */
void nr_set_end(struct nr_set *set);

uint32_t nr_set_size(const struct nr_set *set);

/* How long a call may sleep. */
struct nr_set_time {
	bool limited;
	uint64_t ns; /* from now, if limited */
};

/*
 * Do all of the operations, or none. Their memory is the caller's own.
 *
 * -EAGAIN	IPC_NOWAIT, or the time is over
 * -EINTR	a signal handler ran while it slept
 * -EIDRM	the set is gone
 * -ERANGE	a value or what is owed would be too large
 * -EFBIG	there is no such semaphore
 * -ENOMEM	no memory for what is owed
 */
int nr_set_operate(struct nr_set *set, const struct nr_operation_shared *operations,
		   uint32_t count, const struct nr_set_time *time);

/* Of one semaphore: its value, or an error. -EIDRM, -EINVAL: there is no such one */
int nr_set_value(struct nr_set *set, uint32_t number);
int nr_set_pid(struct nr_set *set, uint32_t number);
/* Who sleeps until it grows, or until it is zero. */
int nr_set_count_sleepers(struct nr_set *set, uint32_t number, bool for_zero);

/* What was owed for it is forgotten. -EIDRM, -EINVAL, -ERANGE */
int nr_set_set_value(struct nr_set *set, uint32_t number, int value);

/* All of them, nr_set_size() values. -EIDRM, -ERANGE */
int nr_set_values(struct nr_set *set, uint16_t *ret_values);
int nr_set_set_values(struct nr_set *set, const uint16_t *values);

/* Seconds since the epoch: of the last semop(2), and of the last SETVAL or SETALL; 0 */
struct nr_set_times {
	int64_t operated;
	int64_t changed;
};
int nr_set_stat(struct nr_set *set, struct nr_set_times *ret_times);

#endif /* NARU_SYSV_SET_H */
