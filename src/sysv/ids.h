/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_IDS_H
#define NARU_SYSV_IDS_H

/*
 * sysv/ids.h - the System V identifiers of a space (layout/sysv.h)
 *
 * Errors are those of the manual pages: -ENOENT, -EEXIST, -EINVAL, -EACCES, -EPERM,
 * -ENOSPC... A call may be cut short by death at any instruction: it is done or not
 * done, and nobody has to wait.
 */

#include <base/atomic.h>
#include <layout/sysv.h>
#include <space/space.h>
#include <stdbool.h>
#include <stddef.h>

struct nr_ids {
	struct naru_space *space;
	struct nr_sysv_shared *shared; /* all of the file */
};

/* What an entry says, as of one moment; a copy of our own. */
struct nr_ids_entry {
	int id;
	uint32_t word; /* as long as the entry's word is this, all else holds too */
	uint32_t key;
	uint32_t uid;
	uint32_t gid;
	uint32_t cuid;
	uint32_t cgid;
	uint32_t mode;
	uint64_t size;
	int64_t changed; /* seconds since the epoch */
};

/* Open the identifiers of @space, made if they are not there. Keeps the space open. */
int nr_ids_open(struct naru_space *space, struct nr_ids *ret_ids);
void nr_ids_close(struct nr_ids *ids);

/* Those of the process's default space, opened on first use, until its end. */
int nr_ids_default(struct nr_ids **ret_ids);

static inline uint64_t nr_ids_limit(const struct nr_ids *ids, enum nr_sysv_limit limit)
{
	return nr_load_relaxed(&ids->shared->limit[limit]);
}

/* As sysctl(8) would: who may use the space may set them. -EINVAL */
int nr_ids_set_limit(struct nr_ids *ids, enum nr_sysv_limit limit, uint64_t value);

/* How a kind's limits are called: sysv/limits.c. */
uint64_t nr_ids_limit_default(enum nr_sysv_limit limit);
uint64_t nr_ids_limit_most(enum nr_sysv_limit limit);

/* The name of an object's file. */
enum { NR_IDS_NAME_MAX = 32 };
void nr_ids_name(enum nr_sysv_kind kind, int id, char ret_name[NR_IDS_NAME_MAX]);

/* One call of shmget(2), msgget(2) or semget(2). */
struct nr_ids_get {
	uint32_t key;
	int flags;     /* IPC_CREAT, IPC_EXCL and permission bits */
	uint64_t size; /* of the new one */
	/* What a found one must be, before permissions are looked at; may be NULL. */
	int (*check)(const struct nr_ids_get *get, const struct nr_ids_entry *entry);
	/*
	 * Make the file of the new one. A file of its name may be there, left over by
	 * a dead process: replace it. Locks of the kind are held.
	 */
	int (*make)(struct nr_ids *ids, const struct nr_ids_entry *entry, void *data);
	void *data;
};

/* The identifier. */
int nr_ids_get(struct nr_ids *ids, enum nr_sysv_kind kind, const struct nr_ids_get *get);

/* The entry of @id. -EINVAL: there is none. Permissions are not looked at. */
int nr_ids_find(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		struct nr_ids_entry *ret_entry);

/* The entry at @index, whichever identifier that is (SEM_STAT and its like). */
int nr_ids_at(struct nr_ids *ids, enum nr_sysv_kind kind, int index,
	      struct nr_ids_entry *ret_entry);

/* The largest index in use, -1 if none is; how many are; and the sum of their sizes. */
struct nr_ids_usage {
	int last;
	uint32_t used;
	uint64_t total; /* segments: pages; sets: semaphores; queues: 0 */
};
int nr_ids_usage(struct nr_ids *ids, enum nr_sysv_kind kind, struct nr_ids_usage *ret);

/*
 * May this thread do that? @access: permission bits as of the owner's class (0400 read,
 * 0200 write), or all classes' as in the flags of a get. -EACCES
 */
int nr_ids_permit(const struct nr_ids_entry *entry, int access);

/* Is this thread the owner, the creator, or has it CAP_SYS_ADMIN? -EPERM */
int nr_ids_own(const struct nr_ids_entry *entry);

/*
 * Change the record under the kind's lock: @change gets a copy, changes it, and what it
 * returns is returned; if that is not negative the copy is committed as one. The caller
 * of nr_ids_change() need not be the owner; @change looks at that. Before it changes the
 * object's file it calls nr_ids_unsettle().
 */
int nr_ids_change(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		  int (*change)(void *data, struct nr_ids_entry *entry), void *data);

/* The file is about to be another one's than the record says; under the kind's lock. */
void nr_ids_unsettle(struct nr_ids *ids, enum nr_sysv_kind kind, int id);

/*
 * Has somebody died, or failed, in between? Then give the file what the record says. @id
 * was found before. Best effort: not everybody may.
 */
void nr_ids_settle(struct nr_ids *ids, enum nr_sysv_kind kind, int id);

/*
 * End the identifier: NR_SYSV_FREE, or NR_SYSV_DEST for a segment that is still used
 * (its key is given up). @allow, under the lock, says which, or why not. Returns the
 * state. After NR_SYSV_FREE the caller removes the file.
 */
int nr_ids_remove(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		  int (*allow)(void *data, const struct nr_ids_entry *entry), void *data);

static inline struct nr_sysv_entry_shared *
nr_ids_shared(const struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t index)
{
	unsigned char *base = (unsigned char *)ids->shared;

	return (void *)(base + NR_SYSV_TABLES + kind * NR_SYSV_TABLE_SIZE +
			index * sizeof(struct nr_sysv_entry_shared));
}

/*
 * The entry of @id, which was found once, for stamps and words. It is mapped, whatever
 * the file says by now.
 */
static inline struct nr_sysv_entry_shared *nr_ids_place(const struct nr_ids *ids,
							enum nr_sysv_kind kind, int id)
{
	return nr_ids_shared(ids, kind, (uint32_t)id % NR_SYSV_ENTRIES);
}

static inline bool nr_ids_is(uint32_t word, int id)
{
	return NR_SYSV_STATE(word) != NR_SYSV_FREE &&
	       NR_SYSV_SEQUENCE(word) == (uint32_t)id / NR_SYSV_ENTRIES;
}

#endif /* NARU_SYSV_IDS_H */
