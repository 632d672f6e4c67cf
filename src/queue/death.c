/* SPDX-License-Identifier: MIT */

#include <queue/death.h>

#include <base/log.h>
#include <errno.h>
#include <queue/poll.h>
#include <queue/waiter.h>
#include <sys/clock.h>
#include <sys/file.h>

enum { REAP_EVERY_NS = 10 * 1000 * 1000 };

int nr_queue_mark_removed(struct naru_queue *queue)
{
	uint32_t named = 0;

	nr_swap_if(&queue->shared->removed, &named, NR_REMOVED);
	nr_wake_all(queue);
	nr_poll_removed(queue);
	/* dies here: told once more by the next one */
	nr_store_relaxed(&queue->shared->removed, NR_REMOVED_TOLD);
	return -EIDRM;
}

int nr_queue_check_name(struct naru_queue *queue)
{
	struct stat stat;
	int directory, r;

	switch (nr_load_relaxed(&queue->shared->removed)) {
	case 0:
		break;
	case NR_REMOVED:
		return nr_queue_mark_removed(queue);
	default:
		return -EIDRM;
	}
	directory = nr_space_directory(queue->space);
	if (directory < 0)
		return 0;
	r = nr_file_stat_at(directory, queue->name, &stat);
	if (r == 0 && stat.st_dev == queue->device && stat.st_ino == queue->inode)
		return 0;
	/* Errors other than "not there" tell nothing. */
	if (r < 0 && r != -ENOENT)
		return 0;
	return nr_queue_mark_removed(queue);
}

int nr_queue_enter_slowly(struct naru_queue *queue, uint32_t *ret_id)
{
	uint32_t removing = nr_load_relaxed(&queue->shared->removing);
	bool dead = removing && !nr_space_alive(queue->space, removing & NR_PEER_ID_MASK);
	int r = nr_queue_check_name(queue);

	if (r == 0)
		r = nr_space_self(queue->space, ret_id);
	/* A child of fork is another process. */
	if (r == 0 && *ret_id != nr_load_relaxed(&queue->member))
		nr_queue_join(queue, *ret_id);
	/* Somebody was about to remove it, and died before he did. */
	if (r == 0 && dead)
		nr_poll_forget_removal(queue, *ret_id, removing);
	return r;
}

static bool is_alive(void *data, uint32_t owner)
{
	struct naru_queue *queue = data;

	if (nr_space_alive(queue->space, owner & NR_PEER_ID_MASK))
		return true;
	nr_poll_before_return(queue);
	return false;
}

int nr_queue_reap_slowly(struct naru_queue *queue, struct nr_counts *counts,
			 uint64_t *ret_back)
{
	int64_t now = nr_clock_wall_coarse();
	int r;

	if (now - nr_load_relaxed(&queue->reaped) < REAP_EVERY_NS &&
	    now >= nr_load_relaxed(&queue->reaped))
		return 0;
	nr_store_relaxed(&queue->reaped, now);
	r = nr_held_reap(&queue->store, counts, is_alive, queue, ret_back);
	if (r > 0)
		nr_log("queue %s: finished what dead processes held", queue->name);
	return r;
}

void nr_queue_tell_reaped(struct naru_queue *queue, uint32_t id, uint64_t back)
{
	nr_wake_senders(queue);
	nr_poll_refresh(queue, id, NARU_WRITABLE);
	if (back == 0)
		return;
	/* Of which types they are is not worth remembering for so rare a case. */
	nr_wake_all(queue);
	nr_poll_refresh(queue, id, NARU_READABLE);
}

/* 1: there was something; or why the lock could not be had. */
static int reap(struct naru_queue *queue, uint32_t id, struct nr_deadline *deadline)
{
	struct nr_counts counts;
	uint64_t back;
	int r = nr_receivers_lock(queue, id, deadline);

	if (r < 0)
		return r;
	counts = nr_side_counts(&queue->shared->receivers);
	r = nr_queue_reap_locked(queue, &counts, &back);
	nr_receivers_unlock(queue);
	if (r > 0)
		nr_queue_tell_reaped(queue, id, back);
	return r;
}

bool nr_queue_reap(struct naru_queue *queue, uint32_t id)
{
	struct nr_deadline deadline = nr_deadline_in(0);

	/* While the lock is held, by a dead one perhaps, the list is not certain. */
	if (nr_read_unlocked(&queue->shared->heap.held) == 0 &&
	    nr_load_relaxed(&queue->shared->receivers.lock) == 0)
		return false;
	return reap(queue, id, &deadline) > 0;
}

int nr_queue_mourn(struct naru_queue *queue, uint32_t id, struct nr_watch *watch,
		   struct nr_deadline *deadline)
{
	int r = nr_queue_check_name(queue);

	if (r < 0)
		return r;
	nr_store_relaxed(&queue->reaped, 0);
	r = reap(queue, id, deadline);
	if (r >= 0)
		r = nr_repair_intent(queue, id, deadline);
	nr_wake_all(queue);
	if (r < 0)
		return r;
	nr_members_forget(watch);
	return 0;
}
