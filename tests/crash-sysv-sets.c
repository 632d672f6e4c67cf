/* SPDX-License-Identifier: MIT */

/* crash-sysv-sets.c - the calls that make and remove sets of semaphores */

#include "crash-sysv.h"

#include <errno.h>
#include <sysv/sem.h>

enum { KEY = 7, SEMAPHORES = 3 };

static struct nr_sem sem;
static int id;

static bool open_sets(void *data)
{
	return sysv_open(data) && sysv_is("sem", nr_sem_open(&sysv_ids, &sem), 0);
}

bool sysv_prepare_set_to_be(void *data)
{
	return open_sets(data) &&
	       sysv_is("get", nr_sem_get(&sem, 99, 1, IPC_CREAT | 0600), 0);
}

bool sysv_prepare_set(void *data)
{
	if (!sysv_prepare_set_to_be(data))
		return false;
	id = nr_sem_get(&sem, KEY, SEMAPHORES, IPC_CREAT | 0600);
	return id > 0;
}

void sysv_make_set(void *data)
{
	(void)data;
	nr_sem_get(&sem, KEY, SEMAPHORES, IPC_CREAT | 0600);
}

static int control_set(int number, int command)
{
	return nr_sem_control(&sem, id, number, command, (union nr_sem_argument){0});
}

static int stat_set(struct semid_ds *ds)
{
	return nr_sem_control(&sem, id, 0, IPC_STAT,
			      (union nr_sem_argument){.buffer = ds});
}

void sysv_set_set(void *data)
{
	struct semid_ds ds;

	(void)data;
	stat_set(&ds);
	ds.sem_perm.mode = 0640;
	nr_sem_control(&sem, id, 0, IPC_SET, (union nr_sem_argument){.buffer = &ds});
}

void sysv_remove_set(void *data)
{
	(void)data;
	control_set(0, IPC_RMID);
}

static bool set_works(void)
{
	struct sembuf up = {SEMAPHORES - 1, 1, 0};

	id = nr_sem_get(&sem, KEY, SEMAPHORES, IPC_CREAT | 0600);
	return sysv_is_lowest(id) &&
	       sysv_is("value", control_set(SEMAPHORES - 1, GETVAL), 0) &&
	       sysv_is("up", nr_sem_operate(&sem, id, &up, 1, NULL), 0) &&
	       sysv_is("value", control_set(SEMAPHORES - 1, GETVAL), 1) &&
	       sysv_is("remove", control_set(0, IPC_RMID), 0);
}

int sysv_find_set_made(void *data)
{
	bool done;

	if (!open_sets(data))
		return SURVIVOR_FAILED;
	done = nr_sem_get(&sem, KEY, 0, 0) >= 0;
	return set_works() && sysv_usage_is_right(NR_SYSV_SEM) && sysv_is_clean()
		       ? done
		       : SURVIVOR_FAILED;
}

/* Who sleeps is told. */
int sysv_find_set_set(void *data)
{
	struct semid_ds ds;
	bool done;

	if (!open_sets(data))
		return SURVIVOR_FAILED;
	id = nr_sem_get(&sem, KEY, SEMAPHORES, 0);
	if (!sysv_doctor_settles(NR_SYSV_SEM, id) || !sysv_is("stat", stat_set(&ds), 0) ||
	    !sysv_is_settled(NR_SYSV_SEM, id))
		return SURVIVOR_FAILED;
	done = (ds.sem_perm.mode & 0777) == 0640;
	return set_works() && sysv_is_clean() ? done : SURVIVOR_FAILED;
}

int sysv_find_set_gone(void *data)
{
	int r = sysv_find_set_made(data);

	return r == SURVIVOR_FAILED ? r : !r;
}

int sysv_sleep_at_set(void *data)
{
	struct sembuf down = {0, -1, 0};

	if (!open_sets(data))
		return 1;
	id = nr_sem_get(&sem, KEY, 0, 0);
	return sysv_is("sleeper", nr_sem_operate(&sem, id, &down, 1, NULL), -EIDRM) ? 0
										    : 1;
}
