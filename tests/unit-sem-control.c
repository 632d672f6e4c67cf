/* SPDX-License-Identifier: MIT */

/* semctl(2), and the limits of semget(2) and semop(2): rights, times, files. */

#include <asleep.h>
#include <sched.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <support/sems.h>
#include <sys/mman.h>
#include <sysv/set.h>

enum { KEY = 0x5e3b };

static int get(struct sems *sems, int semaphores)
{
	return nr_sem_get(&sems->sem, IPC_PRIVATE, semaphores, 0600);
}

static int stat_as(struct sems *sems, int id, int command, struct semid_ds *ds)
{
	return nr_sem_control(&sems->sem, id, 0, command,
			      (union nr_sem_argument){.buffer = ds});
}

static void test_limits(void **state)
{
	struct sems *sems = *state;
	const struct sembuf none[4] = {{0}};
	int id;

	must_be(nr_ids_set_limit(&sems->ids, NR_SYSV_SEMMNS, SEMS + 4), 0);
	assert_int_equal(get(sems, 5), -ENOSPC);
	id = get(sems, 4);
	assert_true(id >= 0);
	assert_int_equal(get(sems, 1), -ENOSPC);
	must_be(stat_as(sems, id, IPC_RMID, NULL), 0);
	assert_true(get(sems, 1) >= 0);

	must_be(nr_ids_set_limit(&sems->ids, NR_SYSV_SEMOPM, 3), 0);
	assert_int_equal(nr_sem_operate(&sems->sem, sems->id, none, 4, NULL), -E2BIG);
	assert_int_equal(nr_sem_operate(&sems->sem, sems->id, none, 3, NULL), 0);
}

static const char *file_of(struct sems *sems, int id)
{
	char name[NR_IDS_NAME_MAX];

	nr_ids_name(NR_SYSV_SEM, id, name);
	return in(sems->room, name);
}

static void test_files(void **state)
{
	struct sems *sems = *state;
	int next = sems->id + (int)NR_SYSV_ENTRIES;

	must_be(access(file_of(sems, sems->id), F_OK), 0);
	must_be(sems_control(sems, 0, IPC_RMID, 0), 0);
	assert_int_equal(access(file_of(sems, sems->id), F_OK), -1);
	/* One is there: it is somebody's who died making it. */
	must_be(nr_set_create(sems->room->space, strrchr(file_of(sems, next), '/') + 1, 7,
			      0600, geteuid(), getegid()),
		0);
	assert_int_equal(get(sems, SEMS), next);
	sems->id = next;
	assert_int_equal(sems_control(sems, SEMS - 1, GETVAL, 0), 0);
	assert_int_equal(sems_control(sems, SEMS, GETVAL, 0), -EINVAL);
}

static int age(void *data, struct nr_ids_entry *entry)
{
	(void)data;
	entry->changed = 1;
	return 0;
}

/* All was long ago. */
static void make_old(struct sems *sems)
{
	char name[NR_IDS_NAME_MAX];
	struct nr_set_shared *shared;
	size_t size;

	must_be(nr_ids_change(&sems->ids, NR_SYSV_SEM, sems->id, age, NULL), 0);
	nr_ids_name(NR_SYSV_SEM, sems->id, name);
	shared = (void *)room_map(sems->room, name, &size);
	shared->operated = shared->changed = 1;
	munmap(shared, size);
}

/* What was just done: an operation, a change, both, or nothing. */
static void assert_done(struct sems *sems, bool operated, bool changed)
{
	struct semid_ds ds;

	must_be(stat_as(sems, sems->id, IPC_STAT, &ds), 0);
	assert_int_equal(ds.sem_otime > 1, operated);
	assert_int_equal(ds.sem_ctime > 1, changed);
	make_old(sems);
}

static int take_one(void *data)
{
	return -sems_operate(data, 0, -1, 0);
}

static int take_and_die(void *data)
{
	must_be(sems_operate(data, 0, -1, SEM_UNDO), 0);
	return 0;
}

static int give_back_and_die(void *data)
{
	must_be(sems_operate(data, 0, -1, SEM_UNDO), 0);
	must_be(sems_operate(data, 0, 1, SEM_UNDO), 0);
	make_old(data);
	return 0;
}

static void test_times(void **state)
{
	struct sems *sems = *state;
	const struct sembuf two[2] = {{0, 1, 0}, {1, 1, 0}};
	unsigned short values[SEMS] = {0};
	struct semid_ds ds;
	pid_t child;

	make_old(sems);
	assert_done(sems, false, false);
	must_be(sems_operate(sems, 0, 1, 0), 0);
	assert_done(sems, true, false);
	must_be(nr_sem_operate(&sems->sem, sems->id, two, 2, NULL), 0);
	assert_done(sems, true, false);
	must_be(sems_operate(sems, 0, -7, IPC_NOWAIT), -EAGAIN);
	assert_done(sems, false, false);
	must_be(sems_control(sems, 0, SETVAL, 0), 0);
	assert_done(sems, false, true);
	must_be(nr_sem_control(&sems->sem, sems->id, 0, SETALL,
			       (union nr_sem_argument){.array = values}),
		0);
	assert_done(sems, false, true);
	must_be(stat_as(sems, sems->id, IPC_STAT, &ds), 0);
	must_be(stat_as(sems, sems->id, IPC_SET, &ds), 0);
	assert_done(sems, false, true);

	/* Somebody's turn has come, by a change. */
	child = child_start(take_one, sems);
	while (sems_control(sems, 0, GETNCNT, 0) != 1)
		sched_yield();
	must_be(sems_control(sems, 0, SETVAL, 1), 0);
	assert_int_equal(child_await(child), 0);
	assert_done(sems, true, true);

	/* A process ends that owes something; or that owes nothing. */
	must_be(sems_control(sems, 0, SETVAL, 1), 0);
	assert_int_equal(child_run(take_and_die, sems), 0);
	make_old(sems);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
	assert_done(sems, true, false);
	assert_int_equal(child_run(give_back_and_die, sems), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
	assert_done(sems, false, false);
}

static int be_alice(void *data)
{
	const struct sems *root = data;
	struct sems alice = {.id = root->id, .ids = root->ids};
	unsigned short values[SEMS];
	const union nr_sem_argument array = {.array = values};
	struct semid_ds ds;
	int hidden = root->id + 1;

	become(ALICE);
	must_be(nr_sem_open(&alice.ids, &alice.sem), 0);
	must_be(nr_sem_control(&alice.sem, alice.id, 0, GETALL, array), 0);
	must_be(nr_sem_control(&alice.sem, alice.id, 0, SETALL, array), -EACCES);
	must_be(stat_as(&alice, alice.id, IPC_STAT, &ds), 0);
	must_be(stat_as(&alice, alice.id, IPC_SET, &ds), -EPERM);
	must_be(nr_ids_place(&alice.ids, NR_SYSV_SEM, alice.id)->unsettled, 0);
	must_be(stat_as(&alice, alice.id, IPC_RMID, NULL), -EPERM);
	must_be(stat_as(&alice, hidden, IPC_STAT, &ds), -EACCES);
	must_be(stat_as(&alice, hidden, SEM_STAT, &ds), -EACCES);
	must_be(stat_as(&alice, hidden, SEM_STAT_ANY, &ds), hidden);
	must_be(nr_sem_control(&alice.sem, hidden, 0, GETALL, array), -EACCES);
	return 0;
}

static void test_other_user(void **state)
{
	struct sems sems = {.room = NULL};

	(void)state;
	need_root();
	sems.room = room_open_for(01777);
	must_be(nr_ids_open(sems.room->space, &sems.ids), 0);
	must_be(nr_sem_open(&sems.ids, &sems.sem), 0);
	sems.id = nr_sem_get(&sems.sem, KEY, SEMS, IPC_CREAT | 0604);
	must_be(get(&sems, SEMS), sems.id + 1);
	assert_int_equal(child_run(be_alice, &sems), 0);
	nr_sem_close(&sems.sem);
	nr_ids_close(&sems.ids);
	room_close(sems.room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_sems(test_limits),
		with_sems(test_files),
		with_sems(test_times),
		cmocka_unit_test(test_other_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
