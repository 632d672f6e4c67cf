/* SPDX-License-Identifier: MIT */

/*
 * munmap(2) and mmap(2) of attachments: how many there are then. The calls are
 * libc's own names.
 *
 *	unit-unmap		on naru
 *	unit-unmap-kernel	on the kernel, which must say the same
 */

#include "attached.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <support/border.h>
#include <support/child.h>
#include <support/must.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS = 2, ROUNDS = 300, FORKS = 50 };

static void test_whole(void **state)
{
	(void)state;
	attached_cut(0, PAGES);
	assert_detached();
	attached_bytes = shmat(attached_id, NULL, 0);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(syscall(SYS_munmap, attached_bytes, LENGTH), 0);
	assert_detached();
}

static void test_ends(void **state)
{
	(void)state;
	attached_cut(0, 1);
	attached_cut(PAGES - 1, 1);
	assert_int_equal(attached_count(), 1);
	attached_bytes[PAGE] = 1;
	assert_int_equal(shmdt(attached_bytes + PAGE), -1);
	assert_int_equal(attached_count(), 1);
	/* By where it was attached, though nothing is there. */
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_int_equal(attached_count(), 0);
}

static void test_hole(void **state)
{
	(void)state;
	attached_cut(3, 1);
	assert_int_equal(attached_count(), 2);
	attached_bytes[2 * PAGE] = attached_bytes[4 * PAGE] = 1;
	attached_cut(0, 3);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_int_equal(attached_count(), 0);
}

static void test_two_halves(void **state)
{
	(void)state;
	attached_cut(0, PAGES / 2);
	assert_int_equal(attached_count(), 1);
	attached_cut(PAGES / 2, PAGES / 2);
	assert_detached();
}

static void test_cover(void **state)
{
	(void)state;
	attached_cover(2, 1);
	assert_int_equal(attached_count(), 2);
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_int_equal(attached_count(), 0);
	assert_int_equal(attached_bytes[2 * PAGE], 0);
	munmap(attached_bytes + 2 * PAGE, PAGE);
	attached_bytes = shmat(attached_id, NULL, 0);
	attached_cover(0, PAGES);
	assert_detached();
	munmap(attached_bytes, LENGTH);
}

/* From below it, and not to the end of a page. */
static void test_around(void **state)
{
	char *to = attached_elsewhere();

	(void)state;
	assert_int_equal(shmdt(attached_bytes), 0);
	assert_ptr_equal(shmat(attached_id, to, 0), to);
	assert_int_equal(munmap(to - PAGE, LENGTH / 2 + PAGE), 0);
	assert_int_equal(attached_count(), 1);
	assert_int_equal(munmap(to + LENGTH / 2, LENGTH / 2 - 100), 0);
	assert_int_equal(attached_count(), 0);
	attached_bytes = shmat(attached_id, to, 0);
	assert_int_equal(munmap(to - PAGE, LENGTH + 2 * PAGE), 0);
	assert_detached();
}

/* What is attached in the place of another segment detaches that. */
static void test_replace(void **state)
{
	int other = shmget(IPC_PRIVATE, LENGTH, 0600);
	struct shmid_ds ds;

	(void)state;
	attached_cut(0, PAGES);
	assert_ptr_equal(shmat(other, attached_bytes, 0), attached_bytes);
	assert_int_equal(shmctl(other, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_dtime, 0);
	assert_ptr_equal(shmat(attached_id, attached_bytes, SHM_REMAP), attached_bytes);
	assert_int_equal(shmctl(other, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_nattch, 0);
	assert_int_not_equal(ds.shm_dtime, 0);
	assert_int_equal(shmctl(other, IPC_RMID, NULL), 0);
	attached_cut(0, PAGES);
}

static int unmap_as_child(void *data)
{
	(void)data;
	must_be(attached_count(), 2);
	must_be(munmap(attached_bytes, LENGTH), 0);
	must_be(attached_count(), 1);
	return 0;
}

static void test_child(void **state)
{
	(void)state;
	attached_cut(0, 2);
	for (int i = 0; i < FORKS; i++)
		assert_int_equal(child_run(unmap_as_child, NULL), 0);
	assert_int_equal(attached_count(), 1);
	attached_cut(2, PAGES - 2);
	assert_int_equal(attached_count(), 0);
}

/* One that libc does not know of: it counts from its first call on. */
static void test_raw_child(void **state)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	char *page;

	(void)state;
	if (child == 0) {
		must_be(attached_count(), 2);
		/* This may lie where its parent has what it is counted by. */
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		page[0] = 1;
		must_be(shmdt(attached_bytes), 0);
		must_be(attached_count(), 1);
		must_be(page[0], 1);
		_exit(0);
	}
	assert_int_equal(child_await(child), 0);
	assert_int_equal(attached_count(), 1);
	attached_cut(0, PAGES);
}

/* The last one goes by munmap(2): so does the removed segment. */
static void test_removed(void **state)
{
	struct shmid_ds ds;

	(void)state;
	assert_int_equal(shmctl(attached_id, IPC_RMID, NULL), 0);
	assert_int_equal(shmctl(attached_id, IPC_STAT, &ds), 0);
	attached_cut(0, PAGES);
	assert_int_equal(shmctl(attached_id, IPC_STAT, &ds), -1);
	assert_int_equal(errno, EINVAL);
	must_be(attached_make(NULL), 0);
	attached_cut(0, PAGES);
}

/* Others may put something into the hole. */
static void *go_round(void *data)
{
	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		char *at = shmat(attached_id, NULL, 0);

		must(at != (char *)-1);
		at[0] = 1;
		must_be(munmap(at + 2 * PAGE, 2 * PAGE), 0);
		if (i % 2) {
			must_be(munmap(at, 2 * PAGE), 0);
			must_be(munmap(at + 4 * PAGE, LENGTH - 4 * PAGE), 0);
		} else {
			must_be(shmdt(at), 0);
		}
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		must_be(pthread_create(&threads[i], NULL, go_round, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		must_be(pthread_join(threads[i], NULL), 0);
	assert_int_equal(attached_count(), 1);
	attached_cut(0, PAGES);
	assert_int_equal(attached_count(), 0);
}

static void test_places_made_free(void **state)
{
	enum { PLACES = 64 };
	char *all = mmap(NULL, (size_t)PLACES * LENGTH, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(all, MAP_FAILED);
	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(munmap(all + i * LENGTH, LENGTH), 0);
		assert_ptr_equal(shmat(attached_id, all + i * LENGTH + 1, SHM_RND),
				 all + i * LENGTH);
	}
	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(shmdt(all + i * LENGTH), 0);
		assert_ptr_equal(shmat(attached_id, all + i * LENGTH, SHM_RDONLY),
				 all + i * LENGTH);
	}
	attached_cut(0, PAGES);
	assert_int_equal(attached_count(), PLACES);
	assert_int_equal(munmap(all, (size_t)PLACES * LENGTH), 0);
}

/* Beyond the last address. */
static void test_no_place(void **state)
{
	void *last = (void *)-(intptr_t)PAGE;

	(void)state;
	assert_ptr_equal(shmat(attached_id, last, 0), (void *)-1);
	assert_int_equal(errno, EINVAL);
	attached_cut(0, PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_one(test_whole),
		with_one(test_ends),
		with_one(test_hole),
		with_one(test_two_halves),
		with_one(test_cover),
		with_one(test_around),
		with_one(test_child),
		with_one(test_raw_child),
		with_one(test_removed),
		with_one(test_threads),
		with_one(test_places_made_free),
		with_one(test_no_place),
		with_one(test_replace),
	};

	return border_main(tests, sizeof(tests) / sizeof(tests[0]));
}
