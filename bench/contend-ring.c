/* SPDX-License-Identifier: MIT */

/*
 * The physical limit: a ring for one sender and one receiver that both stay
 * busy, with messages of one size, no types, and no care for crashes.
 *
 * Two variants. In one each slot has a state word, which travels in the same
 * cache line as the message; in the other the sender publishes its position in
 * a line of its own, and each side looks at the other's only when it must.
 *
 *	[publish]  the sender stores state, or tail, with release; the receiver
 *		   loads it with acquire => it sees the whole message
 *	[recycle]  the receiver stores head with release; the sender loads it with
 *		   acquire => the message has been read before it is overwritten
 */

#include "contenders.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct slot {
	_Atomic uint64_t state; /* the message's position + 1, once it is whole */
	unsigned char data[];
};

struct ring_shared {
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) _Atomic uint64_t head;
	_Alignas(64) unsigned char slots[];
};

struct channel {
	const struct bench_plan *plan;
	size_t size; /* of each mapping */
	struct ring_shared *there;
	struct ring_shared *back;
};

/* One side's view of a ring. */
struct view {
	struct ring_shared *shared;
	size_t stride;
	uint64_t slots;
	uint64_t position; /* messages that this side has moved */
	uint64_t at;	   /* position modulo slots */
	uint64_t peer;	   /* the other side's position when last looked */
	struct slot *hand; /* claimed or taken */
};

struct end {
	struct view out;
	struct view in;
};

static size_t stride_of(const struct bench_plan *plan)
{
	return (sizeof(struct slot) + plan->message + 15) & ~(size_t)15;
}

static struct ring_shared *map(size_t size)
{
	/* MAP_POPULATE: the others' memory is there before they begin, too. */
	struct ring_shared *shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

static void destroy(void *data)
{
	struct channel *channel = data;

	if (channel->there)
		munmap(channel->there, channel->size);
	if (channel->back)
		munmap(channel->back, channel->size);
	free(channel);
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return -ENOMEM;
	channel->plan = plan;
	channel->size = sizeof(struct ring_shared) + stride_of(plan) * plan->messages;
	channel->there = map(channel->size);
	channel->back = map(channel->size);
	if (!channel->there || !channel->back) {
		destroy(channel);
		return -ENOMEM;
	}
	*ret_channel = channel;
	return 0;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));
	struct view view = {.stride = stride_of(channel->plan),
			    .slots = channel->plan->messages};

	(void)index;
	if (!end)
		return -ENOMEM;
	end->out = end->in = view;
	end->out.shared = side == BENCH_SENDER ? channel->there : channel->back;
	end->in.shared = side == BENCH_SENDER ? channel->back : channel->there;
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	free(data);
}

static void advance(struct view *view)
{
	view->position++;
	if (++view->at == view->slots)
		view->at = 0;
}

static struct slot *slot_at(const struct view *view)
{
	return (void *)(view->shared->slots + view->at * view->stride);
}

static int claim(void *data, size_t length, void **ret_data)
{
	struct view *view = &((struct end *)data)->out;

	(void)length;
	if (view->position - view->peer == view->slots) {
		view->peer = atomic_load_explicit(&view->shared->head,
						  memory_order_acquire); /* [recycle] */
		if (view->position - view->peer == view->slots)
			return -EAGAIN;
	}
	view->hand = slot_at(view);
	*ret_data = view->hand->data;
	return 0;
}

static int release(void *data)
{
	struct view *view = &((struct end *)data)->in;

	advance(view);
	atomic_store_explicit(&view->shared->head, view->position,
			      memory_order_release); /* [recycle] */
	return 0;
}

/* Inlined, so that the variant's own function is as well. */
__attribute__((always_inline)) static inline int
send_by(void *data, const void *message, size_t length, int (*commit)(void *))
{
	void *room;
	int r = claim(data, length, &room);

	if (r < 0)
		return r;
	memcpy(room, message, length);
	return commit(data);
}

__attribute__((always_inline)) static inline ssize_t
receive_by(void *data, void *buffer, size_t size, int (*take)(void *, void **))
{
	void *message;
	int r = take(data, &message);

	if (r < 0)
		return r;
	memcpy(buffer, message, size);
	release(data);
	return (ssize_t)size;
}

static int commit_state(void *data)
{
	struct view *view = &((struct end *)data)->out;

	atomic_store_explicit(&view->hand->state, view->position + 1,
			      memory_order_release); /* [publish] */
	advance(view);
	return 0;
}

static int take_state(void *data, void **ret_data)
{
	struct view *view = &((struct end *)data)->in;
	struct slot *slot = slot_at(view);

	if (atomic_load_explicit(&slot->state, memory_order_acquire) !=
	    view->position + 1) /* [publish] */
		return -EAGAIN;
	*ret_data = slot->data;
	return 0;
}

static int send_state(void *data, int64_t type, void *message, size_t length)
{
	(void)type;
	return send_by(data, message, length, commit_state);
}

static ssize_t receive_state(void *data, int64_t type, void *buffer, size_t size)
{
	(void)type;
	return receive_by(data, buffer, size, take_state);
}

static int commit_tail(void *data)
{
	struct view *view = &((struct end *)data)->out;

	advance(view);
	atomic_store_explicit(&view->shared->tail, view->position,
			      memory_order_release); /* [publish] */
	return 0;
}

static int take_tail(void *data, void **ret_data)
{
	struct view *view = &((struct end *)data)->in;

	if (view->position == view->peer) {
		view->peer = atomic_load_explicit(&view->shared->tail,
						  memory_order_acquire); /* [publish] */
		if (view->position == view->peer)
			return -EAGAIN;
	}
	*ret_data = slot_at(view)->data;
	return 0;
}

static int send_tail(void *data, int64_t type, void *message, size_t length)
{
	(void)type;
	return send_by(data, message, length, commit_tail);
}

static ssize_t receive_tail(void *data, int64_t type, void *buffer, size_t size)
{
	(void)type;
	return receive_by(data, buffer, size, take_tail);
}

const struct contender bench_ring_state = {
	.name = "bare ring (state)",
	.can = BENCH_CAN_TRY | BENCH_CAN_PLACE,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_state,
	.receive = receive_state,
	.claim = claim,
	.commit = commit_state,
	.take = take_state,
	.release = release,
};

const struct contender bench_ring_tail = {
	.name = "bare ring (tail)",
	.can = BENCH_CAN_TRY | BENCH_CAN_PLACE,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = send_tail,
	.receive = receive_tail,
	.claim = claim,
	.commit = commit_tail,
	.take = take_tail,
	.release = release,
};
