/* SPDX-License-Identifier: MIT */

#include <naru/queue.h>

#include <base/options.h>
#include <errno.h>
#include <queue/death.h>
#include <queue/waiter.h>
#include <sys/file.h>

/* What counts there are, as of one moment if the locks can be had. */
static int read_counts(struct naru_queue *queue, uint32_t id,
		       struct naru_queue_stat *stat)
{
	const struct nr_queue_shared *shared = queue->shared;
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	const struct nr_heap_shared *heap = &shared->heap;
	uint64_t claimed_messages, claimed_bytes, taken_messages, taken_bytes;
	struct nr_counts sent, removed;
	int senders, receivers = -EAGAIN;

	senders = nr_senders_lock(queue, id, &deadline);
	if (senders == 0)
		receivers = nr_receivers_lock(queue, id, &deadline);
	nr_side_read(&shared->senders, &sent);
	nr_side_read(&shared->receivers, &removed);
	claimed_messages = nr_read_unlocked(&heap->claimed_messages);
	claimed_bytes = nr_read_unlocked(&heap->claimed_bytes);
	taken_messages = nr_read_unlocked(&heap->taken_messages);
	taken_bytes = nr_read_unlocked(&heap->taken_bytes);
	if (receivers == 0)
		nr_receivers_unlock(queue);
	if (senders == 0)
		nr_senders_unlock(queue);
	if (senders == -EBADMSG || receivers == -EBADMSG)
		return -EBADMSG;

	stat->sent = sent.messages;
	stat->received = removed.messages + claimed_messages;
	stat->messages =
		sent.messages - removed.messages - claimed_messages - taken_messages;
	stat->bytes = sent.bytes - removed.bytes - claimed_bytes - taken_bytes;
	stat->held_messages = claimed_messages + taken_messages;
	stat->held_bytes = claimed_bytes + taken_bytes;
	return 0;
}

int naru_queue_stat(struct naru_queue *queue, struct naru_queue_stat *ret_stat)
{
	struct nr_queue_shared *shared = queue->shared;
	struct naru_queue_stat stat = {.size = sizeof(stat)};
	struct stat file;
	uint32_t id;
	int r;

	if (nr_queue_is_away(queue)) {
		r = nr_remote_calls.stat(queue->remote, &stat);
		return r < 0 ? r : nr_options_return(ret_stat, sizeof(stat), &stat);
	}
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	nr_queue_reap(queue, id);
	r = nr_space_directory(queue->space);
	if (r >= 0)
		r = nr_file_stat_at(r, queue->name, &file);
	if (r < 0)
		return r == -ENOENT ? nr_queue_mark_removed(queue) : r;
	if (file.st_dev != queue->device || file.st_ino != queue->inode)
		return nr_queue_mark_removed(queue);
	r = read_counts(queue, id, &stat);
	if (r < 0)
		return r;

	stat.capacity = nr_load_relaxed(&shared->limit_bytes);
	stat.capacity_messages = nr_load_relaxed(&shared->limit_messages);
	stat.waiting_senders = nr_waiter_count(queue, shared->sleeping_senders);
	stat.waiting_receivers = nr_waiter_count(queue, shared->sleeping_receivers);
	stat.last_sender = nr_load_relaxed(&shared->last_send.pid);
	stat.last_receiver = nr_load_relaxed(&shared->last_receive.pid);
	stat.last_send = nr_load_relaxed(&shared->last_send.time);
	stat.last_receive = nr_load_relaxed(&shared->last_receive.time);
	stat.changed = nr_load_relaxed(&shared->changed);
	stat.uid = file.st_uid;
	stat.gid = file.st_gid;
	stat.mode = file.st_mode & 0777;
	stat.memory = (uint64_t)file.st_blocks * 512;
	return nr_options_return(ret_stat, sizeof(stat), &stat);
}
