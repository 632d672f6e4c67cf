/* SPDX-License-Identifier: MIT */

/* sysv/permit.c - who may do what, as ipcperms() of the kernel's ipc/util.c */

#include <sysv/ids.h>

#include <errno.h>
#include <linux/capability.h>
#include <sys/identity.h>

int nr_ids_permit(const struct nr_ids_entry *entry, int access)
{
	uint32_t bits = (uint32_t)access, granted = entry->mode;
	uint32_t wanted = (bits >> 6 | bits >> 3 | bits) & 7;
	uint32_t user;

	if ((wanted & ~(granted >> 6 & granted >> 3 & granted)) == 0)
		return 0;
	user = nr_identity_user();
	if (user == entry->cuid || user == entry->uid)
		granted >>= 6;
	else if (nr_identity_in_group(entry->cgid) || nr_identity_in_group(entry->gid))
		granted >>= 3;
	if ((wanted & ~granted) == 0 || nr_identity_may(CAP_IPC_OWNER))
		return 0;
	return -EACCES;
}

int nr_ids_own(const struct nr_ids_entry *entry)
{
	uint32_t user = nr_identity_user();

	if (user == entry->cuid || user == entry->uid || nr_identity_may(CAP_SYS_ADMIN))
		return 0;
	return -EPERM;
}
