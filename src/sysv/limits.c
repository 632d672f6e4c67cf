/* SPDX-License-Identifier: MIT */

/* sysv/limits.c - what a space allows, and at most can */

#include <sysv/ids.h>

#include <errno.h>

/* The kernel's "no limit": more would overflow in programs that add to it. */
#define UNLIMITED (UINT64_MAX - (UINT64_C(1) << 24))

static const struct {
	uint64_t usual;
	uint64_t most;
} limits[NR_SYSV_LIMITS] = {
	[NR_SYSV_SHMMAX] = {UNLIMITED, UNLIMITED},
	[NR_SYSV_SHMALL] = {UNLIMITED, UNLIMITED},
	[NR_SYSV_SHMMNI] = {NR_SYSV_ENTRIES, NR_SYSV_ENTRIES},
	[NR_SYSV_MSGMAX] = {UINT64_C(1) << 20, INT32_MAX},
	[NR_SYSV_MSGMNB] = {UINT64_C(1) << 20, INT32_MAX},
	[NR_SYSV_MSGMNI] = {NR_SYSV_ENTRIES, NR_SYSV_ENTRIES},
	[NR_SYSV_SEMMSL] = {32000, 65536},
	[NR_SYSV_SEMMNS] = {1024000000, INT32_MAX},
	[NR_SYSV_SEMOPM] = {500, 500}, /* layout/set.h */
	[NR_SYSV_SEMMNI] = {NR_SYSV_ENTRIES, NR_SYSV_ENTRIES},
};

uint64_t nr_ids_limit_default(enum nr_sysv_limit limit)
{
	return limits[limit].usual;
}

uint64_t nr_ids_limit_most(enum nr_sysv_limit limit)
{
	return limits[limit].most;
}

int nr_ids_set_limit(struct nr_ids *ids, enum nr_sysv_limit limit, uint64_t value)
{
	if (limit >= NR_SYSV_LIMITS || value > limits[limit].most)
		return -EINVAL;
	nr_store_relaxed(&ids->shared->limit[limit], value);
	return 0;
}
