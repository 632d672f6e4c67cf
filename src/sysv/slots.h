/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SLOTS_H
#define NARU_SYSV_SLOTS_H

/*
 * sysv/slots.h - the objects that this process has open, by the index of their identifier
 *
 * A call enters a slot and leaves it. While somebody is in it, the object stays open;
 * one that has been removed is closed by the next call that needs the slot, or opens
 * another object.
 *
 * The use word: the identifier in the upper half, below it how many calls are in the
 * slot, and whether it is open.
 *
 * An object that has been removed while calls are in the slot is retired: the slot may be
 * used for another one, and when nobody is in it any more, it is closed. A call that a
 * handler has ended by longjmp(3) is in there for ever; nobody waits for it.
 *
 * Edge:
 *	[object] open_slot() closes the slot, and then stores the object with release
 *		nr_slot_enter() loads it with acquire, and then the use word
 *		=> who still finds its identifier there has its object.
 */

#include <errno.h>
#include <pthread.h>
#include <sys/single_threaded.h>
#include <sysv/epoch.h>
#include <sysv/ids.h>

#define NR_SLOT_OPEN   UINT64_C(1)
#define NR_SLOT_CALL   UINT64_C(2)
#define NR_SLOT_CALLS  UINT64_C(0xfffffffe)
#define NR_SLOT_ID(id) ((uint64_t)(uint32_t)(id) << 32)

enum { NR_SLOT_READ, NR_SLOT_WRITE, NR_SLOT_ACCESSES };

struct nr_slot {
	_Atomic uint64_t use;
	void *_Atomic object;
	/* The entry's word and the epoch of identity in which this access was granted. */
	_Atomic uint64_t granted[NR_SLOT_ACCESSES];
};

struct nr_retired {
	struct nr_retired *next;
	struct nr_slot *slot;
	void *object;
};

/* Of one kind of object, in one process; one for each registry. */
struct nr_slots {
	enum nr_sysv_kind kind;
	struct nr_ids *ids;
	/* Under a lock. -ENOENT: the file is not there. */
	int (*open)(struct nr_ids *ids, int id, void **ret_object);
	void (*close)(void *object);
	struct nr_slot *slot; /* NR_SYSV_ENTRIES, memory for what is in use */
	uint32_t high;	      /* index of the last one that was opened, plus 1 */
	uint32_t swept;	      /* where the search for removed ones goes on */
	pthread_mutex_t lock; /* who opens and closes */
	struct nr_retired *retired;
	struct nr_slots *next;
};

/* @slots has kind, ids, open and close set, and all else zero. It must not move. */
int nr_slots_init(struct nr_slots *slots);
void nr_slots_close(struct nr_slots *slots);

/* A call that is in a slot. */
struct nr_visit {
	struct nr_slot *slot;
	void *object;
	uint32_t forks;
};

/* How often this process has become another one, by fork(2). */
extern _Atomic uint32_t nr_slots_forks;

int nr_slot_enter_slowly(struct nr_slots *slots, int id, int access,
			 struct nr_visit *ret_visit);

/*
 * One call more, or less, in the slot; what its use word is then. Nobody but this thread
 * is there, most often, and spares the bus lock: what a handler does in between comes to
 * nothing, as it leaves what it enters.
 */
static inline uint64_t nr_slot_count(struct nr_slot *slot, uint64_t calls)
{
	uint64_t use;

	if (!__libc_single_threaded)
		return atomic_fetch_add_explicit(&slot->use, calls,
						 memory_order_acq_rel) +
		       calls;
	use = nr_load_relaxed(&slot->use) + calls;
	nr_store_relaxed(&slot->use, use);
	return use;
}

static inline void nr_slot_count_down(struct nr_slot *slot)
{
	nr_slot_count(slot, -NR_SLOT_CALL);
}

/* If a handler has called fork(2) meanwhile, and we are the child, we are in no slot. */
static inline void nr_slot_leave(const struct nr_visit *visit)
{
	if (__builtin_expect(nr_load_relaxed(&nr_slots_forks) == visit->forks, 1))
		nr_slot_count_down(visit->slot);
}

static inline bool nr_slot_is(uint64_t use, int id)
{
	return (use & ~NR_SLOT_CALLS) == (NR_SLOT_ID(id) | NR_SLOT_OPEN);
}

/* nr_slot_enter() if it is open already, and permission known. Calls nothing. */
static inline bool nr_slot_enter_at_once(const struct nr_slots *slots, int id, int access,
					 struct nr_visit *ret_visit)
{
	struct nr_slot *slot = &slots->slot[(uint32_t)id % NR_SYSV_ENTRIES];
	uint64_t use = nr_slot_count(slot, NR_SLOT_CALL), wanted;
	void *object = nr_load_acquire(&slot->object); /* [object] */
	uint32_t word;

	/* The slot may have got another object in between. */
	if (__builtin_expect(nr_slot_is(use, id) &&
				     nr_slot_is(nr_load_relaxed(&slot->use), id),
			     1)) {
		word = nr_load_acquire(&nr_ids_shared(slots->ids, slots->kind,
						      (uint32_t)id % NR_SYSV_ENTRIES)
						->word);
		wanted = (uint64_t)word << 32 | nr_epoch_of(&nr_epochs.identity);
		if (__builtin_expect(nr_load_relaxed(&slot->granted[access]) == wanted,
				     1)) {
			*ret_visit = (struct nr_visit){slot, object,
						       nr_load_relaxed(&nr_slots_forks)};
			return true;
		}
	}
	nr_slot_count_down(slot);
	return false;
}

/*
 * Use the object of @id. @access: NR_SLOT_READ or NR_SLOT_WRITE, for which the caller
 * must have permission.
 *
 * -EINVAL, -EACCES, -EIDRM
 */
static inline int nr_slot_enter(struct nr_slots *slots, int id, int access,
				struct nr_visit *ret_visit)
{
	if (__builtin_expect(id < 0, 0))
		return -EINVAL;
	if (nr_slot_enter_at_once(slots, id, access, ret_visit))
		return 0;
	return nr_slot_enter_slowly(slots, id, access, ret_visit);
}

#endif /* NARU_SYSV_SLOTS_H */
