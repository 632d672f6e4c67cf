/* SPDX-License-Identifier: MIT */

/*
 * Calls of System V that wait, and do not return: the thread is cancelled, or a handler
 * leaves by longjmp(3). The calls are libc's own names.
 *
 *	unit-thread		on naru
 *	unit-thread-kernel	on the kernel, which must do the same
 */

#include <asleep.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

struct letter {
	long type;
	char text[8];
};

enum { BUSY = 500 };

enum call { RECEIVE, SEND, SEMOP, SEMTIMEDOP, CALLS };

/* What a thread is to do, and what it has done. */
struct work {
	enum call call;
	int type;  /* of cancellation */
	int state; /* of cancellation */
	_Atomic int thread;
	int flags;
	long result;
	int error;
	bool clean_up_waits;
};

static int queue, set;

static int make(void **state)
{
	struct msqid_ds ds;

	(void)state;
	queue = msgget(IPC_PRIVATE, 0600);
	set = semget(IPC_PRIVATE, 1, 0600);
	must(queue >= 0 && set >= 0 && msgctl(queue, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = 16;
	must_be(msgctl(queue, IPC_SET, &ds), 0);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	must_be(msgctl(queue, IPC_RMID, NULL), 0);
	return semctl(set, 0, IPC_RMID);
}

static int add(int number)
{
	struct sembuf operation = {.sem_op = (short)number, .sem_flg = IPC_NOWAIT};

	return semop(set, &operation, 1);
}

static int put(int count)
{
	const struct letter letter = {.type = 1};

	for (; count > 0; count--)
		must_be(msgsnd(queue, &letter, sizeof(letter.text), IPC_NOWAIT), 0);
	return 0;
}

static int messages(void)
{
	struct msqid_ds ds;

	must_be(msgctl(queue, IPC_STAT, &ds), 0);
	return (int)ds.msg_qnum;
}

/* Who is asleep at the queue, as it is written there; the kernel does not tell. */
static int waiters(void)
{
#ifdef NARU_BORDER
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct naru_queue *opened;
	char name[32];

	snprintf(name, sizeof(name), "sysv-msg-%d", queue);
	must_be(naru_queue_open(NULL, name, NULL, &opened), 0);
	must_be(naru_queue_stat(opened, &stat), 0);
	naru_queue_close(opened);
	return (int)(stat.waiting_receivers + stat.waiting_senders);
#else
	return 0;
#endif
}

static long wait_in(enum call call, int flags)
{
	const struct timespec hour = {.tv_sec = 3600};
	struct sembuf operation = {.sem_op = -1, .sem_flg = (short)flags};
	struct letter letter = {.type = 1};

	switch (call) {
	case RECEIVE:
		return msgrcv(queue, &letter, sizeof(letter.text), 0, flags);
	case SEND:
		return msgsnd(queue, &letter, sizeof(letter.text), flags);
	case SEMOP:
		return semop(set, &operation, 1);
	default:
		return semtimedop(set, &operation, 1, &hour);
	}
}

static void clean_up(void *data)
{
	struct work *work = data;

	if (!work->clean_up_waits)
		return;
	work->thread = (int)syscall(SYS_gettid);
	work->result = wait_in(RECEIVE, 0);
}

static void *run(void *data)
{
	struct work *work = data;

	pthread_setcancelstate(work->state, NULL);
	pthread_setcanceltype(work->type, NULL);
	pthread_cleanup_push(clean_up, work);
	work->thread = (int)syscall(SYS_gettid);
	work->result = wait_in(work->call, work->flags);
	work->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

/* In each of the calls, for lack of what it wants. */
static void prepare(enum call call)
{
	if (call == SEND)
		put(2);
}

static pthread_t start(struct work *work)
{
	pthread_t thread;

	must_be(pthread_create(&thread, NULL, run, work), 0);
	return thread;
}

/* It is asleep in its call, and has been for long enough to watch others. */
static void await_asleep(struct work *work)
{
	int thread;

	while ((thread = work->thread) == 0)
		sched_yield();
	if (work->call >= SEMOP)
		while (semctl(set, 0, GETNCNT) == 0)
			sched_yield();
#ifdef NARU_BORDER
	while (!watches(thread))
		sched_yield();
#else
	while (!asleep(thread))
		sched_yield();
#endif
}

static bool ends_cancelled(pthread_t thread)
{
	void *result;

	must_be(pthread_join(thread, &result), 0);
	return result == PTHREAD_CANCELED;
}

/* All is as if nobody had been there. */
static void assert_usable(enum call call)
{
	assert_int_equal(waiters(), 0);
	assert_int_equal(semctl(set, 0, GETNCNT), 0);
	assert_int_equal(messages(), call == SEND ? 2 : 0);
	if (call == SEND) {
		assert_int_equal(wait_in(RECEIVE, IPC_NOWAIT), 8);
		assert_int_equal(wait_in(RECEIVE, IPC_NOWAIT), 8);
	}
	put(1);
	assert_int_equal(wait_in(RECEIVE, 0), 8);
	assert_int_equal(add(1), 0);
	assert_int_equal(semctl(set, 0, GETVAL), 1);
	assert_int_equal(add(-1), 0);
}

static void cancel_asleep(enum call call, int type)
{
	struct work work = {.call = call, .type = type};
	pthread_t thread;

	prepare(call);
	thread = start(&work);
	await_asleep(&work);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_true(ends_cancelled(thread));
	assert_usable(call);
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
		pthread_t thread = start(&work);

		await_asleep(&work);
		assert_int_equal(pthread_cancel(thread), 0);
		assert_int_equal(semctl(set, 0, GETNCNT), 1);
		assert_int_equal(add(1), 0);
		assert_false(ends_cancelled(thread));
		assert_int_equal(work.result, 0);
		assert_usable((enum call)call);
	}
}

static void *cancel_itself(void *data)
{
	struct work *work = data;

	pthread_setcanceltype(work->type, NULL);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	must_be(pthread_cancel(pthread_self()), 0);
	work->result = wait_in(work->call, IPC_NOWAIT);
	work->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	wait_in(work->call, 0);
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
			put(2);
		must_be(pthread_create(&thread, NULL, cancel_itself, &work), 0);
		assert_true(ends_cancelled(thread));
		/* While it was not to be cancelled, one went through. */
		assert_int_equal(work.result, call == RECEIVE ? 8 : 0);
		assert_int_equal(messages(), 1);
		assert_int_equal(wait_in(RECEIVE, 0), 8);
		assert_usable(RECEIVE);
	}
}

static void test_not_now(void **state)
{
	struct work work = {.call = RECEIVE, .state = PTHREAD_CANCEL_DISABLE};
	pthread_t thread = start(&work);

	(void)state;
	await_asleep(&work);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(messages(), 0);
	put(1);
	assert_false(ends_cancelled(thread));
	assert_int_equal(work.result, 8);
	assert_usable(RECEIVE);
}

/* In a cleanup handler a call waits as ever. */
static void test_clean_up(void **state)
{
	(void)state;
	for (int type = 0; type < 2; type++) {
		struct work work = {
			.call = RECEIVE, .type = type, .clean_up_waits = true};
		pthread_t thread = start(&work);

		await_asleep(&work);
		work.thread = 0;
		assert_int_equal(pthread_cancel(thread), 0);
		await_asleep(&work);
		put(1);
		assert_true(ends_cancelled(thread));
		assert_int_equal(work.result, 8);
		assert_usable(RECEIVE);
	}
}

static void *go_on(void *data)
{
	_Atomic int *rounds = data;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;) {
		must_be(add(1), 0);
		must_be(add(-1), 0);
		must_be(wait_in(SEND, IPC_NOWAIT), 0);
		must_be(wait_in(RECEIVE, IPC_NOWAIT), 8);
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
		assert_true(ends_cancelled(thread));
		while (messages() > 0)
			assert_int_equal(wait_in(RECEIVE, IPC_NOWAIT), 8);
		assert_int_equal(semctl(set, 0, SETVAL, 0), 0);
		assert_usable(RECEIVE);
	}
}

static sigjmp_buf out;
static bool jumps_inside;

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
		run(work);
	else
		work->result = -2;
	/* Whatever is left of the call is to be seen while the thread is there. */
	if (work->call >= SEMOP)
		work->error = semctl(set, 0, GETNCNT);
	else
		work->error = waiters();
	return NULL;
}

static void interrupt(enum call call, bool inside)
{
	struct work work = {.call = call};
	pthread_t thread;

	jumps_inside = inside;
	prepare(call);
	must_be(pthread_create(&thread, NULL, run_and_jump, &work), 0);
	await_asleep(&work);
	assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
	assert_false(ends_cancelled(thread));
	assert_int_equal(work.result, inside ? -1 : -2);
	assert_int_equal(work.error, 0);
	assert_usable(call);
}

static void test_jump(void **state)
{
	const struct sigaction action = {.sa_handler = jump};

	(void)state;
	must_be(sigaction(SIGUSR1, &action, NULL), 0);
	for (int call = RECEIVE; call < CALLS; call++)
		for (int inside = 0; inside < 2; inside++)
			interrupt((enum call)call, inside);
}

static void end_thread(int number)
{
	(void)number;
	pthread_exit(NULL);
}

/* A handler that ends the thread. */
static void test_exit(void **state)
{
	const struct sigaction action = {.sa_handler = end_thread};

	(void)state;
	must_be(sigaction(SIGUSR1, &action, NULL), 0);
	for (int call = RECEIVE; call < CALLS; call++) {
		struct work work = {.call = (enum call)call};
		pthread_t thread;

		prepare((enum call)call);
		thread = start(&work);
		await_asleep(&work);
		assert_int_equal(pthread_kill(thread, SIGUSR1), 0);
		assert_false(ends_cancelled(thread));
		assert_usable((enum call)call);
	}
}

#define with_both(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_both(test_asleep),	      with_both(test_asleep_at_once),
		with_both(test_no_point),     with_both(test_pending),
		with_both(test_not_now),      with_both(test_clean_up),
		with_both(test_busy_at_once), with_both(test_jump),
		with_both(test_exit),
	};
	struct room *room = room_open();
	int failed;

	setenv("NARU_SPACE", room->path, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	room_close(room);
	return failed;
}
