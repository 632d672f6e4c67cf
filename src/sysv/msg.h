/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_MSG_H
#define NARU_SYSV_MSG_H

/*
 * sysv/msg.h - msgget(2), msgsnd(2), msgrcv(2), msgctl(2) over naru's queues
 *
 * All return what the manual pages say, but -errno for an error.
 *
 * A queue is made small. It admits a message if the kernel would: what waits and the
 * message are no more than msg_qbytes, and no more messages than that. Memory for so
 * many is reserved only when they come, step by step: nr_msg_grow().
 */

#include <queue/handle.h>
#include <sys/msg.h>
#include <sysv/slots.h>

struct nr_msg {
	struct nr_ids *ids;
	struct nr_slots slots;
};

/* The queues of @ids, in this process. @ret_msg must not move. */
int nr_msg_open(struct nr_ids *ids, struct nr_msg *ret_msg);
void nr_msg_close(struct nr_msg *msg);

/* Those of the default space. */
int nr_msg_default(struct nr_msg **ret_msg);

int nr_msg_get(struct nr_msg *msg, key_t key, int flags);
int nr_msg_send(struct nr_msg *msg, int id, const void *message, size_t size, int flags);
ssize_t nr_msg_receive(struct nr_msg *msg, int id, void *message, size_t size, long type,
		       int flags);
int nr_msg_control(struct nr_msg *msg, int id, int command, struct msqid_ds *buffer);

/*
 * Whoever waits looks so often whether its queue is still there: a remover may die. No
 * whole second, in which programs are woken by alarm(2): see sys/nap.h.
 */
enum { NR_MSG_SLICE_MS = 1010 };

/* So many milliseconds a sender leaves it to receivers to make room, and then to memory.
 */
enum { NR_MSG_PATIENCE = 4 };

/*
 * The queue is full: would the kernel's be? 0: yes. 1: memory was added, try again.
 * -ENOMEM, -EIDRM
 */
int nr_msg_grow(struct nr_msg *msg, int id, struct naru_queue *queue, size_t size);

/* Has it no room for @size bytes because it is so small still? It had better grow at
 * once. */
bool nr_msg_is_short(struct nr_msg *msg, int id, const struct naru_queue *queue,
		     size_t size);

/* For a new queue: what it holds at first. */
void nr_msg_first_room(uint64_t qbytes, uint64_t *ret_capacity, uint64_t *ret_messages);

#endif /* NARU_SYSV_MSG_H */
