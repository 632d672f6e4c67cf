/* SPDX-License-Identifier: MIT */

#include <sysv/perm.h>

#include <errno.h>
#include <sys/clock.h>

void nr_perm_fill(struct ipc_perm *perm, const struct nr_ids_entry *entry)
{
	perm->__key = (key_t)entry->key;
	perm->uid = entry->uid;
	perm->gid = entry->gid;
	perm->cuid = entry->cuid;
	perm->cgid = entry->cgid;
	perm->mode = (__typeof__(perm->mode))entry->mode;
	perm->__seq = (unsigned short)((uint32_t)entry->id / NR_SYSV_ENTRIES);
}

int nr_perm_update(struct nr_ids_entry *entry, const struct ipc_perm *wanted)
{
	if (wanted->uid == UINT32_MAX || wanted->gid == UINT32_MAX)
		return -EINVAL;
	entry->uid = wanted->uid;
	entry->gid = wanted->gid;
	entry->mode = (entry->mode & ~0777u) | ((uint32_t)wanted->mode & 0777);
	entry->changed = nr_clock_wall() / 1000000000;
	return 0;
}

int nr_perm_allow_removal(void *data, const struct nr_ids_entry *entry)
{
	int r = nr_ids_own(entry);

	(void)data;
	return r < 0 ? r : NR_SYSV_FREE;
}
