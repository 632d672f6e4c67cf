/* SPDX-License-Identifier: MIT */

/*
 * queue/message.c - messages in place: claim, commit, cancel; take, release, give back
 *
 * A message that had to be gathered from pieces of memory is not in one place:
 * the caller then works on a copy of its own, which goes back in at the end.
 */

#include <naru/queue.h>

#include <errno.h>
#include <queue/claim.h>
#include <queue/death.h>
#include <queue/poll.h>
#include <queue/receive.h>
#include <queue/sessions.h>
#include <queue/waiter.h>
#include <stdlib.h>
#include <string.h>

/* What naru_message.private_ holds. */
enum {
	REFERENCE,
	ID,
	LENGTH, /* that was claimed */
	KIND,	/* enum nr_block_kind */
	BLOCK,	/* the block's address, if data is a copy, of malloc(3); else 0 */
};

static struct nr_hold hold_of(const struct naru_message *message)
{
	struct nr_block_shared *block = (void *)(uintptr_t)message->private_[BLOCK];
	struct nr_hold hold = {
		.message = (uint32_t)message->private_[REFERENCE],
		.id = message->private_[ID],
		.block = block,
	};

	if (!block && message->data) {
		hold.payload = message->data;
		hold.block = (struct nr_block_shared *)message->data - 1;
	}
	return hold;
}

static void set_up(struct naru_message *message, enum nr_block_kind kind, int64_t type,
		   uint64_t length, const struct nr_hold *hold, void *copy)
{
	*message = (struct naru_message){
		.type = type,
		.length = length,
		.data = copy ? copy : hold->payload,
		.private_ = {[REFERENCE] = hold->message,
			     [ID] = hold->id,
			     [LENGTH] = length,
			     [KIND] = (uint64_t)kind,
			     [BLOCK] = copy ? (uintptr_t)hold->block : 0},
	};
}

/* The message is over: nothing in it is valid any more. */
static void clear(struct naru_message *message)
{
	if (message->private_[BLOCK])
		free(message->data);
	*message = (struct naru_message){0};
}

static bool is_kind(const struct naru_message *message, enum nr_block_kind kind)
{
	return message->private_[KIND] == (uint64_t)kind;
}

static int claim_waiting(struct naru_queue *queue, uint32_t id, uint64_t length,
			 struct nr_deadline *deadline, struct nr_hold *ret_hold)
{
	struct nr_waiting waiting = {
		.queue = queue,
		.id = id,
		.sender = true,
		.need = length,
	};
	int r, w;

	do {
		w = nr_wait(&waiting, deadline);
		r = w;
		if (w == -EIDRM)
			break;
		r = nr_claim(queue, id, length, deadline, ret_hold);
	} while (r == -EAGAIN && w == 0);
	nr_wait_end(&waiting, 0);
	return r == -EAGAIN ? w : r;
}

int naru_queue_claim(struct naru_queue *queue, int64_t type, size_t length,
		     int timeout_ms, struct naru_message *ret_message)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct nr_hold hold;
	void *copy = NULL;
	uint32_t id;
	int r;

	if (type <= 0)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.claim(queue->remote, type, length, timeout_ms,
					     ret_message);
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	r = nr_claim(queue, id, length, &deadline, &hold);
	if (r == -EAGAIN && nr_queue_reap(queue, id))
		r = nr_claim(queue, id, length, &deadline, &hold);
	if (r == -EAGAIN) {
		nr_poll_refresh(queue, id, NARU_WRITABLE);
		if (timeout_ms != 0)
			r = claim_waiting(queue, id, length, &deadline, &hold);
	}
	if (r < 0)
		return r;
	if (!hold.payload) {
		copy = malloc(length);
		if (!copy) {
			nr_hold_end(queue, id, &hold, NR_BLOCK_CLAIMED, NR_HELD_GONE);
			return -ENOMEM;
		}
	}
	set_up(ret_message, NR_BLOCK_CLAIMED, type, length, &hold, copy);
	return 0;
}

int naru_queue_commit(struct naru_queue *queue, struct naru_message *message)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	struct nr_hold hold = hold_of(message);
	int64_t type = message->type;
	uint32_t id;
	int r;

	if (nr_queue_is_away(queue))
		return nr_remote_calls.commit(queue->remote, message);
	if (!is_kind(message, NR_BLOCK_CLAIMED) || type <= 0 ||
	    message->length > message->private_[LENGTH])
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r == 0 && !hold.payload)
		r = nr_claim_write(queue, id, &hold, message->data, message->length,
				   &deadline);
	if (r == 0)
		r = nr_commit(queue, id, &hold, type, message->length, NULL, &deadline);
	if (r < 0)
		return r == -ETIMEDOUT ? -EAGAIN : r;
	/* What was claimed and not needed is room for others. */
	if (message->length < message->private_[LENGTH])
		nr_wake_senders(queue);
	clear(message);
	nr_wake_receiver(queue, type);
	return 0;
}

static int finish(struct naru_queue *queue, struct naru_message *message,
		  enum nr_block_kind kind, enum nr_held_end end)
{
	struct nr_hold hold = hold_of(message);
	uint32_t id;
	int r;

	if (!is_kind(message, kind))
		return -EINVAL;
	r = nr_queue_enter(queue, &id);
	if (r == 0)
		r = nr_hold_end(queue, id, &hold, kind, end);
	if (r == 0 || r == -EIDRM)
		clear(message);
	return r;
}

int naru_queue_cancel(struct naru_queue *queue, struct naru_message *message)
{
	if (nr_queue_is_away(queue))
		return nr_remote_calls.cancel(queue->remote, message);
	return finish(queue, message, NR_BLOCK_CLAIMED, NR_HELD_GONE);
}

struct take {
	struct naru_queue *queue;
	uint32_t id;
	struct nr_select select;
	struct nr_found found;
	struct nr_hold hold;
	uint64_t epoch;
};

/* One try; 1: it is taken. */
static ssize_t try_take(struct take *take, struct nr_deadline *deadline)
{
	struct naru_queue *queue = take->queue;
	struct nr_counts counts;
	uint64_t back;
	int r, reaped;

	reaped = nr_receive_lock(queue, take->id, deadline, &counts, &back);
	if (reaped < 0)
		return reaped;
	r = nr_find(&queue->store, &queue->ring, &counts, &take->select, &take->found);
	take->epoch = nr_load_relaxed(&queue->shared->receivers.epoch);
	if (r == 0)
		r = nr_take_found(queue, take->id, &take->found, &counts, &take->hold);
	if (r == 0)
		nr_side_stamp(&queue->shared->last_receive,
			      nr_space_own_pid(queue->space, take->id));
	nr_receivers_unlock(queue);
	if (reaped > 0)
		nr_queue_tell_reaped(queue, take->id, back);
	return r < 0 ? r : 1;
}

static ssize_t attempt(void *data, struct nr_deadline *deadline)
{
	struct take *take = data;
	ssize_t n;

	nr_repair_intent_lowest(take->queue, take->id, &take->select);
	n = try_take(take, deadline);
	if (n == -EAGAIN && nr_repair_intent_now(take->queue, take->id))
		n = try_take(take, deadline);
	return n;
}

int naru_queue_take(struct naru_queue *queue, int64_t select, int flags, int timeout_ms,
		    struct naru_message *ret_message)
{
	struct nr_deadline deadline = nr_deadline_in(timeout_ms);
	struct take take = {.queue = queue};
	void *copy = NULL;
	ssize_t n;
	int r;

	if (flags & ~NARU_EXCEPT)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.take(queue->remote, select, flags, timeout_ms,
					    ret_message);
	r = nr_select_of(select, flags & NARU_EXCEPT, &take.select);
	if (r == 0)
		r = nr_queue_enter(queue, &take.id);
	if (r < 0)
		return r;
	n = attempt(&take, &deadline);
	if (n == -EAGAIN) {
		nr_poll_refresh(queue, take.id, NARU_READABLE);
		if (timeout_ms != 0)
			n = nr_receive_waiting(queue, take.id, &take.select, &deadline,
					       attempt, &take, &take.found.type,
					       &take.epoch);
	}
	if (n < 0)
		return (int)n;
	if (!take.hold.payload) {
		copy = malloc(take.found.length);
		r = copy ? nr_take_read(queue, take.id, &take.hold, copy,
					take.found.length, &deadline)
			 : -ENOMEM;
		if (r < 0) {
			free(copy);
			nr_hold_end(queue, take.id, &take.hold, NR_BLOCK_TAKEN,
				    NR_HELD_BACK);
			return r;
		}
	}
	set_up(ret_message, NR_BLOCK_TAKEN, take.found.type, take.found.length,
	       &take.hold, copy);
	return 0;
}

int naru_queue_release(struct naru_queue *queue, struct naru_message *message)
{
	if (nr_queue_is_away(queue))
		return nr_remote_calls.release(queue->remote, message);
	return finish(queue, message, NR_BLOCK_TAKEN, NR_HELD_GONE);
}

int naru_queue_release_once(struct naru_queue *queue, struct naru_once *once,
			    struct naru_message *message)
{
	struct nr_hold hold = hold_of(message);
	uint32_t id;
	int r;

	if (nr_queue_is_away(queue))
		return -EOPNOTSUPP;
	if (!is_kind(message, NR_BLOCK_TAKEN))
		return -EINVAL;
	r = nr_once_check(once, 1);
	if (r == 0)
		r = nr_queue_enter(queue, &id);
	if (r == 0)
		r = nr_sessions_map(queue);
	if (r == 0)
		r = nr_hold_release_once(queue, id, &hold, once);
	if (r == 0 || r == -EIDRM)
		clear(message);
	return r;
}

int naru_queue_give_back(struct naru_queue *queue, struct naru_message *message)
{
	struct nr_hold hold = hold_of(message);
	uint32_t id;
	int r;

	if (nr_queue_is_away(queue))
		return nr_remote_calls.give_back(queue->remote, message);
	if (!is_kind(message, NR_BLOCK_TAKEN))
		return -EINVAL;
	if (message->private_[BLOCK]) {
		r = nr_queue_enter(queue, &id);
		if (r == 0)
			r = nr_take_write(queue, id, &hold, message->data,
					  message->private_[LENGTH]);
		if (r < 0)
			return r;
	}
	return finish(queue, message, NR_BLOCK_TAKEN, NR_HELD_BACK);
}
