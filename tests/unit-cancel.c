/* SPDX-License-Identifier: MIT */

/*
 * pthread_cancel(3) of threads that wait in calls of System V, or just call them.
 *
 *	unit-cancel		on naru
 *	unit-cancel-kernel	on the kernel, which must do the same
 */

#include "thread-work.h"

#include <sched.h>
#include <support/border.h>

enum { BUSY = 500 };

static void cancel_asleep(enum call call, int type)
{
	struct work work = {.call = call, .type = type};
	pthread_t thread;

	work_prepare(call);
	thread = work_start(&work);
	work_await_asleep(&work);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_true(work_ends_cancelled(thread));
	work_assert_usable(call);
}

static void test_asleep(void **state)
{
	(void)state;
	cancel_asleep(RECEIVE, PTHREAD_CANCEL_DEFERRED);
	cancel_asleep(SEND, PTHREAD_CANCEL_DEFERRED);
}

static void test_asleep_at_once(void **state)
{
	(void)state;
	for (int call = RECEIVE; call < CALLS; call++)
		cancel_asleep((enum call)call, PTHREAD_CANCEL_ASYNCHRONOUS);
}

/* semop(2) is no cancellation point of libc's. */
static void test_no_point(void **state)
{
	(void)state;
	for (int call = SEMOP; call < CALLS; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread = work_start(&work);

		work_await_asleep(&work);
		assert_int_equal(pthread_cancel(thread), 0);
		assert_int_equal(semctl(work_set, 0, GETNCNT), 1);
		assert_int_equal(work_add(1), 0);
		assert_false(work_ends_cancelled(thread));
		assert_int_equal(work.result, 0);
		work_assert_usable((enum call)call);
	}
}

static void *cancel_itself(void *data)
{
	struct work *work = data;

	pthread_setcanceltype(work->type, NULL);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	must_be(pthread_cancel(pthread_self()), 0);
	work->result = work_wait(work->call, IPC_NOWAIT);
	work->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	work_wait(work->call, 0);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return NULL;
}

/* It was cancelled before: nothing is sent or received, even if it could be. */
static void test_pending(void **state)
{
	(void)state;
	for (int call = RECEIVE; call <= SEND; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread;

		if (call == RECEIVE)
			work_put(2);
		must_be(pthread_create(&thread, NULL, cancel_itself, &work), 0);
		assert_true(work_ends_cancelled(thread));
		/* While it was not to be cancelled, one went through. */
		assert_int_equal(work.result, call == RECEIVE ? 8 : 0);
		assert_int_equal(work_messages(), 1);
		assert_int_equal(work_wait(RECEIVE, 0), 8);
		work_assert_usable(RECEIVE);
	}
}

static void test_not_now(void **state)
{
	struct work work = {.call = RECEIVE, .state = PTHREAD_CANCEL_DISABLE};
	pthread_t thread = work_start(&work);

	(void)state;
	work_await_asleep(&work);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(work_messages(), 0);
	work_put(1);
	assert_false(work_ends_cancelled(thread));
	assert_int_equal(work.result, 8);
	work_assert_usable(RECEIVE);
}

/* In a cleanup handler a call waits as ever. */
static void test_clean_up(void **state)
{
	(void)state;
	for (int type = 0; type < 2; type++) {
		struct work work = {
			.call = RECEIVE, .type = type, .clean_up_waits = true};
		pthread_t thread = work_start(&work);

		work_await_asleep(&work);
		work.thread = 0;
		assert_int_equal(pthread_cancel(thread), 0);
		work_await_asleep(&work);
		work_put(1);
		assert_true(work_ends_cancelled(thread));
		assert_int_equal(work.result, 8);
		work_assert_usable(RECEIVE);
	}
}

static void *go_on(void *data)
{
	_Atomic int *rounds = data;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;) {
		must_be(work_add(1), 0);
		must_be(work_add(-1), 0);
		must_be(work_wait(SEND, IPC_NOWAIT), 0);
		must_be(work_wait(RECEIVE, IPC_NOWAIT), 8);
		++*rounds;
	}
}

/* Wherever it is in a call: nothing stays locked. */
static void test_busy_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < BUSY; i++) {
		_Atomic int rounds = 0;
		pthread_t thread;

		must_be(pthread_create(&thread, NULL, go_on, &rounds), 0);
		while (rounds < i % 4)
			sched_yield();
		assert_int_equal(pthread_cancel(thread), 0);
		assert_true(work_ends_cancelled(thread));
		while (work_messages() > 0)
			assert_int_equal(work_wait(RECEIVE, IPC_NOWAIT), 8);
		assert_int_equal(semctl(work_set, 0, SETVAL, 0), 0);
		work_assert_usable(RECEIVE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_work(test_asleep),	      with_work(test_asleep_at_once),
		with_work(test_no_point),     with_work(test_pending),
		with_work(test_not_now),      with_work(test_clean_up),
		with_work(test_busy_at_once),
	};

	return border_main(tests, sizeof(tests) / sizeof(tests[0]));
}
