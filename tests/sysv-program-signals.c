/* SPDX-License-Identifier: MIT */

/* sysv-program-signals.c - handlers that interrupt calls which wait */

#include "asleep.h"
#include "sysv-program.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/msg.h>
#include <sys/sem.h>

static void handler(int signal)
{
	(void)signal;
}

/* A handler ends a call that waits, SA_RESTART or not. */
void be_interrupted(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	int id = msgget(IPC_PRIVATE, 0600), i;
	struct letter letter = {1, ""}, long_one[2] = {{1, ""}};
	struct msqid_ds ds;

	must(id >= 0 && sigaction(SIGALRM, &action, NULL) == 0);
	must(alarm(1) == 0);
	fails(msgrcv(id, &letter, 8, 0, 0), EINTR); /* just when we look around */
	must(ualarm(20000, 20000) == 0);
	for (i = 0; i < 5; i++)
		fails(msgrcv(id, &letter, 8, 0, 0), EINTR);
	must(msgctl(id, IPC_STAT, &ds) == 0);
	ds.msg_qbytes = 16;
	must(msgctl(id, IPC_SET, &ds) == 0);
	while (msgsnd(id, &letter, 8, IPC_NOWAIT) == 0)
		continue;
	must(errno == EAGAIN);
	for (i = 0; i < 5; i++)
		fails(msgsnd(id, &letter, 8, 0), EINTR);
	/* More than it may ever hold waits as well. */
	fails(msgsnd(id, long_one, 17, 0), EINTR);
	ualarm(0, 0);
	must(msgctl(id, IPC_RMID, NULL) == 0);
}

static volatile pid_t forked;

static void fork_in_handler(int signal)
{
	(void)signal;
	forked = fork();
}

/* A process that sends a signal to its parent, not before that waits. */
static pid_t start_interrupter(void)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return child;
	while (!watches(parent))
		sched_yield();
	kill(parent, SIGALRM);
	_exit(0);
}

/*
 * The call that waits ends in the parent and in the child, and both go on: each with an
 * object of its own, or one of them might get what the other has put there before its
 * call has ended.
 */
void fork_while_waiting(void)
{
	struct sigaction action = {.sa_handler = fork_in_handler};
	struct sembuf down = {0, -1, 0}, up = {0, 1, 0};
	struct letter letter = {1, ""};
	int id[2], set[2];
	pid_t interrupter;

	for (int i = 0; i < 2; i++) {
		id[i] = msgget(IPC_PRIVATE, 0600);
		set[i] = semget(IPC_PRIVATE, 1, 0600);
	}
	must(sigaction(SIGALRM, &action, NULL) == 0);
	interrupter = start_interrupter();
	fails(msgrcv(id[0], &letter, 8, 0, 0), EINTR);
	must(msgsnd(id[forked == 0], &letter, 8, 0) == 0);
	must(msgrcv(id[forked == 0], &letter, 8, 0, 0) == 8);
	if (forked == 0)
		_exit(0);
	await(forked);
	await(interrupter);
	interrupter = start_interrupter();
	fails(semop(set[0], &down, 1), EINTR);
	must(semop(set[forked == 0], &up, 1) == 0);
	must(semop(set[forked == 0], &down, 1) == 0);
	if (forked == 0)
		_exit(0);
	await(forked);
	await(interrupter);
	for (int i = 0; i < 2; i++) {
		must(semctl(set[i], 0, GETNCNT) == 0);
		must(semctl(set[i], 0, IPC_RMID) == 0);
		must(msgctl(id[i], IPC_RMID, NULL) == 0);
	}
}

static sigjmp_buf before;

static void jump(int signal)
{
	(void)signal;
	siglongjmp(before, 1);
}

/* The old way to limit a wait. Other queues come where the first one was. */
void jump_out_of_a_wait(void)
{
	struct sigaction action = {.sa_handler = jump};
	struct letter letter = {1, ""};

	must(sigaction(SIGALRM, &action, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		volatile int id = msgget(IPC_PRIVATE, 0600);

		if (sigsetjmp(before, 1) == 0) {
			ualarm(20000, 0);
			must(msgrcv(id, &letter, 8, 0, 0) == 0 && false);
		}
		must(msgsnd(id, &letter, 8, 0) == 0);
		must(msgrcv(id, &letter, 8, 0, 0) == 8);
		must(msgctl(id, IPC_RMID, NULL) == 0);
	}
}
