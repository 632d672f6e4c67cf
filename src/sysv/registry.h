/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_REGISTRY_H
#define NARU_SYSV_REGISTRY_H

/* sysv/registry.h - the memory of the identifiers; for sysv/ids.c and the doctor */

#include <sysv/ids.h>

/* Entries of one page, which are reserved at first. */
enum { NR_REGISTRY_STEP = 32 };

/* A descriptor of the file ".sysv". -ENOENT, -EBADMSG: it is something else */
int nr_registry_open_file(struct naru_space *space);

/* Reserve memory for more entries than are ready, which are not all. The kind's lock is
 * held. -ENOSPC */
int nr_registry_grow(struct nr_ids *ids, enum nr_sysv_kind kind);

static inline _Atomic uint32_t *nr_registry_keys(const struct nr_ids *ids,
						 enum nr_sysv_kind kind)
{
	unsigned char *base = (unsigned char *)ids->shared;

	return (void *)(base + NR_SYSV_KEYS + kind * NR_SYSV_KEYS_SIZE);
}

static inline int nr_registry_id(uint32_t word, uint32_t index)
{
	return (int)(NR_SYSV_SEQUENCE(word) * NR_SYSV_ENTRIES + index);
}

/* What is at @index, which is below ready. -EINVAL: nothing. */
int nr_registry_read(const struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t index,
		     struct nr_ids_entry *ret_entry);

/* What has that key, which is not IPC_PRIVATE; nor has what was removed. -ENOENT */
int nr_registry_find(struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t key,
		     struct nr_ids_entry *ret_entry);

/* Hold the kind's lock: nobody creates, changes or removes meanwhile. */
int nr_registry_lock(struct nr_ids *ids, enum nr_sysv_kind kind);
void nr_registry_unlock(struct nr_ids *ids, enum nr_sysv_kind kind);

/*
 * Is the file perhaps not what the record says? If so while the lock is held, then
 * whoever was at it has died, or failed.
 */
bool nr_registry_is_unsettled(const struct nr_ids *ids, enum nr_sysv_kind kind, int id);

/* Make it so. The kind's lock is held. Errors as of nr_apply(). */
int nr_registry_settle(struct nr_ids *ids, enum nr_sysv_kind kind,
		       const struct nr_ids_entry *entry);

#endif /* NARU_SYSV_REGISTRY_H */
