/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_SYSV_CALLS_H
#define NARU_BENCH_SYSV_CALLS_H

/* bench/sysv-calls.h - the System V calls: the kernel's, or the drop-in library's */

#include <stddef.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/types.h>

struct bench_sysv_calls {
	int (*msgget)(key_t key, int flags);
	int (*msgsnd)(int id, const void *message, size_t size, int flags);
	ssize_t (*msgrcv)(int id, void *message, size_t size, long type, int flags);
	int (*msgctl)(int id, int command, struct msqid_ds *state);
	int (*semget)(key_t key, int count, int flags);
	int (*semop)(int id, struct sembuf *operations, size_t count);
	int (*semctl)(int id, int number, int command, ...);
	int (*shmget)(key_t key, size_t size, int flags);
	void *(*shmat)(int id, const void *address, int flags);
	int (*shmdt)(const void *address);
	int (*shmctl)(int id, int command, struct shmid_ds *state);
};

extern const struct bench_sysv_calls bench_sysv_kernel;

/*
 * NULL if there is no libnaru-sysv.so. Looking for it does not use it: a process chooses
 * its space by $NARU_SPACE in its first call, for good.
 */
const struct bench_sysv_calls *bench_sysv_naru(void);

#endif /* NARU_BENCH_SYSV_CALLS_H */
