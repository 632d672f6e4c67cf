/* SPDX-License-Identifier: MIT */

/*
 * tools/demo-naru.c - the demo's job through queues of naru
 *
 * Two queues. "tasks" holds ranges of chunks to send: a sender takes one, sends
 * its chunks to "chunks", and only then releases it. A receiver takes a chunk,
 * writes it into the copy, and only then releases it. So whoever is killed, what
 * it had in hand goes to another: at worst a chunk comes twice.
 */

#include <tools/demo.h>

#include <errno.h>
#include <naru/queue.h>
#include <stdio.h>
#include <stdlib.h>

struct task {
	uint64_t first;
	uint64_t count;
};

struct queues {
	struct naru_space *space;
	struct naru_queue *tasks;
	struct naru_queue *chunks;
};

static int fill_tasks(const struct nr_job *job, struct naru_queue *tasks)
{
	for (uint64_t first = 0; first < job->total; first += NR_TASK) {
		uint64_t left = job->total - first;
		struct task task = {first, left < NR_TASK ? left : NR_TASK};
		int r = naru_queue_send(tasks, 1, &task, sizeof(task), 0);

		if (r < 0)
			return r;
	}
	return 0;
}

static int create_queues(struct nr_job *job, struct queues *queues)
{
	struct naru_space_options space = NARU_INIT(space, .create = true);
	struct naru_queue_options options = NARU_INIT(options, .flags = 0);
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/space", job->directory);
	r = naru_space_open(path, &space, &queues->space);
	if (r < 0)
		return r;
	options.messages = job->total / NR_TASK + 1;
	options.capacity = options.messages * sizeof(struct task);
	r = naru_queue_create(queues->space, "tasks", &options, &queues->tasks);
	if (r == 0)
		r = naru_queue_create(queues->space, "chunks", NULL, &queues->chunks);
	return r < 0 ? r : fill_tasks(job, queues->tasks);
}

static void remove_queues(struct nr_job *job, void *queue)
{
	struct queues *queues = queue;

	(void)job;
	if (queues->chunks)
		naru_queue_remove(queues->space, "chunks");
	if (queues->tasks)
		naru_queue_remove(queues->space, "tasks");
	naru_queue_close(queues->chunks);
	naru_queue_close(queues->tasks);
	naru_space_close(queues->space);
	free(queues);
}

static int create(struct nr_job *job, void **ret_queue)
{
	struct queues *queues = calloc(1, sizeof(*queues));
	int r;

	if (!queues)
		return -ENOMEM;
	r = create_queues(job, queues);
	if (r < 0) {
		remove_queues(job, queues);
		return r;
	}
	*ret_queue = queues;
	return 0;
}

static int send_task(const struct nr_job *job, struct naru_queue *chunks,
		     const struct task *task, unsigned char *memory)
{
	struct naru_item items[NR_TASK], *item = items;
	size_t count = (size_t)task->count;

	for (size_t i = 0; i < count; i++) {
		struct nr_chunk *chunk = (void *)(memory + i * nr_chunk_size(job));

		items[i].data = chunk;
		items[i].length =
			nr_chunk_pack(job, task->first + i, chunk, &items[i].type);
	}
	while (count > 0) {
		ssize_t n = naru_queue_send_batch(chunks, item, count, -1);

		if (n < 0)
			return (int)n;
		item += n;
		count -= (size_t)n;
	}
	return 0;
}

static int send_all(struct nr_job *job, void *queue)
{
	struct queues *queues = queue;
	unsigned char *memory = calloc(NR_TASK, nr_chunk_size(job));
	int r = memory ? 0 : -ENOMEM;

	while (r == 0) {
		struct naru_message message;
		struct task task;

		r = naru_queue_take(queues->tasks, 0, 0, 0, &message);
		if (r < 0)
			break;
		task = *(const struct task *)message.data;
		r = task.count <= NR_TASK && task.first <= job->total - task.count
			    ? send_task(job, queues->chunks, &task, memory)
			    : -EBADMSG;
		if (r == 0)
			r = naru_queue_release(queues->tasks, &message);
	}
	free(memory);
	return r == -EAGAIN ? 0 : r;
}

static int receive_all(struct nr_job *job, void *queue, unsigned receiver)
{
	struct queues *queues = queue;
	struct naru_message message;
	int r = 0;

	while (r == 0) {
		r = naru_queue_take(queues->chunks, 0, 0, -1, &message);
		if (r == 0)
			r = nr_chunk_unpack(job, receiver, message.type, message.data,
					    message.length);
		if (r == 0)
			r = naru_queue_release(queues->chunks, &message);
	}
	return r == -EIDRM ? 0 : r;
}

/* As msgrcv() does: what is received is removed, and lost if its receiver dies. */
static int receive_copies(struct nr_job *job, void *queue, unsigned receiver)
{
	enum { BATCH = 32 };
	struct queues *queues = queue;
	size_t size = nr_chunk_size(job);
	unsigned char *memory = calloc(BATCH, size);
	struct naru_item items[BATCH];
	ssize_t n = memory ? 1 : -ENOMEM;

	while (n > 0) {
		for (size_t i = 0; i < BATCH; i++)
			items[i] = (struct naru_item){.data = memory + i * size,
						      .length = size};
		n = naru_queue_receive_batch(queues->chunks, 0, 0, items, BATCH, -1);
		for (ssize_t i = 0, count = n; i < count && n > 0; i++) {
			int r = nr_chunk_unpack(job, receiver, items[i].type,
						items[i].data, items[i].length);

			n = r < 0 ? r : n;
		}
	}
	free(memory);
	return n == -EIDRM ? 0 : (int)n;
}

static bool is_empty(struct naru_queue *queue)
{
	struct naru_queue_stat stat = {.size = sizeof(stat)};

	return naru_queue_stat(queue, &stat) == 0 && stat.messages == 0 &&
	       stat.held_messages == 0;
}

static bool empty(void *queue)
{
	struct queues *queues = queue;

	return is_empty(queues->tasks) && is_empty(queues->chunks);
}

const struct nr_road nr_road_copies = {
	.create = create,
	.send = send_all,
	.receive = receive_copies,
	.empty = empty,
	.remove = remove_queues,
};

const struct nr_road nr_road_naru = {
	.create = create,
	.send = send_all,
	.receive = receive_all,
	.empty = empty,
	.remove = remove_queues,
};
