/* SPDX-License-Identifier: MIT */

/*
 * space/peer.c - this process's slot in the peer table, and who else is alive
 *
 * What keeps the lock of a slot is a mapping, not a descriptor: it belongs to the
 * process's memory, which no close(2) takes away, and which ends with exit, with
 * exec and with SIGKILL, but not earlier. A child of fork does not inherit it.
 */

#include <base/atomic.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <space/deaths.h>
#include <space/space.h>
#include <sys/clock.h>
#include <sys/file.h>
#include <sys/futex.h>
#include <sys/map.h>
#include <sys/process.h>

enum { SLOTS_FIRST = 64 };

/*
 * Held while a descriptor is open that has locks, and taken around fork: a child
 * that inherited such a descriptor would keep its parent's slot alive.
 */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
	pthread_mutex_lock(&guard);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&guard);
}

static void watch_fork(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static void enter(void)
{
	pthread_once(&once, watch_fork);
	pthread_mutex_lock(&guard);
}

static void leave(void)
{
	pthread_mutex_unlock(&guard);
}

static struct nr_peer_shared *peer(struct naru_space *space, uint32_t slot)
{
	return &space->peers->slot[slot - 1];
}

static uint64_t lock_byte(uint32_t slot)
{
	return sizeof(struct nr_peer_shared) * slot;
}

/* NR_PEER_GENERATIONS - 1 is left out, so that no id is NR_PEER_ID_MASK. */
static uint32_t generation_after(uint32_t generation)
{
	generation &= NR_PEER_GENERATIONS - 1;
	return generation >= NR_PEER_GENERATIONS - 2 ? 1 : generation + 1;
}

/*
 * Lock a slot that nobody has, and end the id of whoever had it. -EAGAIN: it is taken.
 *
 * If the slot were locked first, its last owner's id would seem to be alive until the
 * generation has changed. So who wants it locks the byte behind first.
 */
static int take_slot(struct naru_space *space, int fd, uint32_t slot)
{
	struct nr_peer_shared *it = peer(space, slot);
	int r = nr_file_locked(fd, lock_byte(slot));

	if (r == 0)
		r = nr_file_lock(fd, lock_byte(slot) + 1, 1);
	else if (r > 0)
		r = -EAGAIN;
	if (r < 0)
		return r;
	r = nr_file_locked(fd, lock_byte(slot));
	if (r == 0) {
		nr_store_relaxed(&it->pid, 0);
		nr_store_relaxed(&it->generation,
				 generation_after(nr_load_relaxed(&it->generation)));
		/* Dies here: the next one goes on from this generation. */
		r = nr_file_lock(fd, lock_byte(slot), 1);
	} else if (r > 0) {
		r = -EAGAIN;
	}
	nr_file_unlock(fd, lock_byte(slot) + 1, 1);
	return r;
}

/*
 * Lock a free slot, and return it. Begins where no other is likely to look, but among
 * the first ones: the words of layout/deaths.h take memory for the slots in use.
 */
static int find_slot(struct naru_space *space, int fd)
{
	uint32_t start = ((uint32_t)nr_process_id() * 2654435761u >> 16) % SLOTS_FIRST;

	for (uint32_t i = 0; i < NR_PEERS - 1; i++) {
		uint32_t slot = 1 + (start + i) % (NR_PEERS - 1);
		int r = take_slot(space, fd, slot);

		if (r == 0)
			return (int)slot;
		if (r != -EAGAIN)
			return r;
	}
	return -EUSERS;
}

/* Lock a slot through @fd, and hold it by a mapping from then on. */
static int settle(struct naru_space *space, int fd, uint32_t *ret_id)
{
	struct nr_self *self = space->self;
	uint32_t generation;
	void *hold;
	int slot, r;

	slot = find_slot(space, fd);
	if (slot < 0)
		return slot;
	/* Which page is mapped does not matter, only through which description. */
	r = nr_map_file(fd, 0, nr_page_size(), false, NULL, &hold);
	if (r < 0)
		return r;
	r = nr_map_dont_fork(hold, nr_page_size());
	if (r < 0) {
		nr_unmap(hold, nr_page_size());
		return r;
	}

	generation = nr_load_relaxed(&peer(space, (uint32_t)slot)->generation) &
		     (NR_PEER_GENERATIONS - 1);
	nr_store_relaxed(&peer(space, (uint32_t)slot)->start, nr_clock_boottime());
	nr_store_relaxed(&peer(space, (uint32_t)slot)->pid, nr_process_id());
	self->hold = hold;
	*ret_id = (uint32_t)slot | generation << NR_PEER_SLOT_BITS;
	nr_store_relaxed(&self->id, *ret_id);
	return 0;
}

static int enrol(struct naru_space *space, uint32_t *ret_id)
{
	int fd, r;

	if (!space->writable)
		return -EACCES;
	fd = nr_space_open_own_table(space);
	if (fd < 0)
		return fd;
	r = settle(space, fd, ret_id);
	nr_file_close(fd);
	if (r == 0)
		nr_deaths_arm(space, *ret_id);
	return r;
}

int nr_space_register(struct naru_space *space, uint32_t *ret_id)
{
	uint32_t id;
	int r = 0;

	enter();
	id = nr_load_relaxed(&space->self->id);
	if (!id)
		r = enrol(space, &id);
	leave();
	if (r == 0)
		*ret_id = id;
	return r;
}

void nr_space_arm(struct naru_space *space)
{
	uint32_t id = nr_load_relaxed(&space->self->id);

	/* To register arms, too. */
	if (id == 0 || nr_deaths_is_armed(space, id))
		return;
	enter();
	nr_deaths_arm(space, id);
	leave();
}

void nr_space_deregister(struct naru_space *space)
{
	uint32_t id = nr_load_relaxed(&space->self->id);
	uint32_t slot = id & (NR_PEERS - 1);
	_Atomic uint32_t *word;

	if (!id)
		return;
	word = nr_deaths_word(space, slot);
	nr_robust_disarm(&space->self->robust);
	nr_store_relaxed(&peer(space, slot)->pid, 0);
	nr_store_relaxed(&space->self->id, 0);
	nr_unmap(space->self->hold, nr_page_size());
	/* What we took, claimed or were about to do is as a dead one's: they look. */
	if (word)
		nr_futex_wake(word, INT_MAX);
}

bool nr_space_alive(struct naru_space *space, uint32_t id)
{
	uint32_t slot = id & (NR_PEERS - 1);
	int fd;

	if (!slot || id > NR_PEER_ID_MASK)
		return false;
	if (id == nr_load_relaxed(&space->self->id))
		return true;
	if (nr_load_relaxed(&peer(space, slot)->generation) != id >> NR_PEER_SLOT_BITS)
		return false;
	fd = nr_space_table(space);
	return fd < 0 || nr_file_locked(fd, lock_byte(slot)) != 0;
}

bool nr_space_heard(struct naru_space *space, uint32_t slot, uint32_t word)
{
	/* By exec(2) another thread gets the first one's number: its word stays. */
	return nr_deaths_lives(word) &&
	       (word & NR_ROBUST_THREAD) ==
		       (uint32_t)nr_load_relaxed(&peer(space, slot)->pid);
}

bool nr_space_seems_alive(struct naru_space *space, uint32_t id)
{
	uint32_t slot = id & (NR_PEERS - 1);
	const _Atomic uint32_t *word = slot ? nr_deaths_word(space, slot) : NULL;

	if (word && nr_space_slot_id(space, slot) == id) {
		nr_program_order();
		if (nr_space_heard(space, slot, nr_load_relaxed(word)))
			return true;
	}
	return nr_space_alive(space, id);
}

uint32_t nr_space_slot_id(struct naru_space *space, uint32_t slot)
{
	uint32_t generation = nr_load_relaxed(&peer(space, slot)->generation);

	return slot | (generation << NR_PEER_SLOT_BITS & NR_PEER_ID_MASK);
}

int32_t nr_space_pid(struct naru_space *space, uint32_t id)
{
	int32_t pid;

	if (!nr_space_alive(space, id))
		return 0;
	pid = nr_load_relaxed(&peer(space, id & (NR_PEERS - 1))->pid);
	return pid;
}

int nr_space_count_peers(struct naru_space *space, uint32_t *ret_alive,
			 uint32_t *ret_stale)
{
	uint32_t alive = 0, stale = 0;
	int fd = nr_space_table(space);

	if (fd < 0)
		return fd;
	for (uint32_t slot = 1; slot < NR_PEERS; slot++) {
		int r;

		if (!nr_load_relaxed(&peer(space, slot)->pid))
			continue;
		r = nr_file_locked(fd, lock_byte(slot));
		if (r < 0)
			return r;
		alive += r > 0;
		stale += r == 0;
	}
	*ret_alive = alive;
	*ret_stale = stale;
	return 0;
}

static int clear(struct naru_space *space, int fd)
{
	int cleared = 0;

	for (uint32_t slot = 1; slot < NR_PEERS; slot++) {
		struct nr_peer_shared *it = peer(space, slot);
		int r;

		if (!nr_load_relaxed(&it->pid))
			continue;
		r = take_slot(space, fd, slot);
		if (r == -EAGAIN)
			continue;
		if (r < 0)
			return r;
		cleared++;
		r = nr_file_unlock(fd, lock_byte(slot), 1);
		if (r < 0)
			return r;
	}
	return cleared;
}

int nr_space_clear_peers(struct naru_space *space)
{
	int fd, r;

	if (!space->writable)
		return -EACCES;
	enter();
	fd = nr_space_open_own_table(space);
	r = fd < 0 ? fd : clear(space, fd);
	if (fd >= 0)
		nr_file_close(fd);
	leave();
	return r;
}
