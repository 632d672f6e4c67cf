/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYSV_REGISTRY_H
#define NARU_SYSV_REGISTRY_H

/* sysv/registry.h - the memory of the identifiers; for sysv/ids.c and the doctor */

#include <sysv/ids.h>

/* Entries of one page, which are reserved at first. */
enum { NR_REGISTRY_STEP = 32 };

/* A descriptor of the file ".sysv". -ENOENT, -EBADMSG: it is something else */
int nr_registry_open_file(struct naru_space *space);

/* Reserve memory for more entries. The kind's lock is held. -ENOSPC */
int nr_registry_grow(struct nr_ids *ids, enum nr_sysv_kind kind);

#endif /* NARU_SYSV_REGISTRY_H */
