/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SEM_H
#define NARU_SYSV_SEM_H

/*
 * sysv/sem.h - semget(2), semop(2), semtimedop(2), semctl(2) over sets (sysv/set.h)
 *
 * All return what the manual pages say, but -errno for an error.
 */

#include <sys/sem.h>
#include <sysv/slots.h>
#include <time.h>

struct nr_sem {
	struct nr_ids *ids;
	struct nr_slots slots;
};

/* What a slot of ours is for. */
struct nr_sem_object {
	struct nr_set *set;
	struct nr_ids *ids;
	int id;
};

/* As the manual page has it, and no header. */
union nr_sem_argument {
	int value;
	struct semid_ds *buffer;
	unsigned short *array;
	void *info;
};

/* The sets of @ids, in this process. @ret_sem must not move. */
int nr_sem_open(struct nr_ids *ids, struct nr_sem *ret_sem);
void nr_sem_close(struct nr_sem *sem);

/* Those of the default space, opened on first use. */
extern struct nr_sem *_Atomic nr_sem_default_one __attribute__((visibility("hidden")));
int nr_sem_default_slowly(struct nr_sem **ret_sem);

static inline int nr_sem_default(struct nr_sem **ret_sem)
{
	*ret_sem = nr_load_acquire(&nr_sem_default_one); /* [opened] */
	return __builtin_expect(*ret_sem != NULL, 1) ? 0 : nr_sem_default_slowly(ret_sem);
}

int nr_sem_get(struct nr_sem *sem, key_t key, int semaphores, int flags);
int nr_sem_operate(struct nr_sem *sem, int id, const struct sembuf *operations,
		   size_t count, const struct timespec *timeout);
/*
 * semop(2) of one operation, if it is a common one, on a set that is open: its whole path
 * is here. False: nothing has been done.
 */
bool nr_sem_operate_at_once(struct nr_sem *sem, int id, const struct sembuf *operation);
int nr_sem_control(struct nr_sem *sem, int id, int number, int command,
		   union nr_sem_argument argument);

#endif /* NARU_SYSV_SEM_H */
