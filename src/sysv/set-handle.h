/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SET_HANDLE_H
#define NARU_SYSV_SET_HANDLE_H

/*
 * sysv/set-handle.h - an open set, and what its files have in common
 *
 * "Under the lock" is said of functions whose caller holds it.
 */

#include <base/atomic.h>
#include <space/lock.h>
#include <space/members.h>
#include <space/spin.h>
#include <space/yield.h>
#include <sysv/set.h>

struct nr_set {
	struct nr_set_shared *shared;
	_Atomic uint64_t *semaphores;
	struct nr_set_entry_shared *log; /* its entries */
	unsigned char *base;
	struct nr_set_places places;
	uint32_t count; /* semaphores */
	struct naru_space *space;
	_Atomic uint32_t member; /* the id of ours that is known to the others */
	_Atomic uint32_t row;	 /* where ours was last, plus 1 */
	struct nr_spin spin;
	struct nr_yield yield;
	_Atomic uint32_t waker_cpu; /* of who has woken us last, plus 1; 0: unknown */
	uint64_t device, inode;
	bool (*is_gone)(void *data);
	void *data;
	char name[NARU_NAME_MAX + 1];
};

/* What is to be done at once, and for whom. */
struct nr_set_task {
	const struct nr_operation_shared *operation;
	uint32_t count;
	int32_t pid;
	uint32_t row;	   /* plus 1; 0: none */
	uint32_t sleeper;  /* plus 1; 0: who does it is who asked for it */
	uint32_t blocking; /* the operation that cannot be done now */
};

/* Sleepers to be woken when the lock has been released. */
enum { NR_SET_WAKES = 32 };
struct nr_set_wakes {
	uint32_t count;
	uint32_t sleeper[NR_SET_WAKES];
};

/* Begin a call: is the set still there, and who are we? -EIDRM, -EUSERS... */
int nr_set_enter_slowly(struct nr_set *set, uint32_t *ret_id);

static inline int nr_set_enter(struct nr_set *set, uint32_t *ret_id)
{
	uint32_t id = nr_load_relaxed(&set->space->self->id);

	if (__builtin_expect((nr_load_relaxed(&set->shared->removed) |
			      (id ^ nr_load_relaxed(&set->member))) != 0,
			     0))
		return nr_set_enter_slowly(set, ret_id);
	*ret_id = id;
	return 0;
}

/* Has it been removed by somebody who could not tell us? */
bool nr_set_is_gone(struct nr_set *set);

/*
 * Take the lock; what a dead owner left half done is done first. NULL for @deadline: it
 * takes as long as it takes. -EAGAIN, -ETIMEDOUT; -EBADMSG
 */
int nr_set_lock_slowly(struct nr_set *set, uint32_t id, struct nr_deadline *deadline);

static inline int nr_set_lock(struct nr_set *set, uint32_t id,
			      struct nr_deadline *deadline)
{
	uint32_t old = 0;

	if (__builtin_expect(nr_swap_if(&set->shared->lock, &old, id), 1)) /* [lock] */
		return 0;
	return nr_set_lock_slowly(set, id, deadline);
}

/* Release the lock, and wake those. */
void nr_set_unlock(struct nr_set *set, struct nr_set_wakes *wakes);

/* What processes owe that have died, under the lock. */
void nr_set_look(struct nr_set *set, struct nr_set_wakes *wakes);

/* Reserve memory of the file. -EIDRM, -ENOSPC */
int nr_set_reserve(struct nr_set *set, uint64_t offset, uint64_t length);

static inline uint64_t nr_set_word(uint32_t value, int32_t pid)
{
	return (uint64_t)(uint32_t)pid << 32 | value;
}

/* Whatever the memory says, it is one. */
static inline int nr_set_word_value(uint64_t word)
{
	return (int)(word & NR_SET_VALUE_MAX);
}

static inline int32_t nr_set_word_pid(uint64_t word)
{
	return (int32_t)(word >> 32);
}

/* How many of them there may be. */
static inline uint32_t nr_set_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t nr_set_sleepers(const struct nr_set *set)
{
	return nr_set_least(nr_load_relaxed(&set->shared->sleepers), NR_SET_SLEEPERS);
}

static inline uint32_t nr_set_rows(const struct nr_set *set)
{
	return nr_set_least(nr_load_relaxed(&set->shared->rows), NR_SET_ROWS);
}

static inline struct nr_sleeper_shared *nr_set_sleeper(const struct nr_set *set,
						       uint32_t index)
{
	return (void *)(set->base + set->places.sleepers +
			index * sizeof(struct nr_sleeper_shared));
}

static inline bool nr_sleeper_waits(uint32_t state)
{
	return state == NR_SLEEPER_WAITING || state == NR_SLEEPER_ASLEEP;
}

/* End its wait. The state it had; it does not wait any more if that was no wait. */
static inline uint32_t nr_sleeper_end(struct nr_sleeper_shared *sleeper, uint32_t state)
{
	uint32_t old = nr_load_relaxed(&sleeper->state);

	while (nr_sleeper_waits(old) && !nr_swap_if(&sleeper->state, &old, state))
		continue;
	return old;
}

static inline struct nr_row_shared *nr_set_row_at(const struct nr_set *set,
						  uint32_t index)
{
	return (void *)(set->base + set->places.rows + index * set->places.row_size);
}

#endif /* NARU_SYSV_SET_HANDLE_H */
