/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WORLDS_H
#define SUPPORT_WORLDS_H

/*
 * support/worlds.h - the same semaphores twice: the kernel's, and naru's
 *
 * In each world there are workers, processes that operate on a set when they are told to.
 * Who tells them can know when all is quiet again: each worker has answered, or is asleep
 * in its call, as GETNCNT and GETZCNT say.
 */

#include <stdbool.h>
#include <sys/sem.h>
#include <sys/types.h>
#include <sysv/sem.h>

enum world_name { KERNEL, NARU, WORLDS };

enum order_kind {
	ORDER_OPERATE,
	ORDER_EXIT,
	ORDER_EXEC, /* and go on as another program */
	ORDER_FORK, /* and go on as the child; the parent exits */
};

enum { ORDER_OPERATIONS = 12 };

struct order {
	enum order_kind kind;
	int set;
	int count;
	bool timed; /* with a timeout, which is a short one */
	struct sembuf operation[ORDER_OPERATIONS];
};

struct answer {
	int result; /* or -errno */
	pid_t pid;
};

struct world_worker {
	pid_t pid;
	int orders; /* to it */
	int answers;
	bool busy;
	struct answer answer; /* the last one, if it is not busy */
};

struct world {
	enum world_name name;
	const char *path; /* of naru's space */
	struct nr_ids ids;
	struct nr_sem sem;
};

/* If this process is a worker that has made an ORDER_EXEC: be it, and do not return. */
void world_main(int argc, char **argv);

void world_open(struct world *world, enum world_name name, struct naru_space *space,
		const char *path);
void world_close(struct world *world);

/* As the system calls, but -errno for an error. */
int world_get(struct world *world, key_t key, int semaphores, int flags);
int world_control(struct world *world, int set, int number, int command,
		  union nr_sem_argument argument);
int world_operate(struct world *world, int set, struct sembuf *operations, int count,
		  const struct timespec *timeout);

void worker_start(struct world *world, struct world_worker *worker);
void worker_tell(struct world_worker *worker, const struct order *order);

/* Has it answered? Then it is not busy any more. */
bool worker_look(struct world_worker *worker);
void worker_await(struct world_worker *worker);

/* It has ended, or does now; wait for that. */
void worker_bury(struct world_worker *worker);
void worker_kill(struct world_worker *worker);

/* Wait until each of the workers has answered or is asleep. */
void world_await_quiet(struct world *world, int set, int semaphores,
		       struct world_worker *workers, int count);

#endif /* SUPPORT_WORLDS_H */
