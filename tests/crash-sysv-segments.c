/* SPDX-License-Identifier: MIT */

/* crash-sysv-segments.c - the calls on segments */

#include "crash-sysv.h"

#include <string.h>
#include <sysv/shm.h>

enum { KEY = 7, SIZE = 10000 };

static int id;
static void *bytes;

bool sysv_prepare_segment(void *data)
{
	if (!sysv_prepare_nothing(data))
		return false;
	id = nr_shm_get(&sysv_ids, KEY, SIZE, IPC_CREAT | 0600);
	return id > 0;
}

bool sysv_prepare_attached(void *data)
{
	return sysv_prepare_segment(data) &&
	       sysv_is("attach", nr_shm_attach(&sysv_ids, id, NULL, 0, &bytes), 0);
}

bool sysv_prepare_left(void *data)
{
	return sysv_prepare_attached(data) &&
	       sysv_is("remove", nr_shm_control(&sysv_ids, id, IPC_RMID, NULL), 0);
}

void sysv_make_segment(void *data)
{
	(void)data;
	nr_shm_get(&sysv_ids, KEY, SIZE, IPC_CREAT | 0600);
}

void sysv_attach(void *data)
{
	(void)data;
	nr_shm_attach(&sysv_ids, id, NULL, 0, &bytes);
}

void sysv_detach(void *data)
{
	(void)data;
	nr_shm_detach(&sysv_ids, bytes);
}

void sysv_remove_segment(void *data)
{
	(void)data;
	nr_shm_control(&sysv_ids, id, IPC_RMID, NULL);
}

void sysv_set_segment(void *data)
{
	struct shmid_ds ds;

	(void)data;
	nr_shm_control(&sysv_ids, id, IPC_STAT, &ds);
	ds.shm_perm.mode = 0640;
	nr_shm_control(&sysv_ids, id, IPC_SET, &ds);
}

static bool segment_works(void)
{
	struct shmid_ds ds;

	id = nr_shm_get(&sysv_ids, KEY, SIZE, IPC_CREAT | 0600);
	return sysv_is_lowest(id) &&
	       sysv_is("stat", nr_shm_control(&sysv_ids, id, IPC_STAT, &ds), 0) &&
	       sysv_is("attached", (long)ds.shm_nattch, 0) &&
	       sysv_is("size", (long)ds.shm_segsz, SIZE) &&
	       sysv_is("attach", nr_shm_attach(&sysv_ids, id, NULL, 0, &bytes), 0) &&
	       sysv_is("write", (memset(bytes, 1, SIZE), 0), 0) &&
	       sysv_is("stat", nr_shm_control(&sysv_ids, id, IPC_STAT, &ds), 0) &&
	       sysv_is("attached", (long)ds.shm_nattch, 1) &&
	       sysv_is("detach", nr_shm_detach(&sysv_ids, bytes), 0) &&
	       sysv_is("remove", nr_shm_control(&sysv_ids, id, IPC_RMID, NULL), 0);
}

int sysv_find_segment_set(void *data)
{
	struct nr_ids_entry entry;
	struct shmid_ds ds;

	if (!sysv_open(data))
		return SURVIVOR_FAILED;
	id = nr_shm_get(&sysv_ids, KEY, 0, 0);
	if (!sysv_doctor_settles(NR_SYSV_SHM, id) ||
	    !sysv_is("stat", nr_shm_control(&sysv_ids, id, IPC_STAT, &ds), 0) ||
	    !sysv_is_settled(NR_SYSV_SHM, id) ||
	    !sysv_is("find", nr_ids_find(&sysv_ids, NR_SYSV_SHM, id, &entry), 0))
		return SURVIVOR_FAILED;
	return segment_works() && sysv_is_clean() ? entry.mode == 0640 : SURVIVOR_FAILED;
}

int sysv_find_segment(void *data)
{
	bool done;

	if (!sysv_open(data))
		return SURVIVOR_FAILED;
	done = nr_shm_get(&sysv_ids, KEY, 0, 0) >= 0;
	return segment_works() && sysv_usage_is_right(NR_SYSV_SHM) && sysv_is_clean()
		       ? done
		       : SURVIVOR_FAILED;
}
