/* SPDX-License-Identifier: MIT */

/* fault-shm-cases.c - the System V calls on segments, and how to undo them */

#include "fault-sysv.h"

#include <segment/segment.h>
#include <sys/mman.h>
#include <sysv/shm.h>

enum { KEY = 7, SIZE = 20000, PAGE = 4096 };

static int id;
static void *bytes;

static void nothing(void)
{
}

static long get_segment(void)
{
	id = nr_shm_get(&fault_ids, KEY, SIZE, IPC_CREAT | 0600);
	return id < 0 ? id : 0;
}

static long remove_segment(void)
{
	return nr_shm_control(&fault_ids, id, IPC_RMID, NULL);
}

static void undo_segment(void)
{
	remove_segment();
}

static void segment_again(void)
{
	get_segment();
}

static long attach(void)
{
	return nr_shm_attach(&fault_ids, id, NULL, 0, &bytes);
}

static long attach_read_only(void)
{
	return nr_shm_attach(&fault_ids, id, NULL, SHM_RDONLY, &bytes);
}

static long detach(void)
{
	return nr_shm_detach(&fault_ids, bytes);
}

static void undo_attach(void)
{
	detach();
}

static void attach_again(void)
{
	attach();
}

static bool prepare_segment(void)
{
	return fault_prepare_ids() && get_segment() >= 0;
}

static bool prepare_attached(void)
{
	return prepare_segment() && attach() == 0;
}

static long stat_segment(void)
{
	struct shmid_ds ds;
	int r = nr_shm_control(&fault_ids, id, IPC_STAT, &ds);

	return r < 0 ? r : (long)ds.shm_nattch;
}

static long set_segment(void)
{
	struct shmid_ds ds;
	int r = nr_shm_control(&fault_ids, id, IPC_STAT, &ds);

	return r < 0 ? r : nr_shm_control(&fault_ids, id, IPC_SET, &ds);
}

/* The last one to detach a removed segment removes its file. */
static long detach_removed(void)
{
	int segment = nr_shm_get(&fault_ids, IPC_PRIVATE, SIZE, 0600);
	void *at = NULL;
	long r = segment < 0 ? segment : nr_shm_attach(&fault_ids, segment, NULL, 0, &at);

	if (segment >= 0)
		nr_shm_control(&fault_ids, segment, IPC_RMID, NULL);
	if (r == 0)
		r = nr_shm_detach(&fault_ids, at);
	return r;
}

static long unmap_middle(void *data)
{
	return munmap((char *)data + PAGE, PAGE);
}

/* A piece that cannot be counted is attached all the same, and detached with the rest. */
static long cut(void)
{
	struct nr_unmapping unmapping = {.call = unmap_middle};
	long r = attach();

	if (r < 0)
		return r;
	unmapping.data = bytes;
	r = nr_segment_unmap((char *)bytes + PAGE, PAGE, &unmapping);
	return detach() < 0 ? -1 : r;
}

const struct fault_case fault_shm_cases[] = {
	{"shmget", fault_prepare_ids, get_segment, undo_segment},
	{"shmat", prepare_segment, attach, undo_attach},
	{"shmat read-only", prepare_segment, attach_read_only, undo_attach},
	{"shmdt", prepare_attached, detach, attach_again},
	{"shmdt, removed", fault_prepare_ids, detach_removed, nothing},
	{"shmdt, in pieces", prepare_segment, cut, nothing},
	{"shmctl IPC_STAT", prepare_attached, stat_segment, nothing},
	{"shmctl IPC_SET", prepare_segment, set_segment, nothing},
	{"shmctl IPC_RMID", prepare_segment, remove_segment, segment_again},
	{0},
};
