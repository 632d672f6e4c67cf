/* SPDX-License-Identifier: MIT */

/* System V segments: who may, where to, what is written down, and what is left behind. */

#include <signal.h>
#include <stdlib.h>
#include <support/child.h>
#include <support/place.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysv/memory.h>
#include <sysv/shm.h>

enum { KEY = 7, SIZE = 10000, PAGE = 4096 };

static struct nr_ids ids;
static void *bytes;

static int open_ids(void **state)
{
	/* For others, too. */
	struct room *room = room_open_for(01777);

	/* What is replaced is looked for in the default space. */
	setenv("NARU_SPACE", room->path, 1);
	*state = room;
	must_be(nr_ids_open(room->space, &ids), 0);
	return 0;
}

static int close_ids(void **state)
{
	nr_ids_close(&ids);
	return room_tear_down(state);
}

#define with_ids(test) cmocka_unit_test_setup_teardown(test, open_ids, close_ids)

static int make(int flags)
{
	int id = nr_shm_get(&ids, KEY, SIZE, IPC_CREAT | flags);

	must(id >= 0);
	return id;
}

static int attach(int id, const void *address, int flags)
{
	return nr_shm_attach(&ids, id, address, flags, &bytes);
}

static int control(int id, int command)
{
	return nr_shm_control(&ids, id, command, NULL);
}

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds;

	must_be(nr_shm_control(&ids, id, IPC_STAT, &ds), 0);
	return ds;
}

static int come_and_go(void *data)
{
	must_be(attach(*(int *)data, NULL, 0), 0);
	must_be(nr_shm_detach(&ids, bytes), 0);
	return 0;
}

static void assert_untouched(int id)
{
	struct shmid_ds ds = stat_of(id);

	assert_int_equal(ds.shm_cpid, getpid());
	assert_int_equal(ds.shm_lpid, 0);
	assert_int_equal(ds.shm_atime, 0);
	assert_int_equal(ds.shm_dtime, 0);
}

static void test_times_and_pids(void **state)
{
	int id = make(0600);
	struct shmid_ds ds;
	pid_t child;

	assert_untouched(id);
	must_be(attach(id, NULL, 0), 0);
	ds = stat_of(id);
	assert_int_equal(ds.shm_lpid, getpid());
	assert_true(ds.shm_atime > 0);
	assert_int_equal(ds.shm_dtime, 0);
	child = child_start(come_and_go, &id);
	assert_int_equal(child_await(child), 0);
	ds = stat_of(id);
	assert_int_equal(ds.shm_lpid, child);
	assert_true(ds.shm_dtime > 0);
	must_be(nr_shm_detach(&ids, bytes), 0);
	must_be(control(id, IPC_RMID), 0);
	assert_int_equal(access(in(*state, "sysv-shm-0"), F_OK), -1);
	/* The next one in its place knows nothing of that. */
	assert_untouched(make(0600));
}

static int forget(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	(void)entry;
	return NR_SYSV_FREE;
}

/* Who detaches what has another one in its place by now leaves that alone. */
static void test_stale_detach(void **state)
{
	int id = make(0600), next;

	(void)state;
	must_be(attach(id, NULL, 0), 0);
	must_be(nr_ids_remove(&ids, NR_SYSV_SHM, id, forget, NULL), NR_SYSV_FREE);
	next = make(0600);
	assert_int_equal(next, id + (int)NR_SYSV_ENTRIES);
	must_be(nr_shm_detach(&ids, bytes), 0);
	assert_untouched(next);
}

static int age(void *data, struct nr_ids_entry *entry)
{
	(void)data;
	entry->changed = 1;
	return 0;
}

static void test_change_has_a_time(void **state)
{
	int id = make(0600);
	struct shmid_ds ds;

	(void)state;
	must_be(nr_ids_change(&ids, NR_SYSV_SHM, id, age, NULL), 0);
	ds = stat_of(id);
	assert_int_equal(ds.shm_ctime, 1);
	ds.shm_perm.mode = 0640;
	must_be(nr_shm_control(&ids, id, IPC_SET, &ds), 0);
	assert_true(stat_of(id).shm_ctime > 1);
}

static void test_addresses(void **state)
{
	int id = make(0600);
	char *first;

	(void)state;
	must_be(attach(id, NULL, 0), 0);
	first = bytes;
	assert_int_equal(attach(id, first, 0), -EINVAL);
	assert_int_equal(attach(id, first + 100, SHM_REMAP), -EINVAL);
	assert_int_equal(attach(id, NULL, SHM_REMAP), -EINVAL);
	assert_int_equal(attach(id, (void *)100, SHM_RND | SHM_REMAP), -EINVAL);
	assert_int_equal(attach(id, (void *)100, SHM_RND), -EPERM);
	assert_int_equal(attach(id, first + 100, SHM_RND | SHM_REMAP), 0);
	assert_ptr_equal(bytes, first);
	assert_int_equal(stat_of(id).shm_nattch, 1);
	assert_int_equal(nr_shm_detach(&ids, first + 100), -EINVAL);
	assert_int_equal(nr_shm_detach(&ids, first + PAGE), -EINVAL);
	assert_int_equal(nr_shm_detach(&ids, first), 0);
	assert_int_equal(nr_shm_detach(&ids, first), -EINVAL);
}

/* What was found of a page is not believed when another one is there. */
static void test_pages_are_looked_at_anew(void **state)
{
	int id = make(0600);

	(void)state;
	must_be(attach(id, NULL, 0), 0);
	assert_int_equal(nr_memory_writable(bytes, SIZE), 0);
	must_be(attach(id, bytes, SHM_REMAP | SHM_RDONLY), 0);
	assert_int_equal(nr_memory_writable(bytes, SIZE), -EFAULT);
	assert_int_equal(nr_memory_readable(bytes, SIZE), 0);
	must_be(nr_shm_detach(&ids, bytes), 0);
	assert_int_equal(nr_memory_readable(bytes, SIZE), -EFAULT);
}

static int be_alice(void *data)
{
	int id = *(int *)data;
	struct shmid_ds ds = {.shm_segsz = 0};

	become(ALICE);
	must_be(attach(id, NULL, SHM_RDONLY), 0);
	must_be(nr_shm_detach(&ids, bytes), 0);
	must_be(attach(id, NULL, 0), -EACCES);
	must_be(attach(id, NULL, SHM_RDONLY | SHM_EXEC), -EACCES);
	must_be(nr_shm_control(&ids, id, IPC_STAT, &ds), 0);
	must_be(nr_shm_control(&ids, id, IPC_SET, &ds), -EPERM);
	must_be(nr_ids_place(&ids, NR_SYSV_SHM, id)->unsettled, 0);
	must_be(control(id, IPC_RMID), -EPERM);
	must_be(control(id, SHM_LOCK), -EPERM);
	must_be(control(id, SHM_UNLOCK), -EPERM);
	return 0;
}

static int lock_as_alice(void *data)
{
	const struct rlimit none = {0};
	int id;

	(void)data;
	become(ALICE);
	id = nr_shm_get(&ids, IPC_PRIVATE, SIZE, 0600);
	must(id >= 0);
	must_be(control(id, SHM_LOCK), 0);
	must(stat_of(id).shm_perm.mode & SHM_LOCKED);
	must(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
	must_be(control(id, SHM_LOCK), -EPERM);
	must_be(control(id, SHM_UNLOCK), 0);
	must_be(stat_of(id).shm_perm.mode & SHM_LOCKED, 0);
	must_be(control(id, IPC_RMID), 0);
	return 0;
}

static void test_other_user(void **state)
{
	int id = make(0604);

	(void)state;
	need_root();
	assert_int_equal(child_run(be_alice, &id), 0);
	assert_int_equal(child_run(lock_as_alice, NULL), 0);
}

static int attach_and_wait(void *data)
{
	must_be(attach(*(int *)data, NULL, 0), 0);
	raise(SIGSTOP);
	return 1;
}

/* Removed, and then its last user is killed. */
static int make_left(void)
{
	int id = make(0600);
	pid_t child = child_start(attach_and_wait, &id);

	must(waitpid(child, NULL, WUNTRACED) == child);
	must_be(control(id, IPC_RMID), 0);
	assert_true(stat_of(id).shm_perm.mode & SHM_DEST);
	child_kill(child);
	return id;
}

static void test_left_behind(void **state)
{
	struct room *room = *state;
	struct shm_info info;
	int id = make_left(), next;

	assert_int_equal(access(in(room, "sysv-shm-0"), F_OK), 0);
	/* Whoever makes one, looks for one, or asks how many there are, clears it away.
	 */
	next = make(0600);
	assert_int_equal(next, id + (int)NR_SYSV_ENTRIES);
	assert_int_equal(access(in(room, "sysv-shm-0"), F_OK), -1);
	must_be(control(next, IPC_RMID), 0);
	id = make_left();
	assert_int_equal(attach(id, NULL, 0), -EINVAL);
	id = make_left();
	assert_int_equal(control(id, SHM_LOCK), -EINVAL);
	make_left();
	assert_int_equal(
		nr_shm_control(&ids, 0, SHM_INFO, (struct shmid_ds *)(void *)&info), 0);
	assert_int_equal(info.used_ids, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_ids(test_times_and_pids),
		with_ids(test_stale_detach),
		with_ids(test_change_has_a_time),
		with_ids(test_addresses),
		with_ids(test_pages_are_looked_at_anew),
		with_ids(test_other_user),
		with_ids(test_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
