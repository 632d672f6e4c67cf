/* SPDX-License-Identifier: MIT */

/* SEM_UNDO: what a process owes is settled when it ends, and not before. */

#include <asleep.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <support/child.h>
#include <support/place.h>
#include <support/sems.h>
#include <sys/wait.h>

static int operate(struct sems *sems, int add, int flags)
{
	return sems_operate(sems, 0, add, flags);
}

static int value(struct sems *sems)
{
	return sems_control(sems, 0, GETVAL, 0);
}

/* A child that takes 1 with SEM_UNDO, says so, and is there until it is killed. */
struct holder {
	struct sems *sems;
	int says[2], until[2];
	pid_t pid;
	bool exec_cat;
};

static int take_and_wait(void *data)
{
	struct holder *holder = data;
	char byte;

	must_be(operate(holder->sems, -1, SEM_UNDO), 0);
	must(write(holder->says[1], "", 1) == 1);
	close(holder->until[1]);
	if (holder->exec_cat) {
		must(dup2(holder->until[0], STDIN_FILENO) == STDIN_FILENO);
		must(dup2(holder->says[1], STDOUT_FILENO) == STDOUT_FILENO);
		execlp("cat", "cat", (char *)NULL);
		return 1;
	}
	must(read(holder->until[0], &byte, 1) == 0);
	return 0;
}

static void start_holder(struct holder *holder, struct sems *sems)
{
	char byte;

	holder->sems = sems;
	must(pipe(holder->says) == 0 && pipe(holder->until) == 0);
	holder->pid = child_start(take_and_wait, holder);
	close(holder->says[1]);
	close(holder->until[0]);
	must(read(holder->says[0], &byte, 1) == 1);
}

/* It is cat(1) now, when it gives back what it gets. */
static void await_cat(struct holder *holder)
{
	char byte = 'x';

	must(write(holder->until[1], &byte, 1) == 1);
	must(read(holder->says[0], &byte, 1) == 1);
}

static void end_holder(struct holder *holder)
{
	close(holder->until[1]);
	close(holder->says[0]);
	assert_int_equal(child_await(holder->pid), 0);
}

static int take(void *data)
{
	return -operate(data, -1, 0);
}

static pid_t start_sleeper(struct sems *sems)
{
	pid_t pid = child_start(take, sems);

	while (sems_control(sems, 0, GETNCNT, 0) != 1 || !asleep(pid))
		sched_yield();
	return pid;
}

static void test_kill_undoes(void **state)
{
	struct sems *sems = *state;
	struct holder holder = {0};

	must_be(operate(sems, 3, 0), 0);
	start_holder(&holder, sems);
	assert_int_equal(value(sems), 2);
	child_kill(holder.pid);
	assert_int_equal(value(sems), 3);
	assert_int_equal(sems_control(sems, 0, GETPID, 0), holder.pid);
}

static void test_exit_undoes(void **state)
{
	struct sems *sems = *state;
	struct holder holder = {0};

	must_be(operate(sems, 1, 0), 0);
	start_holder(&holder, sems);
	assert_int_equal(operate(sems, -1, IPC_NOWAIT), -EAGAIN);
	end_holder(&holder);
	assert_int_equal(operate(sems, -1, IPC_NOWAIT), 0);
}

/* Nobody but the sleeper is there to hear of it. */
static void test_sleeper_hears_of_it(void **state)
{
	struct sems *sems = *state;
	struct holder holder = {0};
	pid_t sleeper;

	must_be(operate(sems, 1, 0), 0);
	start_holder(&holder, sems);
	sleeper = start_sleeper(sems);
	child_kill(holder.pid);
	assert_int_equal(child_await(sleeper), 0);
	assert_int_equal(value(sems), 0);
}

static void test_exec_keeps_it(void **state)
{
	struct sems *sems = *state;
	struct holder holder = {.exec_cat = true};
	pid_t sleeper;

	must_be(operate(sems, 1, 0), 0);
	start_holder(&holder, sems);
	await_cat(&holder);
	assert_int_equal(value(sems), 0);
	assert_int_equal(operate(sems, -1, IPC_NOWAIT), -EAGAIN);
	sleeper = start_sleeper(sems);
	await_cat(&holder);
	assert_int_equal(sems_control(sems, 0, GETNCNT, 0), 1);
	child_kill(holder.pid);
	assert_int_equal(child_await(sleeper), 0);
	assert_int_equal(value(sems), 0);
}

static int give_back(void *data)
{
	struct sems *sems = data;

	must_be(operate(sems, -2, SEM_UNDO), 0);
	must_be(operate(sems, 2, SEM_UNDO), 0);
	return 0;
}

static int do_nothing(void *data)
{
	return -operate(data, 0, IPC_NOWAIT);
}

/* The child of a fork owes nothing of what its parent does. */
static int fork_and_end(void *data)
{
	struct sems *sems = data;

	must_be(operate(sems, -1, SEM_UNDO), 0);
	must_be(child_run(do_nothing, sems), EAGAIN);
	must_be(value(sems), 4);
	return 0;
}

static void test_child_does_not_inherit(void **state)
{
	struct sems *sems = *state;

	must_be(operate(sems, 5, 0), 0);
	assert_int_equal(child_run(fork_and_end, sems), 0);
	assert_int_equal(value(sems), 5);
}

static void test_nothing_left_to_undo(void **state)
{
	struct sems *sems = *state;

	must_be(operate(sems, 5, 0), 0);
	assert_int_equal(child_run(give_back, sems), 0);
	assert_int_equal(value(sems), 5);
}

static void *take_in_thread(void *data)
{
	must_be(operate(data, -1, SEM_UNDO), 0);
	return NULL;
}

static int end_a_thread(void *data)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, take_in_thread, data) == 0);
	must(pthread_join(thread, NULL) == 0);
	must_be(value(data), 1);
	return 0;
}

static void test_thread_is_not_the_process(void **state)
{
	struct sems *sems = *state;

	must_be(operate(sems, 2, 0), 0);
	assert_int_equal(child_run(end_a_thread, sems), 0);
	assert_int_equal(value(sems), 2);
}

static int take_one(void *data)
{
	must_be(operate(data, -1, SEM_UNDO), 0);
	raise(SIGSTOP);
	return 0;
}

/* SETVAL forgets what was owed; and a value stays in its range. */
static void test_set_value_forgets(void **state)
{
	struct sems *sems = *state;
	pid_t child;

	must_be(operate(sems, 1, 0), 0);
	child = child_start(take_one, sems);
	must(waitpid(child, NULL, WUNTRACED) == child);
	must_be(sems_control(sems, 0, SETVAL, 7), 0);
	child_kill(child);
	assert_int_equal(value(sems), 7);
}

static int raise_it(void *data)
{
	must_be(operate(data, 5, SEM_UNDO), 0);
	return 0;
}

static void test_never_below_zero(void **state)
{
	struct sems *sems = *state;
	int pipes[2];
	pid_t child;

	must(pipe(pipes) == 0);
	child = child_start(take_one, sems);
	while (sems_control(sems, 0, GETNCNT, 0) == 0)
		sched_yield();
	/* It sleeps, and gets one of the five. */
	assert_int_equal(child_run(raise_it, sems), 0);
	must(waitpid(child, NULL, WUNTRACED) == child);
	/* 5 - 1 = 4, less 5 is 0; and then 1 comes back. */
	assert_int_equal(value(sems), 0);
	child_kill(child);
	assert_int_equal(value(sems), 1);
	close(pipes[0]);
	close(pipes[1]);
}

static void test_too_much_is_owed(void **state)
{
	struct sems *sems = *state;

	must_be(operate(sems, 32767, SEM_UNDO), 0);
	must_be(sems_control(sems, 1, SETVAL, 0), 0);
	must_be(operate(sems, -32767, 0), 0);
	assert_int_equal(operate(sems, 2, SEM_UNDO), -ERANGE);
	assert_int_equal(operate(sems, 1, SEM_UNDO), 0);
	must_be(sems_control(sems, 0, SETVAL, 0), 0);
	assert_int_equal(operate(sems, 2, SEM_UNDO), 0);
}

/* What a dead process owes is settled before anything else is done. */
static void test_settled_first(void **state)
{
	struct sems *sems = *state;

	/* It came by 5, which go with it: there are none to be taken. */
	assert_int_equal(child_run(raise_it, sems), 0);
	assert_int_equal(operate(sems, -3, IPC_NOWAIT), -EAGAIN);
	assert_int_equal(child_run(raise_it, sems), 0);
	assert_int_equal(operate(sems, 0, IPC_NOWAIT), 0);
	assert_int_equal(value(sems), 0);
}

enum { WIDE = 1200, AT_ONCE = 400 };

/* Raises all of them, as much as one call may do at once. */
static int raise_all(void *data)
{
	struct sems *sems = data;
	struct sembuf operations[AT_ONCE];

	for (int from = 0; from < WIDE; from += AT_ONCE) {
		for (int i = 0; i < AT_ONCE; i++)
			operations[i] = (struct sembuf){
				.sem_num = (unsigned short)(from + i),
				.sem_op = (short)(1 + i % 3),
				.sem_flg = SEM_UNDO,
			};
		must_be(nr_sem_operate(&sems->sem, sems->id, operations, AT_ONCE, NULL),
			0);
	}
	must_be(sems_control(sems, WIDE - 1, GETVAL, 0), 1);
	return 0;
}

/* More than one change can hold; and more than are looked through for zeros. */
static void test_much_is_owed(void **state)
{
	struct sems *sems = *state;
	unsigned short values[WIDE];

	sems->id = nr_sem_get(&sems->sem, IPC_PRIVATE, WIDE, 0600);
	must(sems->id >= 0);
	assert_int_equal(child_run(raise_all, sems), 0);
	must_be(nr_sem_control(&sems->sem, sems->id, 0, GETALL,
			       (union nr_sem_argument){.array = values}),
		0);
	for (int i = 0; i < WIDE; i++)
		assert_int_equal(values[i], 0);
}

/* Ids of the dead are used again, rows too. */
static void test_many_processes(void **state)
{
	struct sems *sems = *state;

	must_be(operate(sems, 10, 0), 0);
	for (int i = 0; i < 150; i++) {
		struct holder holder = {0};

		start_holder(&holder, sems);
		if (i % 2)
			child_kill(holder.pid);
		else
			end_holder(&holder);
	}
	assert_int_equal(value(sems), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_sems(test_kill_undoes),
		with_sems(test_exit_undoes),
		with_sems(test_sleeper_hears_of_it),
		with_sems(test_exec_keeps_it),
		with_sems(test_child_does_not_inherit),
		with_sems(test_nothing_left_to_undo),
		with_sems(test_thread_is_not_the_process),
		with_sems(test_set_value_forgets),
		with_sems(test_never_below_zero),
		with_sems(test_too_much_is_owed),
		with_sems(test_settled_first),
		with_sems(test_much_is_owed),
		with_sems(test_many_processes),
	};

	return cmocka_run_group_tests_name("sem-undo", tests, NULL, NULL);
}
