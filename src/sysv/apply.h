/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_APPLY_H
#define NARU_SYSV_APPLY_H

/* sysv/apply.h - an object's file is what the record of its identifier says */

#include <sysv/ids.h>

/*
 * The mode of a file. Who may read from a queue or a set, or write to it, needs both for
 * its file; and the owner must always be able to look at it (he may give it any mode).
 */
uint32_t nr_apply_mode(enum nr_sysv_kind kind, uint32_t mode);

/*
 * Give the file of @entry the mode, owner and limits that the record says. The kind's
 * lock is held. -EPERM: who is not root gives no file to another user, though the kernel
 * would let the owner of an identifier do so. -EIDRM, -ENOMEM
 */
int nr_apply(struct nr_ids *ids, enum nr_sysv_kind kind,
	     const struct nr_ids_entry *entry);

#endif /* NARU_SYSV_APPLY_H */
