/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_SPACE_H
#define NARU_SPACE_SPACE_H

/*
 * space/space.h - an open space, and this process's place in it
 */

#include <layout/peers.h>
#include <naru/space.h>
#include <space/kept.h>
#include <stdatomic.h>
#include <sys/robust.h>

/*
 * In a page that a child of fork finds zeroed (MADV_WIPEONFORK): the child sees
 * id 0 and registers anew.
 */
struct nr_self {
	_Atomic uint32_t id;
	void *hold;		 /* mapping that keeps the OFD lock; MADV_DONTFORK */
	struct nr_robust robust; /* our word: space/deaths.h */
};

struct nr_deaths_shared;
struct nr_client;

struct naru_space {
	struct nr_client
		*remote; /* a server has it; of what follows only path is of use */
	struct nr_kept directory; /* use nr_space_directory() */
	struct nr_kept table;	  /* the file .peers; use nr_space_table() */
	char *path;		  /* absolute */
	struct nr_peers_shared *peers;
	bool writable;			 /* peers is mapped read-write, not read-only */
	struct nr_deaths_shared *deaths; /* NULL: there is none */
	uint64_t deaths_device;
	uint64_t deaths_inode;
	struct nr_self *self;
	_Atomic bool names_all; /* what has no name cannot be given one here */
	_Atomic int references; /* the caller's, and one of each object's handle */
};

/*
 * The space that a public call means: @space, or for NULL the process's default
 * space, opened on first use and kept open until the process ends. Takes no
 * reference.
 */
int nr_space_resolve_any(struct naru_space *space, struct naru_space **ret_space);

/* The same, but of this machine. -EOPNOTSUPP: a server has it. */
int nr_space_resolve(struct naru_space *space, struct naru_space **ret_space);

/* Is it the URL of a server, or of a queue of one, and no path or name? */
bool nr_space_is_url(const char *text);

struct naru_space *nr_space_reference(struct naru_space *space);
void nr_space_release(struct naru_space *space);

/*
 * A descriptor of the directory, O_PATH; it is the space's, do not close it.
 * -ENOENT, -ESTALE: the application has closed ours, and the directory is gone.
 */
int nr_space_directory(struct naru_space *space);

/* A descriptor of the peer table, for looking at locks; as above. */
int nr_space_table(struct naru_space *space);

/*
 * A file description of its own of the peer table; the caller closes it. -ESTALE:
 * the file .peers is not the one that this space was opened with.
 */
int nr_space_open_own_table(struct naru_space *space);

/* Open the peer table, made if it is not there, when the space is opened. */
int nr_space_open_table(struct naru_space *space);

/* Give a file of the space's own the mode and owner by which all peers can use it. */
int nr_space_share_file(struct naru_space *space, int fd);

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
 * Before this process may owe others something, or sleeps: let the kernel tell them if
 * it dies. Costs nothing but for the first time, and after the thread that did it has
 * ended.
 */
void nr_space_arm(struct naru_space *space);

/* Give the slot up in good order, when the space is closed. */
void nr_space_deregister(struct naru_space *space);

/* The pid that goes with our own @id: getpid(2) without the system call. */
static inline int32_t nr_space_own_pid(const struct naru_space *space, uint32_t id)
{
	uint32_t slot = id & (NR_PEERS - 1);

	return atomic_load_explicit(&space->peers->slot[slot - 1].pid,
				    memory_order_relaxed);
}

/*
 * Is the process with this id alive? 0 is nobody, and so not. When that cannot
 * be told (too many open files, say) the answer is yes: ask again later.
 */
bool nr_space_alive(struct naru_space *space, uint32_t id);

/*
 * The same, for who can do with a guess: by the word of layout/deaths.h, without a
 * system call. It may be late by a death that the kernel has told nobody of.
 */
bool nr_space_seems_alive(struct naru_space *space, uint32_t id);

/*
 * Is @word, the slot's, of a living thread whose end cannot go unheard? Only if it is
 * the process's first thread, since others may exec(2).
 */
bool nr_space_heard(struct naru_space *space, uint32_t slot, uint32_t word);

/* The id of the last process that had that slot. */
uint32_t nr_space_slot_id(struct naru_space *space, uint32_t slot);

/* The pid, in its own namespace, that registered as @id; 0 if it is gone. */
int32_t nr_space_pid(struct naru_space *space, uint32_t id);

/* Peers alive now, and slots whose process died without giving them up. */
int nr_space_count_peers(struct naru_space *space, uint32_t *ret_alive,
			 uint32_t *ret_stale);

/* Clear the slots of the dead. Returns how many there were. */
int nr_space_clear_peers(struct naru_space *space);

#endif /* NARU_SPACE_SPACE_H */
