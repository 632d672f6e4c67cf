/* SPDX-License-Identifier: MIT */
#ifndef TESTS_THREAD_WORK_H
#define TESTS_THREAD_WORK_H

/*
 * thread-work.h - a thread that waits in a call of System V, by libc's own name
 *
 * Built twice: on naru, and on the kernel, which must do the same.
 */

#include <pthread.h>
#include <stdbool.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/msg.h>
#include <sys/sem.h>

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

/* A queue that holds two messages of 8 bytes, and a set of one semaphore. */
extern int work_queue, work_set;

int work_make(void **state);
int work_unmake(void **state);

/* The call, with nothing else to say about it. */
long work_wait(enum call call, int flags);
/* See to it that the call cannot be done at once. */
void work_prepare(enum call call);

int work_add(int number);
void work_put(int count);
int work_messages(void);
/* Who is asleep at the queue, as it is written there; the kernel does not tell. */
int work_waiters(void);

/* The thread's body, and one with it. */
void *work_run(void *work);
pthread_t work_start(struct work *work);

/* It is asleep in its call, and has been for long enough to watch others. */
void work_await_asleep(struct work *work);
bool work_ends_cancelled(pthread_t thread);

/* All is as if nobody had been there. */
void work_assert_usable(enum call call);

#define with_work(test) cmocka_unit_test_setup_teardown(test, work_make, work_unmake)

#endif /* TESTS_THREAD_WORK_H */
