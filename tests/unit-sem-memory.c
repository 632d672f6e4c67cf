/* SPDX-License-Identifier: MIT */

/*
 * Where a set has its sleepers and what is owed: places are given back, and memory is
 * reserved before it is used.
 */

#include <asleep.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <support/child.h>
#include <support/place.h>
#include <support/sems.h>
#include <sys/mount.h>
#include <sysv/set-handle.h>

/* The sleepers of so many semaphores begin with a page, and its end is their first step.
 */
enum { SEMAPHORES = 409, TURNS = 20, CROWD = NR_SET_STEP + 8 };

static_assert(NR_SET_STEP * sizeof(struct nr_sleeper_shared) == 4096, "a page");

/* The set itself. */
static struct nr_set *open_set(const struct sems *sems)
{
	char name[NR_IDS_NAME_MAX];
	struct nr_set *set;

	nr_ids_name(NR_SYSV_SEM, sems->id, name);
	must_be(nr_set_open(sems->room->space, name, NULL, NULL, &set), 0);
	return set;
}

static void await_asleep(struct sems *sems, int count)
{
	while (sems_control(sems, 0, GETNCNT, 0) != count)
		sched_yield();
}

static int take(void *data)
{
	return -sems_operate(data, 0, -1, 0);
}

static int take_in_time(void *data)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	const struct sembuf down = {0, -1, 0};
	struct sems *sems = data;

	return -nr_sem_operate(&sems->sem, sems->id, &down, 1, &moment);
}

/* However a sleep ends: when somebody has looked, nobody is there. */
static void test_sleepers_leave(void **state)
{
	struct sems *sems = *state;
	struct nr_set *set = open_set(sems);
	pid_t child;

	for (int i = 0; i < TURNS; i++) {
		child = child_start(take, sems);
		await_asleep(sems, 1);
		must_be(sems_operate(sems, 0, 1, 0), 0);
		assert_int_equal(child_await(child), 0);
		assert_int_equal(child_run(take_in_time, sems), EAGAIN);
		child = child_start(take, sems);
		await_asleep(sems, 1);
		child_kill(child);
		assert_true(nr_set_sleepers(set) <= 2);
	}
	must_be(sems_operate(sems, 0, 1, 0), 0);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 1);
	must_be(sems_operate(sems, 0, -1, 0), 0);
	assert_int_equal(nr_set_sleepers(set), 0);
	nr_set_close(set);
}

static void *take_in_thread(void *data)
{
	must_be(sems_operate(data, 0, -1, 0), 0);
	return NULL;
}

/* Those of one process, and of processes that have been killed. */
static void test_places_are_used_again(void **state)
{
	struct sems *sems = *state;
	struct nr_set *set = open_set(sems);
	pthread_t thread;
	pid_t child;

	for (int i = 0; i < TURNS; i++) {
		must_be(pthread_create(&thread, NULL, take_in_thread, sems), 0);
		await_asleep(sems, 1);
		must_be(sems_operate(sems, 0, 1, 0), 0);
		must_be(pthread_join(thread, NULL), 0);
	}
	assert_true(nr_set_sleepers(set) <= 1);
	for (int i = 0; i < TURNS; i++) {
		child = child_start(take, sems);
		await_asleep(sems, 1);
		child_kill(child);
	}
	assert_true(nr_set_sleepers(set) <= 2);
	must_be(sems_operate(sems, 0, 1, 0), 0);
	must_be(sems_operate(sems, 0, -1, 0), 0);
	assert_int_equal(nr_set_sleepers(set), 0);
	/* Given up. */
	assert_int_equal(take_in_time(sems), EAGAIN);
	must_be(sems_operate(sems, 0, 1, 0), 0);
	must_be(sems_operate(sems, 0, -1, 0), 0);
	assert_int_equal(nr_set_sleepers(set), 0);
	nr_set_close(set);
}

static int owe_nothing(void *data)
{
	must_be(sems_operate(data, 0, 1, SEM_UNDO), 0);
	must_be(sems_operate(data, 0, -1, SEM_UNDO), 0);
	return 0;
}

static int owe(void *data)
{
	must_be(sems_operate(data, 0, 1, SEM_UNDO), 0);
	return 0;
}

static void test_rows_are_used_again(void **state)
{
	struct sems *sems = *state;
	struct nr_set *set = open_set(sems);

	for (int i = 0; i < TURNS; i++) {
		assert_int_equal(child_run(owe_nothing, sems), 0);
		assert_int_equal(child_run(owe, sems), 0);
	}
	assert_int_equal(nr_set_rows(set), 1);
	assert_int_equal(sems_control(sems, 0, GETVAL, 0), 0);
	nr_set_close(set);
}

static void fill(const struct room *room)
{
	static char block[4096];
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/.filler", room->path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must(fd >= 0);
	while (write(fd, block, sizeof(block)) == (ssize_t)sizeof(block))
		continue;
	must(errno == ENOSPC);
	close(fd);
}

/* A child of its own, on a file system that is full. */
static int live_without_memory(void *data)
{
	struct sems sems = {.room = data};
	pthread_t threads[CROWD];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return CHILD_SKIPPED;
	must(mount("naru", sems.room->path, "tmpfs", 0, "size=8m") == 0);
	must_be(naru_space_open(sems.room->path, NULL, &sems.room->space), 0);
	must_be(nr_ids_open(sems.room->space, &sems.ids), 0);
	must_be(nr_sem_open(&sems.ids, &sems.sem), 0);
	sems.id = nr_sem_get(&sems.sem, IPC_PRIVATE, SEMAPHORES, 0600);
	must(sems.id >= 0);
	must_be(sems_operate(&sems, 0, 1, 0), 0);
	fill(sems.room);
	must_be(sems_operate(&sems, 0, -1, SEM_UNDO), -ENOMEM);
	must_be(sems_operate(&sems, 0, -1, 0), 0);
	/* More than there are places for: the others have to look now and then. */
	for (int i = 0; i < CROWD; i++)
		must_be(pthread_create(&threads[i], NULL, take_in_thread, &sems), 0);
	await_asleep(&sems, NR_SET_STEP);
	must_be(sems_operate(&sems, 0, CROWD, 0), 0);
	for (int i = 0; i < CROWD; i++)
		must_be(pthread_join(threads[i], NULL), 0);
	must_be(sems_control(&sems, 0, GETVAL, 0), 0);
	return 0;
}

static void test_no_memory(void **state)
{
	struct room *room = *state;
	int status = child_run(live_without_memory, room);

	if (status == CHILD_SKIPPED) {
		print_message("mounting is not allowed here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_sems(test_sleepers_leave),
		with_sems(test_places_are_used_again),
		with_sems(test_rows_are_used_again),
		in_a_room(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
