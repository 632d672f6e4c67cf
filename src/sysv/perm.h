/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_PERM_H
#define NARU_SYSV_PERM_H

/* sysv/perm.h - struct ipc_perm, as IPC_STAT gives it and IPC_SET takes it */

#include <sys/ipc.h>
#include <sysv/ids.h>

void nr_perm_fill(struct ipc_perm *perm, const struct nr_ids_entry *entry);

/* Owner, group and permission bits of @wanted; and the time. -EINVAL */
int nr_perm_update(struct nr_ids_entry *entry, const struct ipc_perm *wanted);

/* For nr_ids_remove(): the owner may. */
int nr_perm_allow_removal(void *data, const struct nr_ids_entry *entry);

#endif /* NARU_SYSV_PERM_H */
