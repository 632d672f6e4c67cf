/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_DEMO_H
#define NARU_TOOLS_DEMO_H

/*
 * tools/demo.h - a job for several processes: a file, cut into chunks, several
 * times over, goes through a queue and is put together again
 *
 *	demo.c		what to do, and what to say
 *	demo-job.c	starts the processes, kills and replaces some, waits
 *	demo-chunk.c	a chunk leaves the file, and comes to the copy
 *	demo-naru.c	the queue is naru's
 *	demo-sysv.c	the queue is the kernel's: msgget, msgsnd, msgrcv
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	NR_WORKERS_MAX = 16, /* senders, and as many receivers */
	NR_CHUNK_MAX = 4096, /* the kernel's messages are at most 8 KiB */
	NR_TASK = 64,	     /* chunks that a sender takes upon itself at once */
};

/* A message: its type tells which copy of the file it is of, from 1 up. */
struct nr_chunk {
	uint64_t number; /* counted over all copies */
	unsigned char bytes[];
};

/* What the processes tell each other beside the queue, to be counted. */
struct nr_tally {
	_Alignas(64) _Atomic uint64_t arrived;
	_Atomic uint64_t twice; /* chunks that were there already */
};

struct nr_board {
	_Atomic uint64_t next_task; /* only for a queue that cannot hold the tasks */
	struct nr_tally tally[NR_WORKERS_MAX];
};

struct nr_job {
	const char *directory; /* for whatever the job needs */
	const unsigned char *file;
	unsigned char *copy; /* shared mapping of the received file */
	size_t length;	     /* of each */
	size_t chunk;	     /* bytes of the file in a message */
	uint64_t copies;
	uint64_t chunks; /* of one copy */
	uint64_t total;	 /* of all copies */
	unsigned senders;
	unsigned receivers;
	struct nr_board *board;		/* shared */
	_Atomic unsigned char *arrived; /* shared: a byte a chunk, 1 if it has arrived */
};

/* A queue for the job. Functions return 0 or a negative errno. */
struct nr_road {
	int (*create)(struct nr_job *job, void **ret_queue);
	/* In a process of its own: all the tasks that are left; and until removed. */
	int (*send)(struct nr_job *job, void *queue);
	int (*receive)(struct nr_job *job, void *queue, unsigned receiver);
	/* Is nothing left in the queue? */
	bool (*empty)(void *queue);
	void (*remove)(struct nr_job *job, void *queue);
};

extern const struct nr_road nr_road_naru;   /* what a receiver had is redelivered */
extern const struct nr_road nr_road_copies; /* naru, but used as the kernel's queue */
extern const struct nr_road nr_road_sysv;

/* Bytes of a message with a whole chunk. */
size_t nr_chunk_size(const struct nr_job *job);

/* Write chunk @number as a message. Returns its length; *ret_type is its type. */
size_t nr_chunk_pack(const struct nr_job *job, uint64_t number,
		     struct nr_chunk *ret_chunk, int64_t *ret_type);

/* Put a message's bytes into the copy. It may come twice. -EBADMSG: it is no chunk. */
int nr_chunk_unpack(struct nr_job *job, unsigned receiver, int64_t type,
		    const struct nr_chunk *chunk, size_t length);

struct nr_kill {
	pid_t pid;
	pid_t replacement;
	unsigned worker; /* from 0 up, senders and receivers apart */
	uint64_t after;	 /* chunks that had arrived */
};

struct nr_outcome {
	double seconds;
	uint64_t twice;
	struct nr_kill receiver; /* pid 0: not killed */
	struct nr_kill sender;
};

/* What ended a job early; negative errno values mean themselves. */
enum nr_job_error {
	NR_JOB_INTERRUPTED = 1, /* by SIGINT, SIGTERM or SIGHUP */
	NR_JOB_STUCK,		/* no chunk arrived for long */
	NR_JOB_WORKER_FAILED,	/* it said why */
};

/*
 * Do the job, from the first send until the last chunk is in its place. With
 * @kill a receiver and a sender are killed on the way, and replaced.
 *
 * Returns 0, one of enum nr_job_error, or a negative errno: there is no queue.
 */
int nr_job_run(struct nr_job *job, const struct nr_road *road, bool kill,
	       const char *label, struct nr_outcome *ret_outcome);

/* Let the signals that interrupt end the job, and not the process, from now on. */
void nr_job_catch_signals(void);

#endif /* NARU_TOOLS_DEMO_H */
