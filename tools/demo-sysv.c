/* SPDX-License-Identifier: MIT */

/*
 * tools/demo-sysv.c - the demo's job through the kernel's message queue
 *
 * msgrcv() removes what it returns: if the receiver dies then, nobody gets it
 * back. So here nobody may be killed, and the tasks are simply counted.
 */

#include <tools/demo.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
	long type;
	unsigned char chunk[sizeof(struct nr_chunk) + NR_CHUNK_MAX];
};

/* As large as naru's default, if we may; else the system's limit stays. */
static void enlarge(int id)
{
	struct msqid_ds status;

	if (msgctl(id, IPC_STAT, &status) == 0) {
		status.msg_qbytes = 1 << 20;
		msgctl(id, IPC_SET, &status);
	}
}

static int create(struct nr_job *job, void **ret_queue)
{
	int *id = calloc(1, sizeof(*id));

	(void)job;
	if (!id)
		return -ENOMEM;
	*id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (*id < 0) {
		int error = errno;

		free(id);
		return -error;
	}
	enlarge(*id);
	*ret_queue = id;
	return 0;
}

static void remove_queue(struct nr_job *job, void *queue)
{
	(void)job;
	msgctl(*(int *)queue, IPC_RMID, NULL);
	free(queue);
}

static int send_all(struct nr_job *job, void *queue)
{
	int id = *(int *)queue;
	struct message message;
	uint64_t first;

	while ((first = atomic_fetch_add(&job->board->next_task, NR_TASK)) < job->total) {
		for (uint64_t i = first; i < first + NR_TASK && i < job->total; i++) {
			int64_t type;
			size_t length =
				nr_chunk_pack(job, i, (void *)message.chunk, &type);

			message.type = (long)type;
			if (msgsnd(id, &message, length, 0) < 0)
				return -errno;
		}
	}
	return 0;
}

static int receive_all(struct nr_job *job, void *queue, unsigned receiver)
{
	int id = *(int *)queue;
	struct message message;
	int r = 0;

	while (r == 0) {
		ssize_t length = msgrcv(id, &message, sizeof(message.chunk), 0, 0);

		if (length < 0)
			r = -errno;
		else
			r = nr_chunk_unpack(job, receiver, message.type,
					    (const void *)message.chunk, (size_t)length);
	}
	return r == -EIDRM || r == -EINVAL ? 0 : r;
}

static bool empty(void *queue)
{
	struct msqid_ds status;

	return msgctl(*(int *)queue, IPC_STAT, &status) == 0 && status.msg_qnum == 0;
}

const struct nr_road nr_road_sysv = {
	.create = create,
	.send = send_all,
	.receive = receive_all,
	.empty = empty,
	.remove = remove_queue,
};
