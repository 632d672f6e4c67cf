/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_SHM_H
#define NARU_SYSV_SHM_H

/*
 * sysv/shm.h - shmget(2), shmat(2), shmdt(2), shmctl(2) over naru's segments
 *
 * All return what the manual pages say, but -errno for an error.
 *
 * A segment that is removed while somebody is attached keeps its identifier and its file
 * (NR_SYSV_DEST), since Linux lets others attach it by the identifier. Whoever detaches
 * it last removes the file; if the last one was killed, whoever looks next.
 */

#include <sys/shm.h>
#include <sysv/ids.h>

int nr_shm_get(struct nr_ids *ids, key_t key, size_t size, int flags);
int nr_shm_attach(struct nr_ids *ids, int id, const void *address, int flags,
		  void **ret_address);
int nr_shm_detach(struct nr_ids *ids, const void *address);
int nr_shm_control(struct nr_ids *ids, int id, int command, struct shmid_ds *buffer);

/* The application has unmapped it, of the default space. */
struct nr_attached;
void nr_shm_detached(const struct nr_attached *attached);

/* Open the file of the identifier, by its name. */
struct naru_segment;
int nr_shm_open(struct nr_ids *ids, int id, bool read_only,
		struct naru_segment **ret_segment);

/* How many are attached. */
int nr_shm_count(struct nr_ids *ids, int id, uint64_t *ret_count);

/* Is it NR_SYSV_DEST, and nobody is attached? The kind's lock is held. */
bool nr_shm_is_left(struct nr_ids *ids, const struct nr_ids_entry *entry);

/*
 * Remove it for good if it is NR_SYSV_DEST, and nobody is attached. True: it is gone, by
 * us or somebody else.
 */
bool nr_shm_finish(struct nr_ids *ids, int id);

/* All that are left behind so. */
void nr_shm_sweep(struct nr_ids *ids);

/* nr_ids_find(), and no trace of one that is left behind. */
int nr_shm_find(struct nr_ids *ids, int id, struct nr_ids_entry *ret_entry);

/* entry->mode above the permission bits: SHM_DEST and SHM_LOCKED of <sys/shm.h>. */

#endif /* NARU_SYSV_SHM_H */
