/* SPDX-License-Identifier: MIT */

/* semget, semop, semtimedop and semctl: what the manual pages say. */

#include <asleep.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <support/sems.h>
#include <sys/mman.h>
#include <sysv/perm.h>

enum { MANY = 200, KEY = 0x5e3a };

static int get(struct sems *sems, key_t key, int semaphores, int flags)
{
	return nr_sem_get(&sems->sem, key, semaphores, flags);
}

static void await_asleep(struct sems *sems, int number, int command, int count)
{
	while (sems_control(sems, number, command, 0) != count)
		sched_yield();
}

static void test_get(void **state)
{
	struct sems *sems = *state;
	int id;

	assert_int_equal(get(sems, KEY, 2, 0600), -ENOENT);
	assert_int_equal(get(sems, KEY, 0, IPC_CREAT | 0600), -EINVAL);
	assert_int_equal(get(sems, KEY, -1, IPC_CREAT | 0600), -EINVAL);
	assert_int_equal(get(sems, KEY, 32001, IPC_CREAT | 0600), -EINVAL);
	id = get(sems, KEY, 2, IPC_CREAT | 0600);
	assert_true(id >= 0);
	assert_int_equal(get(sems, KEY, 0, 0), id);
	assert_int_equal(get(sems, KEY, 2, IPC_CREAT), id);
	assert_int_equal(get(sems, KEY, 3, 0), -EINVAL);
	assert_int_equal(get(sems, KEY, 2, IPC_CREAT | IPC_EXCL), -EEXIST);
}

static int call(struct sems *sems, const struct sembuf *operations, size_t count,
		const struct timespec *timeout)
{
	return nr_sem_operate(&sems->sem, sems->id, operations, count, timeout);
}

static void test_bad_arguments(void **state)
{
	struct sems *sems = *state;
	struct sembuf many[501] = {{0}};
	const struct timespec bad = {.tv_nsec = 1000000000}, none = {0};
	void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	many[0] = (struct sembuf){SEMS, 1, 0};
	assert_int_equal(call(sems, many, 1, NULL), -EFBIG);
	assert_int_equal(call(sems, many, 0, NULL), -EINVAL);
	assert_int_equal(call(sems, many, 501, NULL), -E2BIG);
	for (int i = 0; i < 501; i++)
		many[i].sem_num = i > 0;
	assert_int_equal(call(sems, many, 1, &bad), -EINVAL);
	assert_int_equal(call(sems, many, 1, page), -EFAULT);
	assert_int_equal(call(sems, page, 1, NULL), -EFAULT);
	assert_int_equal(call(sems, NULL, 1, NULL), -EFAULT);
	assert_int_equal(call(sems, many, 500, &none), 0);
	assert_int_equal(nr_sem_operate(&sems->sem, -1, many, 1, NULL), -EINVAL);
	assert_int_equal(nr_sem_operate(&sems->sem, 12345, many, 1, NULL), -EINVAL);
	munmap(page, 4096);
}

static void test_bad_controls(void **state)
{
	struct sems *sems = *state;

	assert_int_equal(sems_control(sems, SEMS, GETVAL, 0), -EINVAL);
	assert_int_equal(sems_control(sems, -1, GETNCNT, 0), -EINVAL);
	assert_int_equal(sems_control(sems, SEMS, SETVAL, 1), -EINVAL);
	assert_int_equal(sems_control(sems, 0, SETVAL, 32768), -ERANGE);
	assert_int_equal(sems_control(sems, 0, SETVAL, -1), -ERANGE);
	assert_int_equal(sems_control(sems, 0, 12345, 0), -EINVAL);
	assert_int_equal(sems_control(sems, 0, GETALL, 0), -EFAULT);
	assert_int_equal(sems_control(sems, 0, SETALL, 0), -EFAULT);
	assert_int_equal(sems_control(sems, 0, IPC_STAT, 0), -EFAULT);
	assert_int_equal(sems_control(sems, 0, IPC_SET, 0), -EFAULT);
}

static void test_timeout(void **state)
{
	struct sems *sems = *state;
	const struct timespec times[] = {
		{0}, {.tv_nsec = 1000000}, {.tv_nsec = 20000000}};
	const struct sembuf down = {0, -1, 0};

	for (int i = 0; i < 3; i++)
		assert_int_equal(call(sems, &down, 1, &times[i]), -EAGAIN);
	assert_int_equal(sems_control(sems, 0, GETNCNT, 0), 0);
	assert_int_equal(sems_operate(sems, 0, 1, 0), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
}

static void on_signal(int number)
{
	(void)number;
}

static int sleep_and_restart(void *data)
{
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	must(sigaction(SIGUSR1, &action, NULL) == 0);
	return -sems_operate(data, 0, -1, 0);
}

static void test_signal_is_not_restarted(void **state)
{
	struct sems *sems = *state;
	pid_t pid = child_start(sleep_and_restart, sems);

	await_asleep(sems, 0, GETNCNT, 1);
	/* It is asleep only some instructions after it is counted. */
	while (sems_control(sems, 0, GETNCNT, 0) == 1) {
		while (!asleep(pid) && sems_control(sems, 0, GETNCNT, 0) == 1)
			sched_yield();
		kill(pid, SIGUSR1);
	}
	assert_int_equal(child_await(pid), EINTR);
}

static int sleep_for_one(void *data)
{
	return -sems_operate(data, 0, -1, 0);
}

static void test_removal_wakes(void **state)
{
	struct sems *sems = *state;
	pid_t pid = child_start(sleep_for_one, sems);

	await_asleep(sems, 0, GETNCNT, 1);
	assert_int_equal(sems_control(sems, 0, IPC_RMID, 0), 0);
	assert_int_equal(child_await(pid), EIDRM);
	assert_int_equal(sems_operate(sems, 0, 1, 0), -EINVAL);
}

/* It dies before it wakes those who sleep. */
static int remove_entry(void *data)
{
	struct sems *sems = data;

	must_be(sems_operate(sems, 1, 1, 0), 0);
	return nr_ids_remove(&sems->ids, NR_SYSV_SEM, sems->id, nr_perm_allow_removal,
			     NULL) == NR_SYSV_FREE
		       ? 0
		       : 1;
}

static void test_remover_dies(void **state)
{
	struct sems *sems = *state;
	pid_t pid = child_start(sleep_for_one, sems);

	await_asleep(sems, 0, GETNCNT, 1);
	while (!asleep(pid))
		sched_yield();
	assert_int_equal(child_run(remove_entry, sems), 0);
	assert_int_equal(child_await(pid), EIDRM);
}

static void test_dead_sleeper_is_not_counted(void **state)
{
	struct sems *sems = *state;
	pid_t pid = child_start(sleep_for_one, sems);

	await_asleep(sems, 0, GETNCNT, 1);
	child_kill(pid);
	assert_int_equal(sems_control(sems, 0, GETNCNT, 0), 0);
	assert_int_equal(sems_operate(sems, 0, 1, 0), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
}

static void *thread_takes(void *data)
{
	must_be(sems_operate(data, 0, -1, 0), 0);
	return NULL;
}

static int sleep_for_two_zeros(void *data)
{
	const struct sembuf zeros[2] = {{0, 0, 0}, {1, 0, 0}};

	return -call(data, zeros, 2, NULL);
}

/* Who waits for several zeros is looked at whichever of them comes last. */
static void test_zeros(void **state)
{
	struct sems *sems = *state;

	for (int last = 0; last < 2; last++) {
		pid_t pid;

		must_be(sems_operate(sems, 0, 1, 0), 0);
		must_be(sems_operate(sems, 1, 1, 0), 0);
		pid = child_start(sleep_for_two_zeros, sems);
		await_asleep(sems, 0, GETZCNT, 1);
		must_be(sems_operate(sems, 1 - last, -1, 0), 0);
		assert_int_equal(sems_control(sems, 0, GETZCNT, 0) +
					 sems_control(sems, 1, GETZCNT, 0),
				 1);
		must_be(sems_operate(sems, last, -1, 0), 0);
		assert_int_equal(child_await(pid), 0);
	}
}

/* More than there are places for at first. */
static void test_many_sleepers(void **state)
{
	struct sems *sems = *state;
	pthread_t thread[MANY];

	for (int i = 0; i < MANY; i++)
		must(pthread_create(&thread[i], NULL, thread_takes, sems) == 0);
	await_asleep(sems, 0, GETNCNT, MANY);
	assert_int_equal(sems_operate(sems, 0, MANY / 2, 0), 0);
	assert_int_equal(sems_control(sems, 0, GETNCNT, 0), MANY / 2);
	assert_int_equal(sems_operate(sems, 0, MANY, 0), 0);
	for (int i = 0; i < MANY; i++)
		must(pthread_join(thread[i], NULL) == 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), MANY / 2);
}

/* 500 operations, which sleep as one. */
static int sleep_for_many(void *data)
{
	struct sembuf operation[500];

	for (int i = 0; i < 500; i++)
		operation[i] =
			(struct sembuf){(unsigned short)(i % 2), i % 2 ? 1 : -1, 0};
	return -call(data, operation, 500, NULL);
}

static void test_long_array_sleeps(void **state)
{
	struct sems *sems = *state;
	pid_t pid = child_start(sleep_for_many, sems);

	await_asleep(sems, 0, GETNCNT, 1);
	assert_int_equal(sems_operate(sems, 0, 249, 0), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 249);
	assert_int_equal(sems_operate(sems, 0, 2, 0), 0);
	assert_int_equal(child_await(pid), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
	assert_int_equal(sems_control(sems, 1, GETVAL, 0), 250);
}

static void test_largest_set(void **state)
{
	struct sems *sems = *state;
	const int most = 32000;
	unsigned short *values = calloc((size_t)most, sizeof(*values));
	union nr_sem_argument argument = {.array = values};
	struct sembuf last = {(unsigned short)(most - 1), -5, SEM_UNDO};
	int id = get(sems, IPC_PRIVATE, most, 0600);

	must(values && id >= 0);
	for (int i = 0; i < most; i++)
		values[i] = (unsigned short)i;
	assert_int_equal(nr_sem_control(&sems->sem, id, 0, SETALL, argument), 0);
	assert_int_equal(nr_sem_operate(&sems->sem, id, &last, 1, NULL), 0);
	memset(values, 0, (size_t)most * sizeof(*values));
	assert_int_equal(nr_sem_control(&sems->sem, id, 0, GETALL, argument), 0);
	for (int i = 0; i < most - 1; i++)
		assert_int_equal(values[i], i);
	assert_int_equal(values[most - 1], most - 6);
	assert_int_equal(nr_sem_control(&sems->sem, id, 0, IPC_RMID, argument), 0);
	free(values);
}

static void test_stat_and_set(void **state)
{
	struct sems *sems = *state;
	struct semid_ds ds;
	union nr_sem_argument argument = {.buffer = &ds};

	assert_int_equal(nr_sem_control(&sems->sem, sems->id, 0, IPC_STAT, argument), 0);
	assert_int_equal(ds.sem_nsems, SEMS);
	assert_int_equal(ds.sem_otime, 0);
	assert_true(ds.sem_ctime > 0);
	assert_int_equal(ds.sem_perm.mode, 0600);
	assert_int_equal(ds.sem_perm.cuid, geteuid());
	assert_int_equal(sems_operate(sems, 0, 1, 0), 0);
	assert_int_equal(
		nr_sem_control(&sems->sem, sems->id % 32768, 0, SEM_STAT, argument),
		sems->id);
	assert_true(ds.sem_otime > 0);
	ds.sem_perm.mode = 0640;
	assert_int_equal(nr_sem_control(&sems->sem, sems->id, 0, IPC_SET, argument), 0);
	assert_int_equal(nr_sem_control(&sems->sem, sems->id, 0, IPC_STAT, argument), 0);
	assert_int_equal(ds.sem_perm.mode, 0640);
}

static void test_info(void **state)
{
	struct sems *sems = *state;
	struct seminfo info;
	union nr_sem_argument argument = {.info = &info};

	assert_int_equal(nr_sem_control(&sems->sem, 0, 0, IPC_INFO, argument), 0);
	assert_int_equal(info.semopm, 500);
	assert_int_equal(info.semvmx, 32767);
	assert_true(get(sems, IPC_PRIVATE, 4, 0600) >= 0);
	assert_int_equal(nr_sem_control(&sems->sem, 0, 0, SEM_INFO, argument), 1);
	assert_int_equal(info.semusz, 2);
	assert_int_equal(info.semaem, SEMS + 4);
}

/* Alice may read the set, and no more. */
static int be_alice(void *data)
{
	const struct sems *root = data;
	struct sems alice = {.id = root->id};
	struct naru_space *space = NULL;

	become(ALICE);
	must_be(naru_space_open(root->room->path, NULL, &space), 0);
	must_be(nr_ids_open(space, &alice.ids), 0);
	must_be(nr_sem_open(&alice.ids, &alice.sem), 0);
	must_be(sems_operate(&alice, 0, 0, 0), 0);
	must_be(sems_operate(&alice, 0, 1, 0), -EACCES);
	must_be(sems_operate(&alice, SEMS, 1, 0), -EFBIG);
	must_be(sems_control(&alice, 0, GETVAL, 0), 0);
	must_be(sems_control(&alice, 0, SETVAL, 1), -EACCES);
	must_be(sems_control(&alice, SEMS, SETVAL, 1), -EINVAL);
	must_be(sems_control(&alice, 0, IPC_RMID, 0), -EPERM);
	must_be(get(&alice, KEY, SEMS, 0400), root->id);
	must_be(get(&alice, KEY, SEMS, 0600), -EACCES);
	return 0;
}

static void test_other_user(void **state)
{
	struct sems sems = {.room = NULL};

	(void)state;
	need_root();
	sems.room = room_open_for(0777);
	must_be(nr_ids_open(sems.room->space, &sems.ids), 0);
	must_be(nr_sem_open(&sems.ids, &sems.sem), 0);
	sems.id = get(&sems, KEY, SEMS, IPC_CREAT | 0604);
	assert_true(sems.id >= 0);
	assert_int_equal(child_run(be_alice, &sems), 0);
	assert_int_equal(sems_control(&sems, 0, IPC_RMID, 0), 0);
	nr_sem_close(&sems.sem);
	nr_ids_close(&sems.ids);
	room_close(sems.room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_sems(test_get),
		with_sems(test_bad_arguments),
		with_sems(test_bad_controls),
		with_sems(test_timeout),
		with_sems(test_signal_is_not_restarted),
		with_sems(test_removal_wakes),
		with_sems(test_remover_dies),
		with_sems(test_dead_sleeper_is_not_counted),
		with_sems(test_zeros),
		with_sems(test_many_sleepers),
		with_sems(test_long_array_sleeps),
		with_sems(test_largest_set),
		with_sems(test_stat_and_set),
		with_sems(test_info),
		cmocka_unit_test(test_other_user),
	};

	return cmocka_run_group_tests_name("sem", tests, NULL, NULL);
}
