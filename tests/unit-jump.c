/* SPDX-License-Identifier: MIT */

/*
 * Handlers that leave a waiting call of System V by longjmp(3), or end the thread.
 *
 *	unit-jump		on naru
 *	unit-jump-kernel	on the kernel, which must do the same
 */

#include "thread-work.h"

#include <signal.h>
#include <stdlib.h>
#include <support/border.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf out;
static bool jumps_inside, jumps_nowhere;

static void jump(int number)
{
	sigjmp_buf here;

	(void)number;
	if (!jumps_inside)
		siglongjmp(out, 1);
	if (sigsetjmp(here, 1) == 0)
		siglongjmp(here, 1);
}

static void *run_and_jump(void *data)
{
	struct work *work = data;

	if (sigsetjmp(out, 1) == 0)
		work_run(work);
	else
		work->result = -2;
	/* Whatever is left of the call is to be seen while the thread is there. */
	if (work->call >= SEMOP)
		work->error = semctl(work_set, 0, GETNCNT);
	else
		work->error = work_waiters();
	return NULL;
}

static void interrupt(enum call call, bool inside)
{
	struct work work = {.call = call};
	pthread_t thread;

	jumps_inside = inside;
	work_prepare(call);
	must_be(pthread_create(&thread, NULL, run_and_jump, &work), 0);
	work_await_asleep(&work);
	assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
	assert_false(work_ends_cancelled(thread));
	assert_int_equal(work.result, inside ? -1 : -2);
	assert_int_equal(work.error, 0);
	work_assert_usable(call);
}

static void handle(void (*handler)(int number))
{
	const struct sigaction action = {.sa_handler = handler};

	must_be(sigaction(SIGUSR1, &action, NULL), 0);
}

static void test_jump(void **state)
{
	(void)state;
	handle(jump);
	for (int call = RECEIVE; call < CALLS; call++)
		for (int inside = 0; inside < 2; inside++)
			interrupt((enum call)call, inside);
}

/* Add what the interrupted call waits for, and jump nowhere. */
static void add_and_jump(int number)
{
	(void)number;
	must_be(work_add(1), 0);
	if (!jumps_nowhere)
		jump(number);
}

/* Whether that came too late for it or not: the one is there, or it has got it. */
static void give(void (*handler)(int number))
{
	struct work work = {.call = SEMOP};
	pthread_t thread;

	handle(handler);
	thread = work_start(&work);
	work_await_asleep(&work);
	assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
	assert_false(work_ends_cancelled(thread));
	assert_int_equal(semctl(work_set, 0, GETVAL), work.result == 0 ? 0 : 1);
	assert_int_equal(semctl(work_set, 0, SETVAL, 0), 0);
	work_assert_usable(SEMOP);
}

static void test_given_in_handler(void **state)
{
	(void)state;
	jumps_inside = true;
	for (int nowhere = 0; nowhere < 2; nowhere++) {
		jumps_nowhere = nowhere;
		give(add_and_jump);
	}
}

static int child_is_through[2];

/* The child of a fork in the handler returns from the call first; it was its parent's. */
static void add_and_fork(int number)
{
	pid_t child;
	char byte;

	(void)number;
	must_be(work_add(1), 0);
	child = fork();
	must(child >= 0);
	if (child == 0)
		return;
	close(child_is_through[1]);
	must_be(read(child_is_through[0], &byte, 1), 0);
	must_be(waitpid(child, NULL, 0), child);
}

static void *run_and_end(void *data)
{
	pid_t parent = getpid();

	work_run(data);
	if (getpid() != parent)
		_exit(0);
	return NULL;
}

static void test_given_in_parent(void **state)
{
	struct work work = {.call = SEMOP};
	pthread_t thread;

	(void)state;
	handle(add_and_fork);
	must_be(pipe(child_is_through), 0);
	must_be(pthread_create(&thread, NULL, run_and_end, &work), 0);
	work_await_asleep(&work);
	assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
	assert_false(work_ends_cancelled(thread));
	close(child_is_through[0]);
	assert_int_equal(semctl(work_set, 0, GETVAL), work.result == 0 ? 0 : 1);
	assert_int_equal(semctl(work_set, 0, SETVAL, 0), 0);
	work_assert_usable(SEMOP);
}

static const struct timespec moment = {.tv_nsec = 1000000};

static int wait_a_moment(void)
{
	struct sembuf operation = {.sem_op = -1};

	return semtimedop(work_set, &operation, 1, &moment);
}

static void wait_in_handler(int number)
{
	(void)number;
	must_be(wait_a_moment(), -1);
}

static void test_wait_in_handler(void **state)
{
	(void)state;
	handle(wait_in_handler);
	for (int call = RECEIVE; call < CALLS; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread;

		work_prepare((enum call)call);
		thread = work_start(&work);
		work_await_asleep(&work);
		assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
		assert_false(work_ends_cancelled(thread));
		assert_int_equal(work.result, -1);
		assert_int_equal(work.error, EINTR);
		work_assert_usable((enum call)call);
	}
}

static ucontext_t away;
static volatile bool has_left;

/* A function that does not return: so a sanitizer forgets what is on the stack. */
static __attribute__((noinline)) _Noreturn void go_away(void)
{
	setcontext(&away);
	abort();
}

static void leave(int number)
{
	(void)number;
	has_left = true;
	go_away();
}

static void *run_and_leave(void *data)
{
	getcontext(&away);
	if (!has_left)
		work_run(data);
	/* At the latest by the next wait nothing is left of it. */
	must_be(wait_a_moment(), -1);
	must_be(semctl(work_set, 0, GETNCNT), 0);
	must_be(work_waiters(), 0);
	return NULL;
}

static void test_leave(void **state)
{
	(void)state;
	handle(leave);
	for (int call = RECEIVE; call < CALLS; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread;

		has_left = false;
		work_prepare((enum call)call);
		must_be(pthread_create(&thread, NULL, run_and_leave, &work), 0);
		work_await_asleep(&work);
		assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
		assert_false(work_ends_cancelled(thread));
		work_assert_usable((enum call)call);
	}
}

static void end_thread(int number)
{
	(void)number;
	pthread_exit(NULL);
}

/* A handler that ends the thread. */
static void test_exit(void **state)
{
	(void)state;
	handle(end_thread);
	for (int call = RECEIVE; call < CALLS; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread;

		work_prepare((enum call)call);
		thread = work_start(&work);
		work_await_asleep(&work);
		assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
		assert_false(work_ends_cancelled(thread));
		work_assert_usable((enum call)call);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_work(test_jump),
		with_work(test_given_in_handler),
		with_work(test_given_in_parent),
		with_work(test_wait_in_handler),
		with_work(test_leave),
		with_work(test_exit),
	};

	return border_main(tests, sizeof(tests) / sizeof(tests[0]));
}
