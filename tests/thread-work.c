/* SPDX-License-Identifier: MIT */

#include "thread-work.h"
#include "asleep.h"

#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct letter {
	long type;
	char text[8];
};

int work_queue, work_set;

int work_make(void **state)
{
	struct msqid_ds ds;

	(void)state;
	work_queue = msgget(IPC_PRIVATE, 0600);
	work_set = semget(IPC_PRIVATE, 1, 0600);
	must(work_queue >= 0 && work_set >= 0 && msgctl(work_queue, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = 16;
	must_be(msgctl(work_queue, IPC_SET, &ds), 0);
	return 0;
}

int work_unmake(void **state)
{
	(void)state;
	must_be(msgctl(work_queue, IPC_RMID, NULL), 0);
	return semctl(work_set, 0, IPC_RMID);
}

int work_add(int number)
{
	struct sembuf operation = {.sem_op = (short)number, .sem_flg = IPC_NOWAIT};

	return semop(work_set, &operation, 1);
}

void work_put(int count)
{
	const struct letter letter = {.type = 1};

	for (; count > 0; count--)
		must_be(msgsnd(work_queue, &letter, sizeof(letter.text), IPC_NOWAIT), 0);
}

int work_messages(void)
{
	struct msqid_ds ds;

	must_be(msgctl(work_queue, IPC_STAT, &ds), 0);
	return (int)ds.msg_qnum;
}

/* Who is asleep at the work_queue, as it is written there; the kernel does not tell. */
int work_waiters(void)
{
#ifdef NARU_BORDER
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct naru_queue *opened;
	char name[32];

	snprintf(name, sizeof(name), "sysv-msg-%d", work_queue);
	must_be(naru_queue_open(NULL, name, NULL, &opened), 0);
	must_be(naru_queue_stat(opened, &stat), 0);
	naru_queue_close(opened);
	return (int)(stat.waiting_receivers + stat.waiting_senders);
#else
	return 0;
#endif
}

long work_wait(enum call call, int flags)
{
	const struct timespec hour = {.tv_sec = 3600};
	struct sembuf operation = {.sem_op = -1, .sem_flg = (short)flags};
	struct letter letter = {.type = 1};

	switch (call) {
	case RECEIVE:
		return msgrcv(work_queue, &letter, sizeof(letter.text), 0, flags);
	case SEND:
		return msgsnd(work_queue, &letter, sizeof(letter.text), flags);
	case SEMOP:
		return semop(work_set, &operation, 1);
	default:
		return semtimedop(work_set, &operation, 1, &hour);
	}
}

static void clean_up(void *data)
{
	struct work *work = data;

	if (!work->clean_up_waits)
		return;
	work->thread = (int)syscall(SYS_gettid);
	work->result = work_wait(RECEIVE, 0);
}

void *work_run(void *data)
{
	struct work *work = data;

	pthread_setcancelstate(work->state, NULL);
	pthread_setcanceltype(work->type, NULL);
	pthread_cleanup_push(clean_up, work);
	work->thread = (int)syscall(SYS_gettid);
	work->result = work_wait(work->call, work->flags);
	work->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

/* In each of the calls, for lack of what it wants. */
void work_prepare(enum call call)
{
	if (call == SEND)
		work_put(2);
}

pthread_t work_start(struct work *work)
{
	pthread_t thread;

	must_be(pthread_create(&thread, NULL, work_run, work), 0);
	return thread;
}

/* It is asleep in its call, and has been for long enough to watch others. */
void work_await_asleep(struct work *work)
{
	int thread;

	while ((thread = work->thread) == 0)
		sched_yield();
	if (work->call >= SEMOP)
		while (semctl(work_set, 0, GETNCNT) == 0)
			sched_yield();
#ifdef NARU_BORDER
	while (!watches(thread))
		sched_yield();
#else
	while (!asleep(thread))
		sched_yield();
#endif
}

bool work_ends_cancelled(pthread_t thread)
{
	void *result;

	must_be(pthread_join(thread, &result), 0);
	return result == PTHREAD_CANCELED;
}

/* All is as if nobody had been there. */
void work_assert_usable(enum call call)
{
	assert_int_equal(work_waiters(), 0);
	assert_int_equal(semctl(work_set, 0, GETNCNT), 0);
	assert_int_equal(work_messages(), call == SEND ? 2 : 0);
	if (call == SEND) {
		assert_int_equal(work_wait(RECEIVE, IPC_NOWAIT), 8);
		assert_int_equal(work_wait(RECEIVE, IPC_NOWAIT), 8);
	}
	work_put(1);
	assert_int_equal(work_wait(RECEIVE, 0), 8);
	assert_int_equal(work_add(1), 0);
	assert_int_equal(semctl(work_set, 0, GETVAL), 1);
	assert_int_equal(work_add(-1), 0);
}
