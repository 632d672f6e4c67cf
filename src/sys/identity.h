/* SPDX-License-Identifier: MIT */
#ifndef NARU_SYS_IDENTITY_H
#define NARU_SYS_IDENTITY_H

/* sys/identity.h - as whom this thread acts; geteuid(2), getgroups(2), capget(2) */

#include <stdbool.h>
#include <stdint.h>

/* The effective ones. */
uint32_t nr_identity_user(void);
uint32_t nr_identity_group(void);

/* Is @group the effective one or a supplementary one? */
bool nr_identity_in_group(uint32_t group);

/* Has this thread the capability CAP_... of capabilities(7)? */
bool nr_identity_may(int capability);

/* Bytes that this process may lock in memory: RLIMIT_MEMLOCK of getrlimit(2). */
uint64_t nr_identity_locked_max(void);

#endif /* NARU_SYS_IDENTITY_H */
