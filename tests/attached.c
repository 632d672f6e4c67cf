/* SPDX-License-Identifier: MIT */

#include "attached.h"

#include <errno.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/mman.h>
#include <sys/shm.h>

int attached_id;
char *attached_bytes;

int attached_make(void **state)
{
	(void)state;
	attached_id = shmget(IPC_PRIVATE, LENGTH, 0600);
	must(attached_id >= 0);
	attached_bytes = shmat(attached_id, NULL, 0);
	must(attached_bytes != (char *)-1);
	return 0;
}

int attached_unmake(void **state)
{
	(void)state;
	must_be(shmctl(attached_id, IPC_RMID, NULL), 0);
	must_be(shmctl(attached_id, IPC_STAT, &(struct shmid_ds){0}), -1);
	return 0;
}

int attached_count(void)
{
	struct shmid_ds ds;

	must_be(shmctl(attached_id, IPC_STAT, &ds), 0);
	return (int)ds.shm_nattch;
}

void attached_cut(int page, int pages)
{
	assert_int_equal(munmap(attached_bytes + page * PAGE, (size_t)pages * PAGE), 0);
}

void attached_cover(int page, int pages)
{
	char *at = attached_bytes + page * PAGE;

	assert_ptr_equal(mmap(at, (size_t)pages * PAGE, PROT_READ,
			      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 at);
}

void assert_detached(void)
{
	assert_int_equal(shmdt(attached_bytes), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(attached_count(), 0);
}

/* Where there is room for it. */
char *attached_elsewhere(void)
{
	char *place =
		mmap(NULL, 4 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(place != MAP_FAILED);
	must_be(munmap(place, 4 * LENGTH), 0);
	return place + LENGTH;
}
