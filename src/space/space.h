/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_SPACE_H
#define NARU_SPACE_SPACE_H

/*
 * space/space.h - an open space, and this process's place in it
 */

#include <layout/peers.h>
#include <naru/space.h>
#include <stdatomic.h>

/*
 * In a page that a child of fork finds zeroed (MADV_WIPEONFORK): the child sees
 * id 0 and registers anew.
 */
struct nr_self {
	_Atomic uint32_t id;
	_Atomic uint32_t registering; /* futex lock of nr_space_register() */
	void *hold; /* mapping that keeps the OFD lock; MADV_DONTFORK */
};

struct naru_space {
	int directory;			  /* descriptor */
	char *path;
	struct nr_peers_shared *peers;	  /* mapped read-write, or read-only */
	struct nr_self *self;
	_Atomic int references;		  /* handles of objects hold one each */
};

/*
 * The space that a public call means: @space, or for NULL the process's default
 * space, opened on first use and kept open until the process ends. Takes no
 * reference.
 */
int nr_space_resolve(struct naru_space *space, struct naru_space **ret_space);

struct naru_space *nr_space_reference(struct naru_space *space);
void nr_space_release(struct naru_space *space);

/* Register this process, if it is not yet. The slow path of nr_space_self(). */
int nr_space_register(struct naru_space *space, uint32_t *ret_id);

/* This process's id. -EUSERS: all slots are taken. */
static inline int nr_space_self(struct naru_space *space, uint32_t *ret_id)
{
	uint32_t id = atomic_load_explicit(&space->self->id, memory_order_relaxed);

	if (__builtin_expect(id != 0, 1)) {
		*ret_id = id;
		return 0;
	}
	return nr_space_register(space, ret_id);
}

/*
 * Is the process with this id alive? 0 is nobody, and so not. When that cannot
 * be told (too many open files, say) the answer is yes: ask again later.
 */
bool nr_space_alive(struct naru_space *space, uint32_t id);

/* The pid, in its own namespace, that registered as @id; 0 if it is gone. */
int32_t nr_space_pid(struct naru_space *space, uint32_t id);

/* Peers alive now and slots whose process is dead but whose generation is set. */
void nr_space_count_peers(struct naru_space *space, uint32_t *ret_alive,
			  uint32_t *ret_stale);

#endif /* NARU_SPACE_SPACE_H */
