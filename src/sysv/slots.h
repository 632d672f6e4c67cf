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
 */

#include <errno.h>
#include <pthread.h>
#include <sysv/epoch.h>
#include <sysv/ids.h>

#define NR_SLOT_OPEN   UINT64_C(1)
#define NR_SLOT_CALL   UINT64_C(2)
#define NR_SLOT_CALLS  UINT64_C(0xfffffffe)
#define NR_SLOT_ID(id) ((uint64_t)(uint32_t)(id) << 32)

enum { NR_SLOT_READ, NR_SLOT_WRITE, NR_SLOT_ACCESSES };

struct nr_slot {
	_Atomic uint64_t use;
	void *object;
	/* The entry's word and the epoch of identity in which this access was granted. */
	_Atomic uint64_t granted[NR_SLOT_ACCESSES];
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
	struct nr_slots *next;
};

/* @slots has kind, ids, open and close set, and all else zero. It must not move. */
int nr_slots_init(struct nr_slots *slots);
void nr_slots_close(struct nr_slots *slots);

int nr_slot_enter_slowly(struct nr_slots *slots, int id, int access,
			 struct nr_slot **ret_slot);

static inline void nr_slot_leave(struct nr_slot *slot)
{
	atomic_fetch_sub_explicit(&slot->use, NR_SLOT_CALL, memory_order_release);
}

/*
 * Use the object of @id. @access: NR_SLOT_READ or NR_SLOT_WRITE, for which the caller
 * must have permission.
 *
 * -EINVAL, -EACCES, -EIDRM
 */
static inline int nr_slot_enter(struct nr_slots *slots, int id, int access,
				struct nr_slot **ret_slot)
{
	struct nr_slot *slot = &slots->slot[(uint32_t)id % NR_SYSV_ENTRIES];
	uint64_t use, wanted;
	uint32_t word;

	if (__builtin_expect(id < 0, 0))
		return -EINVAL;
	use = atomic_fetch_add_explicit(&slot->use, NR_SLOT_CALL, memory_order_acquire);
	if (__builtin_expect((use & ~NR_SLOT_CALLS) == (NR_SLOT_ID(id) | NR_SLOT_OPEN),
			     1)) {
		word = nr_load_acquire(&nr_ids_shared(slots->ids, slots->kind,
						      (uint32_t)id % NR_SYSV_ENTRIES)
						->word);
		wanted = (uint64_t)word << 32 | nr_epoch_of(&nr_epochs.identity);
		if (__builtin_expect(nr_load_relaxed(&slot->granted[access]) == wanted,
				     1)) {
			*ret_slot = slot;
			return 0;
		}
	}
	nr_slot_leave(slot);
	return nr_slot_enter_slowly(slots, id, access, ret_slot);
}

#endif /* NARU_SYSV_SLOTS_H */
