/* SPDX-License-Identifier: MIT */

#include <sysv/msg.h>

#include <errno.h>
#include <limits.h>
#include <queue/waiter.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/nap.h>
#include <sysv/apply.h>
#include <sysv/memory.h>
#include <sysv/thread.h>

/* A message on its way has its type before it. */
enum { TYPE_SIZE = sizeof(long) };

/* Who waits for a change looks so often for pthread_cancel(3). */
enum { CHANGE_MS = 80 };

static struct nr_msg *_Atomic default_msg;

static int open_queue(struct nr_ids *ids, int id, void **ret_object)
{
	char name[NR_IDS_NAME_MAX];
	struct naru_queue *queue;
	int r;

	nr_ids_settle(ids, NR_SYSV_MSG, id);
	nr_ids_name(NR_SYSV_MSG, id, name);
	r = naru_queue_open(ids->space, name, NULL, &queue);
	if (r == 0)
		*ret_object = queue;
	return r;
}

static void close_queue(void *object)
{
	naru_queue_close(object);
}

int nr_msg_open(struct nr_ids *ids, struct nr_msg *ret_msg)
{
	*ret_msg = (struct nr_msg){
		.ids = ids,
		.slots = {.kind = NR_SYSV_MSG,
			  .ids = ids,
			  .open = open_queue,
			  .close = close_queue},
	};
	return nr_slots_init(&ret_msg->slots);
}

void nr_msg_close(struct nr_msg *msg)
{
	nr_slots_close(&msg->slots);
}

int nr_msg_default(struct nr_msg **ret_msg)
{
	struct nr_msg *msg = nr_load_acquire(&default_msg), *none = NULL; /* [opened] */
	struct nr_ids *ids;
	int r;

	if (__builtin_expect(msg != NULL, 1)) {
		*ret_msg = msg;
		return 0;
	}
	r = nr_ids_default(&ids);
	if (r < 0)
		return r;
	msg = malloc(sizeof(*msg));
	if (!msg)
		return -ENOMEM;
	r = nr_msg_open(ids, msg);
	if (r < 0) {
		free(msg);
		return r;
	}
	/* [opened] what the first one made of it is visible to the others */
	if (!nr_swap_if(&default_msg, &none, msg)) {
		nr_msg_close(msg);
		free(msg);
		msg = nr_load_acquire(&default_msg); /* [opened] */
	}
	*ret_msg = msg;
	return 0;
}

static int make_queue(struct nr_ids *ids, const struct nr_ids_entry *entry, void *data)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_SET_GROUP);
	char name[NR_IDS_NAME_MAX];
	struct naru_queue *queue;
	int r;

	(void)data;
	options.group = entry->gid;
	options.mode = nr_apply_mode(NR_SYSV_MSG, entry->mode);
	nr_msg_first_room(entry->size, &options.capacity, &options.messages);
	nr_ids_name(NR_SYSV_MSG, entry->id, name);
	r = naru_queue_create(ids->space, name, &options, &queue);
	if (r == -EEXIST) {
		r = naru_queue_remove(ids->space, name);
		if (r == 0 || r == -ENOENT)
			r = naru_queue_create(ids->space, name, &options, &queue);
	}
	if (r == 0)
		naru_queue_close(queue);
	return r == -ENOSPC || r == -EFBIG ? -ENOMEM : r;
}

int nr_msg_get(struct nr_msg *msg, key_t key, int flags)
{
	const struct nr_ids_get get = {
		.key = (uint32_t)key,
		.flags = flags,
		.size = nr_ids_limit(msg->ids, NR_SYSV_MSGMNB),
		.make = make_queue,
	};

	return nr_ids_get(msg->ids, NR_SYSV_MSG, &get);
}

static bool is_there(const struct nr_msg *msg, int id)
{
	return nr_ids_is(nr_load_acquire(&nr_ids_place(msg->ids, NR_SYSV_MSG, id)->word),
			 id);
}

/* What can never fit waits for another msg_qbytes. */
static int await_change(const struct nr_msg *msg, int id)
{
	struct nr_sysv_entry_shared *shared = nr_ids_place(msg->ids, NR_SYSV_MSG, id);
	const struct nr_futex_word word = {&shared->word, nr_load_acquire(&shared->word)};
	struct nr_naps naps = {.held = false};
	int r = nr_nap(&naps, &word, 1,
		       nr_clock_monotonic() + CHANGE_MS * UINT64_C(1000000));

	nr_naps_end(&naps);
	return r == -EINTR || nr_interrupted() ? -EINTR : -ETIMEDOUT;
}

static int give_up(void *object, uint64_t thread)
{
	nr_waiter_give_up(object, thread);
	return -EINTR;
}

/* Messages that have ever been received. */
static uint64_t received(const struct naru_queue *queue)
{
	struct nr_counts removed;

	nr_side_read(&queue->shared->receivers, &removed);
	return removed.messages;
}

/*
 * The queue is full for now, and might grow, long as it is. While receivers are at it, it
 * is faster as it is: it stays in the caches. A while of that: the kernel would not let
 * us wait here.
 */
static int send_to_receivers(struct naru_queue *queue, const struct naru_item *item)
{
	int r = -ETIMEDOUT;

	for (int i = 0; i < NR_MSG_PATIENCE && r == -ETIMEDOUT; i++) {
		uint64_t before = received(queue);

		r = naru_queue_send(queue, item->type, item->data, item->length, 1);
		if (r == -ETIMEDOUT && received(queue) == before)
			break;
	}
	return r;
}

/* The queue has said that it is full. */
static int send_waiting(struct nr_msg *msg, int id, struct naru_queue *queue,
			const struct naru_item *item, int flags)
{
	bool interrupted = false;
	int r = -ETIMEDOUT;

	if (!(flags & IPC_NOWAIT) && !nr_msg_is_short(msg, id, queue, item->length))
		r = send_to_receivers(queue, item);
	if (r == -EINTR || r == -EMSGSIZE) {
		interrupted = r == -EINTR;
		r = -ETIMEDOUT;
	}
	while (r == -ETIMEDOUT) {
		int grown = nr_msg_grow(msg, id, queue, item->length);

		if (grown < 0)
			return grown;
		if (grown == 0 && flags & IPC_NOWAIT)
			return -EAGAIN;
		if (grown == 0 && interrupted)
			return -EINTR;
		r = naru_queue_send(queue, item->type, item->data, item->length,
				    grown || flags & IPC_NOWAIT ? 0 : NR_MSG_SLICE_MS);
		if (r == -EAGAIN)
			r = -ETIMEDOUT;
		if (r == -EMSGSIZE)
			r = grown ? -ETIMEDOUT : await_change(msg, id);
	}
	return r;
}

int nr_msg_send(struct nr_msg *msg, int id, const void *message, size_t size, int flags)
{
	struct naru_item item = {.length = size};
	struct nr_visit visit;
	long type;
	int r = nr_memory_readable(message, TYPE_SIZE);

	if (r < 0)
		return r;
	memcpy(&type, message, TYPE_SIZE);
	if (id < 0 || size > nr_ids_limit(msg->ids, NR_SYSV_MSGMAX) || type < 1)
		return -EINVAL;
	item.type = type;
	item.data = (unsigned char *)(uintptr_t)message + TYPE_SIZE;
	r = nr_memory_readable(item.data, size);
	if (r == 0)
		r = nr_slot_enter(&msg->slots, id, NR_SLOT_WRITE, &visit);
	if (r < 0)
		return r;
	r = naru_queue_send(visit.object, type, item.data, size, 0);
	if (__builtin_expect(r == -EAGAIN || r == -EMSGSIZE, 0)) {
		uint64_t wait = nr_thread_wait(give_up, visit.object, true);

		r = nr_thread_end(wait,
				  send_waiting(msg, id, visit.object, &item, flags));
	}
	nr_slot_leave(&visit);
	return r;
}

static ssize_t receive(struct nr_msg *msg, int id, struct naru_queue *queue,
		       struct naru_item *item, long select, int flags)
{
	int how = (flags & MSG_NOERROR ? NARU_TRUNCATE : 0) |
		  (flags & MSG_EXCEPT && select > 0 ? NARU_EXCEPT : 0);
	uint64_t wait;
	ssize_t n;

	if (flags & MSG_COPY) {
		n = naru_queue_look(queue, (uint64_t)select, 0, item->data, item->length,
				    &item->type);
		/* The kernel does not cut a copy. */
		return n == -EMSGSIZE && flags & MSG_NOERROR ? -EINVAL : n;
	}
	if (flags & IPC_NOWAIT) {
		n = naru_queue_receive(queue, select, how, item->data, item->length, 0,
				       &item->type);
		return n == -EAGAIN ? -ENOMSG : n;
	}
	wait = nr_thread_wait(give_up, queue, true);
	do
		n = naru_queue_receive(queue, select, how, item->data, item->length,
				       NR_MSG_SLICE_MS, &item->type);
	while (n == -ETIMEDOUT && is_there(msg, id));
	nr_thread_end(wait, 0);
	return n == -ETIMEDOUT ? -EIDRM : n;
}

/*
 * Not all of the buffer can be written to, which is a fault only if the message is so
 * long; it is lost then, as with the kernel.
 */
static ssize_t receive_apart(struct nr_msg *msg, int id, struct naru_queue *queue,
			     void *message, size_t size, long select, int flags)
{
	struct naru_item item = {.data = malloc(size + 1), .length = size};
	ssize_t n;
	int r;

	if (!item.data)
		return -ENOMEM;
	n = receive(msg, id, queue, &item, select, flags);
	if (n >= 0) {
		r = nr_memory_give(message, &item.type, TYPE_SIZE);
		if (r == 0)
			r = nr_memory_give((unsigned char *)message + TYPE_SIZE,
					   item.data, (size_t)n);
		n = r < 0 ? r : n;
	}
	free(item.data);
	return n;
}

static ssize_t receive_into(struct nr_msg *msg, int id, struct naru_queue *queue,
			    void *message, size_t size, long select, int flags)
{
	struct naru_item item = {.length = size};
	long type;
	ssize_t n;

	if (__builtin_expect(nr_memory_writable(message, TYPE_SIZE + size) < 0, 0))
		return receive_apart(msg, id, queue, message, size, select, flags);
	item.data = (unsigned char *)message + TYPE_SIZE;
	n = receive(msg, id, queue, &item, select, flags);
	if (n >= 0) {
		type = item.type;
		memcpy(message, &type, TYPE_SIZE);
	}
	return n;
}

/* No message is longer: those that wait, and those that may come. */
static size_t longest(const struct nr_msg *msg, const struct naru_queue *queue)
{
	uint64_t most = nr_ids_limit(msg->ids, NR_SYSV_MSGMAX);
	struct nr_counts sent, removed;

	nr_side_read(&queue->shared->senders, &sent);
	nr_side_read(&queue->shared->receivers, &removed);
	if (sent.bytes - removed.bytes > most)
		most = sent.bytes - removed.bytes;
	return most < INT_MAX ? (size_t)most : INT_MAX;
}

ssize_t nr_msg_receive(struct nr_msg *msg, int id, void *message, size_t size, long type,
		       int flags)
{
	struct nr_visit visit;
	ssize_t n;
	int r;

	if (id < 0 || size > LONG_MAX)
		return -EINVAL;
	if (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	/* Linux reads the buffer that a copy goes to, before all else. */
	if (flags & MSG_COPY) {
		uint64_t most = nr_ids_limit(msg->ids, NR_SYSV_MSGMAX);

		r = nr_memory_readable(message, size < most ? size : most);
		if (r < 0)
			return r;
	}
	r = nr_slot_enter(&msg->slots, id, NR_SLOT_READ, &visit);
	if (r < 0)
		return r;
	/* The buffer may be said to be larger than memory is. */
	if (size > nr_ids_limit(msg->ids, NR_SYSV_MSGMAX)) {
		size_t most = longest(msg, visit.object);

		size = size < most ? size : most;
	}
	n = receive_into(msg, id, visit.object, message, size, type, flags);
	nr_slot_leave(&visit);
	return n == -EMSGSIZE ? -E2BIG : n;
}
