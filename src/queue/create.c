/* SPDX-License-Identifier: MIT */

/*
 * queue/create.c - create, open, close, remove
 */

#include <naru/queue.h>

#include <base/options.h>
#include <errno.h>
#include <queue/away.h>
#include <queue/beside.h>
#include <queue/death.h>
#include <queue/map.h>
#include <queue/poll.h>
#include <queue/sessions.h>
#include <queue/size.h>
#include <stdlib.h>
#include <string.h>
#include <sys/barrier.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/futex.h>
#include <sys/map.h>

enum { REMOVAL_WAIT_NS = 1000 * 1000 * 1000, REMOVAL_NAP_NS = 1000 * 1000 };

int nr_queue_options(const struct naru_queue_options *options,
		     struct naru_queue_options *ret_options)
{
	const uint32_t flags =
		NARU_CREATE | NARU_SET_OWNER | NARU_SET_GROUP | NARU_UNCONFIRMED;
	int r = nr_options_copy(ret_options, sizeof(*ret_options), options);

	if (r < 0)
		return r;
	if (ret_options->flags & ~flags || ret_options->mode & ~0777u)
		return -EINVAL;
	if (ret_options->mode == 0)
		ret_options->mode = 0600;
	if (ret_options->capacity == 0)
		ret_options->capacity = NR_CAPACITY_DEFAULT;
	if (ret_options->capacity > NR_CAPACITY_MAX)
		return -EINVAL;
	if (ret_options->messages == 0)
		ret_options->messages = nr_size_messages(ret_options->capacity);
	if (ret_options->messages > NR_MESSAGES_MAX ||
	    nr_size_heap(ret_options->capacity, ret_options->messages) >
		    NR_HEAP_GRANULES_MAX)
		return -EINVAL;
	return 0;
}

static struct naru_queue *new_handle(struct naru_space *space, const char *name)
{
	struct naru_queue *queue = aligned_alloc(64, (sizeof(*queue) + 63) & ~63ul);

	if (!queue)
		return NULL;
	memset(queue, 0, sizeof(*queue));
	queue->space = nr_space_reference(space);
	strcpy(queue->name, name);
	nr_spin_set_up(&queue->spin_receive);
	nr_spin_set_up(&queue->spin_send);
	for (int i = 0; i < 2; i++) {
		queue->fifo[i].kept.fd = -1;
		queue->fifo[i].entry = -1;
	}
	return queue;
}

static void free_handle(struct naru_queue *queue)
{
	nr_space_release(queue->space);
	free(queue);
}

static struct nr_geometry plan(const struct naru_queue_options *options)
{
	uint64_t page = nr_page_size();
	struct nr_geometry geometry = {
		.ring_offset = (NR_QUEUE_RING + page - 1) / page * page,
		.ring_size = nr_size_ring(options->capacity, options->messages, page),
		.granules = nr_size_heap(options->capacity, options->messages),
	};

	geometry.heap_offset =
		geometry.ring_offset + 2 * nr_size_ring_most(geometry.ring_size);
	return geometry;
}

static void describe(struct nr_queue_shared *shared, const struct nr_geometry *geometry,
		     const struct naru_queue_options *options)
{
	shared->object.magic = NR_QUEUE_MAGIC;
	shared->object.version = NR_QUEUE_VERSION;
	shared->ring_offset = geometry->ring_offset;
	shared->ring_size = geometry->ring_size;
	shared->heap_offset = geometry->heap_offset;
	shared->limit_bytes = options->capacity;
	shared->limit_messages = options->messages;
	shared->changed = nr_clock_wall();
}

/* Make a file without a name a queue. */
static int set_up(struct naru_queue *queue, int fd, const struct nr_geometry *geometry,
		  const struct naru_queue_options *options)
{
	struct stat stat;
	int r;

	r = nr_file_allocate(fd, geometry->heap_offset, geometry->granules * NR_GRANULE);
	if (r == 0)
		r = nr_file_stat(fd, &stat);
	if (r == 0)
		r = nr_queue_map_new(queue, fd, &stat, geometry);
	if (r < 0)
		return r;
	describe(queue->shared, geometry, options);
	nr_heap_format(&queue->store.heap, (uint32_t)geometry->granules);
	/* Most often the mode is as it should be already. */
	r = nr_object_set_access(
		fd, (stat.st_mode & 07777) == options->mode ? 0 : options->mode,
		options->flags, options->owner, options->group);
	if (r < 0)
		nr_queue_unmap(queue);
	return r;
}

/* Whoever opens a queue has an id: begin() sees to that. */
static void join(struct naru_queue *queue)
{
	nr_queue_join(queue, nr_load_relaxed(&queue->space->self->id));
}

/* 1: to be begun again. */
static int create_once(struct naru_space *space, const char *name,
		       const struct naru_queue_options *options,
		       struct naru_queue **ret_queue)
{
	const struct nr_geometry geometry = plan(options);
	struct nr_object_new object;
	struct naru_queue *queue;
	int r;

	r = nr_object_begin(space, geometry.ring_offset + geometry.ring_size, &object);
	if (r < 0)
		return r;
	queue = new_handle(space, name);
	r = queue ? set_up(queue, object.fd, &geometry, options) : -ENOMEM;
	if (r == 0) {
		join(queue);
		r = nr_object_publish(space, &object, name);
		if (r != 0)
			nr_queue_unmap(queue);
	}
	if (r != 0) {
		if (queue)
			free_handle(queue);
		nr_object_abandon(&object);
		return r;
	}
	nr_file_close(object.fd);
	*ret_queue = queue;
	return 0;
}

static int create(struct naru_space *space, const char *name,
		  const struct naru_queue_options *options, struct naru_queue **ret_queue)
{
	int r;

	do
		r = create_once(space, name, options, ret_queue);
	while (r > 0);
	return r;
}

static int open_existing(struct naru_space *space, const char *name,
			 int (*map)(struct naru_queue *queue, int fd,
				    const struct stat *stat),
			 struct naru_queue **ret_queue)
{
	struct naru_queue *queue;
	struct stat stat;
	int fd, r;

	r = nr_object_open(space, name, &fd, &stat);
	if (r < 0)
		return r;
	queue = new_handle(space, name);
	r = queue ? map(queue, fd, &stat) : -ENOMEM;
	nr_file_close(fd);
	if (r < 0) {
		if (queue)
			free_handle(queue);
		return r;
	}
	join(queue);
	*ret_queue = queue;
	return 0;
}

/* What every way of opening begins with. 1: the queue is a server's. */
static int begin(struct naru_space *space, const char *name,
		 const struct naru_queue_options *options, struct naru_space **ret_space,
		 struct naru_queue_options *ret_options)
{
	uint32_t id;
	int r = nr_queue_options(options, ret_options);

	if (r == 0)
		r = nr_queue_away(space, name, ret_space);
	if (r != 0)
		return r;
	nr_barrier_register();
	return nr_space_self(*ret_space, &id);
}

int naru_queue_create(struct naru_space *space, const char *name,
		      const struct naru_queue_options *options,
		      struct naru_queue **ret_queue)
{
	struct naru_queue_options checked;
	int r = begin(space, name, options, &space, &checked);

	if (r > 0)
		return nr_queue_open_away(space, name, options, true, ret_queue);
	return r < 0 ? r : create(space, name, &checked, ret_queue);
}

int naru_queue_open(struct naru_space *space, const char *name,
		    const struct naru_queue_options *options,
		    struct naru_queue **ret_queue)
{
	struct naru_queue_options checked;
	int r = begin(space, name, options, &space, &checked);

	if (r > 0)
		return nr_queue_open_away(space, name, options, false, ret_queue);
	if (r < 0)
		return r;
	/* Others may create and remove it while we look; they make progress. */
	for (;;) {
		r = open_existing(space, name, nr_queue_map, ret_queue);
		if (r != -ENOENT || !(checked.flags & NARU_CREATE))
			return r;
		r = create(space, name, &checked, ret_queue);
		if (r != -EEXIST)
			return r;
	}
}

struct naru_queue *naru_queue_close(struct naru_queue *queue)
{
	if (!queue)
		return NULL;
	if (nr_queue_is_away(queue)) {
		nr_queue_close_away(queue);
		return NULL;
	}
	nr_poll_close(queue);
	nr_sessions_unmap(queue);
	nr_queue_unmap(queue);
	free_handle(queue);
	return NULL;
}

/*
 * One remover at a time looks and unlinks, so that nobody unlinks a new queue that has
 * got the name meanwhile. For one who is stopped nobody waits long.
 */
static void take_removal(struct naru_queue *queue, uint32_t id)
{
	_Atomic uint32_t *removing = &queue->shared->removing;
	uint64_t now = nr_clock_monotonic(), until = now + REMOVAL_WAIT_NS;

	for (; now < until; now = nr_clock_monotonic()) {
		uint32_t other = 0;

		if (nr_swap_if(removing, &other, id))
			return;
		if (nr_load_relaxed(&queue->shared->removed))
			return;
		if (!nr_space_alive(queue->space, other & NR_PEER_ID_MASK) &&
		    nr_swap_if(removing, &other, id))
			return;
		nr_futex_wait(removing, other, now + REMOVAL_NAP_NS);
	}
	nr_exchange(removing, id);
}

int naru_queue_remove(struct naru_space *space, const char *name)
{
	struct naru_queue *queue;
	uint32_t id;
	int r;

	r = nr_queue_away(space, name, &space);
	if (r > 0)
		return nr_remote_calls.remove(space, name);
	if (r == 0)
		r = nr_space_self(space, &id);
	if (r < 0)
		return r;
	r = open_existing(space, name, nr_queue_map_control, &queue);
	if (r == -ENOENT)
		return r;
	/* What is too damaged to be opened, or not ours to read, is removed as it is. */
	if (r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EACCES)
		return nr_object_remove(space, name);
	if (r < 0)
		return r;

	/*
	 * From here on every call looks whether the name is still there, so that
	 * nobody sends to a queue that is gone even if we die after the unlink. Who
	 * polls makes no calls until there is something: so tell them first.
	 */
	take_removal(queue, id);
	nr_poll_removed(queue);
	r = nr_queue_check_name(queue);
	if (r == 0)
		r = nr_object_remove(space, name);
	/* dies here: the next one who calls, or wakes from a nap, marks it */
	if (r == 0 || r == -ENOENT) {
		nr_queue_mark_removed(queue);
		if (nr_load_relaxed(&queue->shared->beside))
			nr_beside_unlink(space, name, queue->inode);
	} else {
		/* As if we had died: who calls next forgets it, and calms the pollers. */
		nr_swap_if(&queue->shared->removing, &id, NR_PEER_ID_MASK);
	}
	naru_queue_close(queue);
	return r == -EIDRM ? -ENOENT : r;
}
