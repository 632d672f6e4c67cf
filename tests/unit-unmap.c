/* SPDX-License-Identifier: MIT */

/*
 * munmap(2), mmap(2) and mremap(2) of attachments: how many there are then. The calls are
 * libc's own names.
 *
 *	unit-unmap		on naru
 *	unit-unmap-kernel	on the kernel, which must say the same
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	PAGES = 8,
	LENGTH = PAGES * PAGE,
	THREADS = 2,
	ROUNDS = 300,
	FORKS = 50
};

static int id;
static char *bytes; /* attached there */

static int make(void **state)
{
	(void)state;
	id = shmget(IPC_PRIVATE, LENGTH, 0600);
	must(id >= 0);
	bytes = shmat(id, NULL, 0);
	must(bytes != (char *)-1);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	must_be(shmctl(id, IPC_RMID, NULL), 0);
	must_be(shmctl(id, IPC_STAT, &(struct shmid_ds){0}), -1);
	return 0;
}

static int count(void)
{
	struct shmid_ds ds;

	must_be(shmctl(id, IPC_STAT, &ds), 0);
	return (int)ds.shm_nattch;
}

static void cut(int page, int pages)
{
	assert_int_equal(munmap(bytes + page * PAGE, (size_t)pages * PAGE), 0);
}

static void cover(int page, int pages)
{
	char *at = bytes + page * PAGE;

	assert_ptr_equal(mmap(at, (size_t)pages * PAGE, PROT_READ,
			      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 at);
}

static void assert_detached(void)
{
	assert_int_equal(shmdt(bytes), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(count(), 0);
}

static void test_whole(void **state)
{
	(void)state;
	cut(0, PAGES);
	assert_detached();
	bytes = shmat(id, NULL, 0);
	assert_int_equal(count(), 1);
	assert_int_equal(syscall(SYS_munmap, bytes, LENGTH), 0);
	assert_detached();
}

static void test_ends(void **state)
{
	(void)state;
	cut(0, 1);
	cut(PAGES - 1, 1);
	assert_int_equal(count(), 1);
	bytes[PAGE] = 1;
	assert_int_equal(shmdt(bytes + PAGE), -1);
	assert_int_equal(count(), 1);
	/* By where it was attached, though nothing is there. */
	assert_int_equal(shmdt(bytes), 0);
	assert_int_equal(count(), 0);
}

static void test_hole(void **state)
{
	(void)state;
	cut(3, 1);
	assert_int_equal(count(), 2);
	bytes[2 * PAGE] = bytes[4 * PAGE] = 1;
	cut(0, 3);
	assert_int_equal(count(), 1);
	assert_int_equal(shmdt(bytes), 0);
	assert_int_equal(count(), 0);
}

static void test_two_halves(void **state)
{
	(void)state;
	cut(0, PAGES / 2);
	assert_int_equal(count(), 1);
	cut(PAGES / 2, PAGES / 2);
	assert_detached();
}

static void test_cover(void **state)
{
	(void)state;
	cover(2, 1);
	assert_int_equal(count(), 2);
	assert_int_equal(shmdt(bytes), 0);
	assert_int_equal(count(), 0);
	assert_int_equal(bytes[2 * PAGE], 0);
	munmap(bytes + 2 * PAGE, PAGE);
	bytes = shmat(id, NULL, 0);
	cover(0, PAGES);
	assert_detached();
	munmap(bytes, LENGTH);
}

/* Where there is room for it. */
static char *elsewhere(void)
{
	char *place =
		mmap(NULL, 4 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(place != MAP_FAILED);
	must_be(munmap(place, 4 * LENGTH), 0);
	return place + LENGTH;
}

/* From below it, and not to the end of a page. */
static void test_around(void **state)
{
	char *to = elsewhere();

	(void)state;
	assert_int_equal(shmdt(bytes), 0);
	assert_ptr_equal(shmat(id, to, 0), to);
	assert_int_equal(munmap(to - PAGE, LENGTH / 2 + PAGE), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(munmap(to + LENGTH / 2, LENGTH / 2 - 100), 0);
	assert_int_equal(count(), 0);
	bytes = shmat(id, to, 0);
	assert_int_equal(munmap(to - PAGE, LENGTH + 2 * PAGE), 0);
	assert_detached();
}

/* Something else is moved over it. */
static void test_move_over(void **state)
{
	char *other = mmap(NULL, LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	must(other != MAP_FAILED);
	assert_ptr_equal(
		mremap(other, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, bytes),
		bytes);
	assert_detached();
	munmap(bytes, LENGTH);
}

/* It becomes longer where it is: all of it is the attachment. */
static void test_grow(void **state)
{
	char *to = elsewhere();

	(void)state;
	assert_int_equal(shmdt(bytes), 0);
	bytes = shmat(id, to, 0);
	assert_ptr_equal(mremap(bytes, LENGTH, LENGTH + 2 * PAGE, 0), bytes);
	assert_int_equal(count(), 1);
	cut(0, PAGES);
	assert_int_equal(count(), 1);
	cut(PAGES, 2);
	assert_detached();
}

/* A copy of it, and it stays itself. */
static void test_copy_and_stay(void **state)
{
	char *copy = mremap(bytes, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);

	(void)state;
	if (copy != MAP_FAILED) {
		assert_int_equal(count(), 2);
		assert_int_equal(munmap(copy, LENGTH), 0);
	}
	assert_int_equal(count(), 1);
	cut(0, PAGES);
	assert_detached();
}

static void test_move(void **state)
{
	char *to = elsewhere();

	(void)state;
	assert_ptr_equal(mremap(bytes, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
	assert_int_equal(count(), 1);
	assert_int_equal(shmdt(bytes), -1);
	assert_int_equal(count(), 1);
	assert_int_equal(shmdt(to), 0);
	assert_int_equal(count(), 0);
}

static void test_move_half(void **state)
{
	char *to = elsewhere();

	(void)state;
	assert_ptr_equal(mremap(bytes + LENGTH / 2, LENGTH / 2, LENGTH / 2,
				MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
	assert_int_equal(count(), 2);
	assert_int_equal(shmdt(to), -1);
	assert_int_equal(shmdt(to - LENGTH / 2), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(shmdt(bytes), 0);
	assert_int_equal(count(), 0);
}

static void test_shrink_and_copy(void **state)
{
	char *copy;

	(void)state;
	assert_ptr_equal(mremap(bytes, LENGTH, LENGTH / 2, 0), bytes);
	assert_int_equal(count(), 1);
	copy = mremap(bytes, 0, LENGTH, MREMAP_MAYMOVE);
	assert_ptr_not_equal(copy, MAP_FAILED);
	assert_int_equal(count(), 2);
	assert_int_equal(shmdt(copy), 0);
	assert_int_equal(count(), 1);
	assert_int_equal(munmap(bytes, LENGTH / 2), 0);
	assert_int_equal(count(), 0);
}

static void test_remap(void **state)
{
	char *place =
		mmap(NULL, 2 * LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *over;

	(void)state;
	assert_int_equal(shmdt(bytes), 0);
	bytes = shmat(id, place, SHM_REMAP);
	assert_ptr_equal(bytes, place);
	over = shmat(id, bytes + LENGTH / 2, SHM_REMAP);
	assert_ptr_equal(over, bytes + LENGTH / 2);
	assert_int_equal(count(), 2);
	assert_int_equal(shmdt(bytes), 0);
	assert_int_equal(count(), 1);
	over[0] = 1;
	assert_int_equal(munmap(over, LENGTH), 0);
	assert_int_equal(count(), 0);
	munmap(place, 2 * LENGTH);
}

/* What is attached in the place of another segment detaches that. */
static void test_replace(void **state)
{
	int other = shmget(IPC_PRIVATE, LENGTH, 0600);
	struct shmid_ds ds;

	(void)state;
	cut(0, PAGES);
	assert_ptr_equal(shmat(other, bytes, 0), bytes);
	assert_int_equal(shmctl(other, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_dtime, 0);
	assert_ptr_equal(shmat(id, bytes, SHM_REMAP), bytes);
	assert_int_equal(shmctl(other, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_nattch, 0);
	assert_int_not_equal(ds.shm_dtime, 0);
	assert_int_equal(shmctl(other, IPC_RMID, NULL), 0);
	cut(0, PAGES);
}

static int unmap_as_child(void *data)
{
	(void)data;
	must_be(count(), 2);
	must_be(munmap(bytes, LENGTH), 0);
	must_be(count(), 1);
	return 0;
}

static void test_child(void **state)
{
	(void)state;
	cut(0, 2);
	for (int i = 0; i < FORKS; i++)
		assert_int_equal(child_run(unmap_as_child, NULL), 0);
	assert_int_equal(count(), 1);
	cut(2, PAGES - 2);
	assert_int_equal(count(), 0);
}

/* One that libc does not know of: it counts from its first call on. */
static void test_raw_child(void **state)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	char *page;

	(void)state;
	if (child == 0) {
		must_be(count(), 2);
		/* This may lie where its parent has what it is counted by. */
		page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		page[0] = 1;
		must_be(shmdt(bytes), 0);
		must_be(count(), 1);
		must_be(page[0], 1);
		_exit(0);
	}
	assert_int_equal(child_await(child), 0);
	assert_int_equal(count(), 1);
	cut(0, PAGES);
}

/* The last one goes by munmap(2): so does the removed segment. */
static void test_removed(void **state)
{
	struct shmid_ds ds;

	(void)state;
	assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
	assert_int_equal(shmctl(id, IPC_STAT, &ds), 0);
	cut(0, PAGES);
	assert_int_equal(shmctl(id, IPC_STAT, &ds), -1);
	assert_int_equal(errno, EINVAL);
	must_be(make(NULL), 0);
	cut(0, PAGES);
}

/* Others may put something into the hole. */
static void *go_round(void *data)
{
	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		char *at = shmat(id, NULL, 0);

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
	assert_int_equal(count(), 1);
	cut(0, PAGES);
	assert_int_equal(count(), 0);
}

/*
 * What the application has made free and wants to attach to must not be taken by a
 * mapping of our own, even if nothing else is free.
 */
static void test_places_made_free(void **state)
{
	enum { PLACES = 64 };
	char *all = mmap(NULL, (size_t)PLACES * LENGTH, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(all, MAP_FAILED);
	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(munmap(all + i * LENGTH, LENGTH), 0);
		assert_ptr_equal(shmat(id, all + i * LENGTH + 1, SHM_RND),
				 all + i * LENGTH);
	}
	for (int i = 0; i < PLACES; i++) {
		assert_int_equal(shmdt(all + i * LENGTH), 0);
		assert_ptr_equal(shmat(id, all + i * LENGTH, SHM_RDONLY),
				 all + i * LENGTH);
	}
	cut(0, PAGES);
	assert_int_equal(count(), PLACES);
	assert_int_equal(munmap(all, (size_t)PLACES * LENGTH), 0);
}

/* Beyond the last address. */
static void test_no_place(void **state)
{
	void *last = (void *)-(intptr_t)PAGE;

	(void)state;
	assert_ptr_equal(shmat(id, last, 0), (void *)-1);
	assert_int_equal(errno, EINVAL);
	cut(0, PAGES);
}

#define with_one(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_one(test_whole),	      with_one(test_ends),
		with_one(test_hole),	      with_one(test_two_halves),
		with_one(test_cover),	      with_one(test_around),
		with_one(test_move_over),     with_one(test_grow),
		with_one(test_copy_and_stay), with_one(test_move),
		with_one(test_move_half),     with_one(test_shrink_and_copy),
		with_one(test_remap),	      with_one(test_child),
		with_one(test_raw_child),     with_one(test_removed),
		with_one(test_threads),	      with_one(test_places_made_free),
		with_one(test_no_place),      with_one(test_replace),
	};
	struct room *room = room_open();
	int failed;

	setenv("NARU_SPACE", room->path, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	room_close(room);
	return failed;
}
