/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_H
#define NARU_SYSV_H

/*
 * naru/sysv.h - look at the System V objects of a space, and set its limits
 *
 * Programs use them by shmget(2), msgget(2), semget(2) and their kin, of libnaru-sysv.so;
 * see naru-sysv(7). What is here is in that library, too.
 */

#include <naru/base.h>
#include <naru/space.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As of ipcs -l; 0 for what is not to be set. Declare with NARU_INIT. */
struct naru_sysv_limits {
	size_t size;	 /* sizeof(struct naru_sysv_limits) */
	uint64_t shmmax; /* bytes of a segment */
	uint64_t shmall; /* pages of 4 KiB of all segments */
	uint64_t shmmni; /* segments, at most 32768 */
	uint64_t msgmax; /* bytes of a message */
	uint64_t msgmnb; /* bytes of a new queue: its msg_qbytes */
	uint64_t msgmni; /* queues, at most 32768 */
	uint64_t semmsl; /* semaphores of a set */
	uint64_t semmns; /* semaphores of all sets */
	uint64_t semopm; /* operations of a semop(2) */
	uint64_t semmni; /* sets, at most 32768 */
};

NARU_API int naru_sysv_get_limits(struct naru_space *space,
				  struct naru_sysv_limits *ret_limits);

/* For whoever may write to the space. -EINVAL: one is more than can be. */
NARU_API int naru_sysv_set_limits(struct naru_space *space,
				  const struct naru_sysv_limits *limits);

enum naru_sysv_kind {
	NARU_SYSV_SEGMENT = 0,
	NARU_SYSV_QUEUE = 1,
	NARU_SYSV_SET = 2,
};

/* One object, as IPC_STAT tells it. What a kind does not have is 0. */
struct naru_sysv_entry {
	int id;
	uint32_t key;
	uint32_t uid;
	uint32_t gid;
	uint32_t cuid;
	uint32_t cgid;
	uint32_t mode;	  /* permission bits */
	uint32_t removed; /* a segment: it goes when nobody is attached any more */
	uint32_t locked;  /* a segment: by SHM_LOCK */
	uint32_t unused;
	uint64_t size;	      /* bytes of a segment, msg_qbytes, semaphores of a set */
	uint64_t attachments; /* of a segment */
	uint64_t bytes;	      /* in a queue */
	uint64_t messages;    /* in a queue */
	int64_t changed;      /* seconds since the epoch */
};

/*
 * Call @visit for each object of that kind, in the order of their places. A nonzero
 * return of @visit ends the walk and is returned.
 */
NARU_API int naru_sysv_list(struct naru_space *space, enum naru_sysv_kind kind,
			    int (*visit)(void *data, const struct naru_sysv_entry *entry),
			    void *data);

#ifdef __cplusplus
}
#endif

#endif /* NARU_SYSV_H */
