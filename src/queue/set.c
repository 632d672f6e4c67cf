/* SPDX-License-Identifier: MIT */

#include <naru/queue.h>

#include <base/options.h>
#include <errno.h>
#include <queue/beside.h>
#include <queue/map.h>
#include <queue/poll.h>
#include <queue/set.h>
#include <queue/size.h>
#include <queue/waiter.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/identity.h>
#include <sys/map.h>

/* So often others may change the queue's limits while we reserve memory for ours. */
enum { SET_TRIES = 16 };

/* The queue's file, if it is still the one that the name means. */
static int open_file(struct naru_queue *queue, struct stat *ret_stat)
{
	int fd, r = nr_object_open(queue->space, queue->name, &fd, ret_stat);

	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	if (ret_stat->st_dev == queue->device && ret_stat->st_ino == queue->inode)
		return fd;
	nr_file_close(fd);
	return -EIDRM;
}

struct limits {
	uint64_t capacity;
	uint64_t messages;
};

#define AS_IT_IS UINT64_MAX

/* What is to be. -EBADMSG, -EINVAL. */
static int read_limits(const struct naru_queue *queue, const struct limits *wanted,
		       struct limits *ret_limits)
{
	const struct nr_queue_shared *shared = queue->shared;
	struct limits limits = {
		.capacity = nr_load_relaxed(&shared->limit_bytes),
		.messages = nr_load_relaxed(&shared->limit_messages),
	};

	/* They decide how much memory is reserved. */
	if (limits.capacity > NR_CAPACITY_MAX || limits.messages > NR_MESSAGES_MAX ||
	    nr_size_heap(limits.capacity, limits.messages) >
		    nr_read_unlocked(&shared->heap.granules))
		return -EBADMSG;
	if (wanted->capacity != AS_IT_IS)
		limits.capacity = wanted->capacity;
	if (wanted->messages != AS_IT_IS)
		limits.messages = wanted->messages;
	if (limits.capacity > NR_CAPACITY_MAX || limits.messages > NR_MESSAGES_MAX ||
	    nr_size_heap(limits.capacity, limits.messages) > NR_HEAP_GRANULES_MAX)
		return -EINVAL;
	*ret_limits = limits;
	return 0;
}

/* The ring that suits @limits; none is made smaller. */
static uint64_t ring_for(const struct naru_queue *queue, const struct limits *limits)
{
	uint64_t have = nr_ring_size(&queue->ring);
	uint64_t size = nr_size_ring(limits->capacity, limits->messages, nr_page_size());

	while (size > nr_queue_ring_most(queue))
		size /= 2;
	return size > have ? size : have;
}

/*
 * Memory behind the ring and the heap, as much as @limits need. No lock is held: it may
 * take long.
 */
static int reserve(const struct naru_queue *queue, int fd, const struct limits *limits,
		   uint64_t *ret_ring)
{
	uint64_t have = nr_read_unlocked(&queue->shared->heap.granules);
	uint64_t need = nr_size_heap(limits->capacity, limits->messages);
	uint64_t ring = nr_ring_size(&queue->ring);
	int r = 0;

	*ret_ring = ring_for(queue, limits);
	/* dies here: memory behind both that a later growth finds there */
	if (*ret_ring > ring)
		r = nr_file_allocate(fd, queue->ring_offset + ring, *ret_ring - ring);
	if (r == 0 && need > have)
		r = nr_file_allocate(fd, queue->heap_offset + have * NR_GRANULE,
				     (need - have) * NR_GRANULE);
	return r;
}

/* Both locks are held. */
static int grow_ring(struct naru_queue *queue, int fd, uint64_t size)
{
	struct nr_counts sent = nr_side_counts(&queue->shared->senders);
	struct nr_counts removed = nr_side_counts(&queue->shared->receivers);
	struct nr_ring *ring = &queue->ring;
	int r;

	if (!nr_ring_valid(ring, removed.position, sent.position))
		return -EBADMSG;
	r = nr_queue_map_ring(queue, fd, nr_ring_size(ring), size);
	if (r < 0)
		return r;
	nr_ring_spread(ring, size, removed.position, sent.position);
	nr_program_order();
	/* dies here: the ring is as it was */
	nr_store_relaxed(&queue->shared->ring_size, size);
	/* dies here: it is larger, which whoever takes a lock finds */
	nr_store_relaxed(&ring->size, size);
	return 0;
}

/*
 * A change, under both locks: the ring's growth, for which there is memory up to @ring
 * bytes, then the heap's and the limits that need it.
 */
static int set_limits(struct naru_queue *queue, int fd, const struct limits *limits,
		      uint64_t ring)
{
	struct nr_queue_shared *shared = queue->shared;
	struct nr_store *store = &queue->store;
	struct nr_counts counts = nr_side_counts(store->side);
	uint64_t need = nr_size_heap(limits->capacity, limits->messages);
	uint64_t wanted = ring_for(queue, limits);
	bool grows = need > nr_read_once(&shared->heap.granules);
	int r = 0;

	/* Others have changed the other limit since the memory was reserved. */
	if (wanted > ring)
		return -EAGAIN;
	if (wanted > nr_ring_size(&queue->ring))
		r = grow_ring(queue, fd, wanted);
	if (r == 0 && grows)
		r = nr_queue_map_file(queue, fd);
	if (r < 0)
		return r;
	if (need > queue->store.heap.granules)
		return -EAGAIN;
	nr_store_begin(store);
	if (grows)
		r = nr_heap_grow(&store->heap, (uint32_t)need);
	if (r < 0)
		return nr_store_undo(store, r);
	nr_journal_save(&store->journal, &shared->limit_bytes);
	nr_store_relaxed(&shared->limit_bytes, limits->capacity);
	nr_journal_save(&store->journal, &shared->limit_messages);
	nr_store_relaxed(&shared->limit_messages, limits->messages);
	nr_store_commit(store, &counts);
	return 0;
}

static int try_capacity(struct naru_queue *queue, uint32_t id, int fd,
			const struct limits *wanted)
{
	struct nr_deadline deadline = nr_deadline_in(NR_HOLD_LOCK_MS);
	struct limits limits;
	uint64_t ring = 0;
	int r;

	r = read_limits(queue, wanted, &limits);
	if (r == 0)
		r = reserve(queue, fd, &limits, &ring);
	if (r == 0)
		r = nr_senders_lock(queue, id, &deadline);
	if (r < 0)
		return r;
	r = nr_receivers_lock(queue, id, &deadline);
	if (r == 0) {
		r = read_limits(queue, wanted, &limits);
		if (r == 0)
			r = nr_poll_before_removal(queue);
		if (r == 0)
			r = set_limits(queue, fd, &limits, ring);
		nr_receivers_unlock(queue);
	}
	nr_senders_unlock(queue);
	return r;
}

static int set_capacity(struct naru_queue *queue, uint32_t id, int fd,
			const struct limits *wanted)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < SET_TRIES; tries++)
		r = try_capacity(queue, id, fd, wanted);
	return r == -ETIMEDOUT ? -EAGAIN : r;
}

static void tell_room(struct naru_queue *queue, uint32_t id)
{
	nr_wake_senders(queue);
	nr_poll_refresh(queue, id, NARU_WRITABLE);
}

int nr_queue_set_limits(struct naru_queue *queue, uint64_t capacity, uint64_t messages)
{
	const struct limits wanted = {capacity, messages};
	struct stat stat;
	uint32_t id;
	int fd, r;

	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	fd = open_file(queue, &stat);
	if (fd < 0)
		return fd;
	r = set_capacity(queue, id, fd, &wanted);
	nr_file_close(fd);
	if (r == 0)
		tell_room(queue, id);
	return r;
}

int naru_queue_set(struct naru_queue *queue, const struct naru_queue_options *options)
{
	struct naru_queue_options checked;
	struct limits wanted;
	struct stat stat;
	uint32_t id;
	uid_t user;
	int fd, r;

	r = nr_options_copy(&checked, sizeof(checked), options);
	if (r < 0)
		return r;
	if (checked.flags & ~(uint32_t)(NARU_SET_OWNER | NARU_SET_GROUP) ||
	    checked.mode & ~0777u)
		return -EINVAL;
	if (nr_queue_is_away(queue))
		return nr_remote_calls.set(queue->remote, &checked);
	r = nr_queue_enter(queue, &id);
	if (r < 0)
		return r;
	fd = open_file(queue, &stat);
	if (fd < 0)
		return fd;
	/* Whoever may write could change the limits; naru holds to what the mode says. */
	user = nr_identity_user();
	r = user == 0 || user == stat.st_uid ? 0 : -EPERM;
	if (r == 0)
		r = nr_object_set_access(fd, checked.mode, checked.flags, checked.owner,
					 checked.group);
	wanted.capacity = checked.capacity ? checked.capacity : AS_IT_IS;
	wanted.messages = checked.messages ? checked.messages : AS_IT_IS;
	if (r == 0 && (checked.capacity || checked.messages))
		r = set_capacity(queue, id, fd, &wanted);
	nr_file_close(fd);
	if (r < 0)
		return r;
	nr_store_relaxed(&queue->shared->changed, nr_clock_wall());
	nr_beside_access(queue);
	tell_room(queue, id);
	return 0;
}
