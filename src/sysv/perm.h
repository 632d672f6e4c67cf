/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_PERM_H
#define NARU_SYSV_PERM_H

/* sysv/perm.h - struct ipc_perm, as IPC_STAT gives it and IPC_SET takes it */

#include <sys/ipc.h>
#include <sysv/ids.h>

void nr_perm_fill(struct ipc_perm *perm, const struct nr_ids_entry *entry);

/* Owner, group and permission bits of @wanted; and the time. -EINVAL */
int nr_perm_update(struct nr_ids_entry *entry, const struct ipc_perm *wanted);

/*
 * Give the object's file that mode and owner. -EPERM: who is not root gives no file to
 * another user, though the kernel would let the owner of an identifier do so.
 */
int nr_perm_set_file(struct naru_space *space, const char *name, uint32_t mode,
		     uint32_t uid, uint32_t gid);

/* For nr_ids_remove(): the owner may. */
int nr_perm_allow_removal(void *data, const struct nr_ids_entry *entry);

#endif /* NARU_SYSV_PERM_H */
