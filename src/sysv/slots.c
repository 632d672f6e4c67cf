/* SPDX-License-Identifier: MIT */

#include <sysv/slots.h>

#include <stdlib.h>
#include <sys/map.h>
#include <sys/signal.h>

enum { SWEEP = 16 };

_Atomic uint32_t nr_slots_forks;

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct nr_slots *list;

static void before_fork(void)
{
	pthread_mutex_lock(&list_lock);
	for (struct nr_slots *slots = list; slots; slots = slots->next)
		pthread_mutex_lock(&slots->lock);
}

static void after_fork(void)
{
	for (struct nr_slots *slots = list; slots; slots = slots->next)
		pthread_mutex_unlock(&slots->lock);
	pthread_mutex_unlock(&list_lock);
}

/* Nobody but this thread is in the child; if it is in a call, it knows by the count. */
static void after_fork_in_child(void)
{
	nr_store_relaxed(&nr_slots_forks, nr_load_relaxed(&nr_slots_forks) + 1);
	for (struct nr_slots *slots = list; slots; slots = slots->next)
		for (uint32_t i = 0; i < slots->high; i++)
			nr_store_relaxed(&slots->slot[i].use,
					 nr_load_relaxed(&slots->slot[i].use) &
						 ~NR_SLOT_CALLS);
	after_fork();
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

int nr_slots_init(struct nr_slots *slots)
{
	void *address;
	int r = nr_map_private(NR_SYSV_ENTRIES * sizeof(struct nr_slot), &address);

	if (r < 0)
		return r;
	slots->slot = address;
	pthread_mutex_init(&slots->lock, NULL);
	pthread_once(&once, watch_fork);
	pthread_mutex_lock(&list_lock);
	slots->next = list;
	list = slots;
	pthread_mutex_unlock(&list_lock);
	return 0;
}

/* False: somebody is in a call. */
static bool close_slot(struct nr_slots *slots, struct nr_slot *slot)
{
	uint64_t use = nr_load_acquire(&slot->use);

	if (!(use & NR_SLOT_OPEN))
		return true;
	use &= ~NR_SLOT_CALLS;
	if (!nr_swap_if(&slot->use, &use, 0))
		return false;
	slots->close(nr_load_relaxed(&slot->object));
	return true;
}

static void close_retired(struct nr_slots *slots)
{
	struct nr_retired **link = &slots->retired, *retired;

	while ((retired = *link) != NULL) {
		if (nr_load_acquire(&retired->slot->use) & NR_SLOT_CALLS) {
			link = &retired->next;
			continue;
		}
		*link = retired->next;
		slots->close(retired->object);
		free(retired);
	}
}

void nr_slots_close(struct nr_slots *slots)
{
	struct nr_slots **link = &list;

	pthread_mutex_lock(&list_lock);
	while (*link != slots)
		link = &(*link)->next;
	*link = slots->next;
	pthread_mutex_unlock(&list_lock);
	for (uint32_t i = 0; i < slots->high; i++)
		close_slot(slots, &slots->slot[i]);
	close_retired(slots);
	nr_unmap(slots->slot, NR_SYSV_ENTRIES * sizeof(struct nr_slot));
	pthread_mutex_destroy(&slots->lock);
}

static bool is_stale(const struct nr_slots *slots, uint32_t index)
{
	uint64_t use = nr_load_relaxed(&slots->slot[index].use);

	return use & NR_SLOT_OPEN &&
	       !nr_ids_is(nr_load_relaxed(
				  &nr_ids_shared(slots->ids, slots->kind, index)->word),
			  (int)(use >> 32));
}

/* Close some of those that have been removed, so that their memory is free. */
static void sweep(struct nr_slots *slots)
{
	for (int i = 0; i < SWEEP && slots->high > 0; i++) {
		slots->swept = (slots->swept + 1) % slots->high;
		if (is_stale(slots, slots->swept))
			close_slot(slots, &slots->slot[slots->swept]);
	}
}

/*
 * The object has been removed, and calls are in the slot that use it: it is closed when
 * nobody is in there. The slot is free for another one.
 */
static void retire(struct nr_slots *slots, struct nr_slot *slot)
{
	struct nr_retired *retired = malloc(sizeof(*retired));

	/* What cannot be noted down stays open. */
	if (!retired)
		return;
	*retired =
		(struct nr_retired){slots->retired, slot, nr_load_relaxed(&slot->object)};
	slots->retired = retired;
}

/* The lock is held. */
static int open_slot(struct nr_slots *slots, struct nr_slot *slot, int id)
{
	uint32_t index = (uint32_t)id % NR_SYSV_ENTRIES;
	void *object;
	int r;

	if (nr_slot_is(nr_load_relaxed(&slot->use), id))
		return 0;
	sweep(slots);
	close_retired(slots);
	r = slots->open(slots->ids, id, &object);
	if (r < 0)
		return r;
	if (!close_slot(slots, slot))
		retire(slots, slot);
	nr_fetch_and(&slot->use, NR_SLOT_CALLS);
	nr_store_release(&slot->object, object); /* [object] */
	if (index >= slots->high)
		slots->high = index + 1;
	/* Others look in, find that it is not theirs, and go again. */
	nr_fetch_or(&slot->use, NR_SLOT_ID(id) | NR_SLOT_OPEN);
	return 0;
}

int nr_slot_enter_slowly(struct nr_slots *slots, int id, int access,
			 struct nr_visit *ret_visit)
{
	static const int bits[] = {[NR_SLOT_READ] = 0400, [NR_SLOT_WRITE] = 0200};
	struct nr_slot *slot = &slots->slot[(uint32_t)id % NR_SYSV_ENTRIES];
	uint32_t epoch = nr_epoch_of(&nr_epochs.identity);
	struct nr_ids_entry entry;
	uint64_t mask;
	int r = nr_ids_find(slots->ids, slots->kind, id, &entry);

	if (r == 0)
		r = nr_ids_permit(&entry, bits[access]);
	if (r < 0)
		return r;
	/* No handler must leave by longjmp(3) from here. */
	mask = nr_signal_block();
	pthread_mutex_lock(&slots->lock);
	r = open_slot(slots, slot, id);
	if (r == 0) {
		atomic_fetch_add(&slot->use, NR_SLOT_CALL);
		*ret_visit = (struct nr_visit){slot, nr_load_relaxed(&slot->object),
					       nr_load_relaxed(&nr_slots_forks)};
	}
	pthread_mutex_unlock(&slots->lock);
	nr_signal_restore(mask);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	if (!nr_load_relaxed(&nr_epochs.threads_differ))
		nr_store_relaxed(&slot->granted[access],
				 (uint64_t)entry.word << 32 | epoch);
	return 0;
}
