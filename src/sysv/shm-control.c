/* SPDX-License-Identifier: MIT */

/* sysv/shm-control.c - shmctl(2) */

#include <sysv/shm.h>

#include <errno.h>
#include <linux/capability.h>
#include <space/object.h>
#include <string.h>
#include <sys/file.h>
#include <sys/identity.h>
#include <sysv/apply.h>
#include <sysv/memory.h>
#include <sysv/perm.h>

enum { PAGE = 4096 };

static int fill(struct nr_ids *ids, const struct nr_ids_entry *entry,
		struct shmid_ds *buffer)
{
	const struct nr_sysv_entry_shared *shared =
		nr_ids_place(ids, NR_SYSV_SHM, entry->id);
	struct shmid_ds ds = {
		.shm_segsz = entry->size,
		.shm_ctime = entry->changed,
		.shm_atime = nr_load_relaxed(&shared->stamp[0]),
		.shm_dtime = nr_load_relaxed(&shared->stamp[1]),
		.shm_cpid = nr_load_relaxed(&shared->creator),
		.shm_lpid = nr_load_relaxed(&shared->last_pid),
	};
	uint64_t count = 0;
	int r = nr_shm_count(ids, entry->id, &count);

	/* SHM_STAT_ANY tells everybody, as far as the file's mode lets it. */
	if (r < 0 && r != -EACCES)
		return r == -ENOENT ? -EIDRM : r;
	nr_perm_fill(&ds.shm_perm, entry);
	if (NR_SYSV_STATE(entry->word) == NR_SYSV_DEST)
		ds.shm_perm.mode |= SHM_DEST;
	ds.shm_nattch = count;
	return nr_memory_give(buffer, &ds, sizeof(ds));
}

static int stat_one(struct nr_ids *ids, int id, int command, struct shmid_ds *buffer)
{
	struct nr_ids_entry entry;
	int r;

	if (command == IPC_STAT)
		r = nr_shm_find(ids, id, &entry);
	else
		r = nr_ids_at(ids, NR_SYSV_SHM, id, &entry);
	if (r == 0 && command != IPC_STAT)
		r = nr_shm_find(ids, entry.id, &entry);
	if (r == 0 && command != SHM_STAT_ANY)
		r = nr_ids_permit(&entry, 0444);
	if (r == 0) {
		nr_ids_settle(ids, NR_SYSV_SHM, entry.id);
		r = fill(ids, &entry, buffer);
	}
	return r < 0 ? r : command == IPC_STAT ? 0 : entry.id;
}

struct change {
	struct nr_ids *ids;
	const struct shmid_ds *wanted;
};

static int change(void *data, struct nr_ids_entry *entry)
{
	const struct change *change = data;
	int r = nr_ids_own(entry);

	if (r == 0)
		r = nr_perm_update(entry, &change->wanted->shm_perm);
	if (r < 0)
		return r;
	nr_ids_unsettle(change->ids, NR_SYSV_SHM, entry->id);
	/* dies here: nr_ids_settle() */
	return nr_apply(change->ids, NR_SYSV_SHM, entry);
}

static int set(struct nr_ids *ids, int id, const struct shmid_ds *buffer)
{
	struct shmid_ds wanted;
	struct change data = {ids, &wanted};
	int r = nr_memory_readable(buffer, sizeof(*buffer));

	if (r < 0)
		return r;
	memcpy(&wanted, buffer, sizeof(wanted));
	return nr_ids_change(ids, NR_SYSV_SHM, id, change, &data);
}

/* All memory of a space is alike; what is asked for is noted down, and told. */
static int change_locked(void *data, struct nr_ids_entry *entry)
{
	const bool *locked = data;

	if (!nr_identity_may(CAP_IPC_LOCK)) {
		int r = nr_ids_own(entry);

		if (r < 0)
			return r;
		if (*locked && nr_identity_locked_max() == 0)
			return -EPERM;
	}
	entry->mode = (entry->mode & ~(uint32_t)SHM_LOCKED) |
		      (*locked ? (uint32_t)SHM_LOCKED : 0);
	return 0;
}

static int allow_removal(void *data, const struct nr_ids_entry *entry)
{
	uint64_t count = 0;
	int r = nr_ids_own(entry);

	if (r < 0)
		return r;
	r = nr_shm_count(data, entry->id, &count);
	return r < 0 || count == 0 ? NR_SYSV_FREE : NR_SYSV_DEST;
}

static int remove_segment(struct nr_ids *ids, int id)
{
	char name[NR_IDS_NAME_MAX];
	int r = nr_ids_remove(ids, NR_SYSV_SHM, id, allow_removal, ids);

	if (r < 0)
		return r;
	/* dies here: a file without an entry, for the doctor or the next of its name */
	nr_ids_name(NR_SYSV_SHM, id, name);
	if (r == NR_SYSV_FREE)
		(void)nr_object_remove(ids->space, name);
	return 0;
}

/* Pages that have memory now. */
static uint64_t resident(struct nr_ids *ids, int last)
{
	int directory = nr_space_directory(ids->space);
	uint64_t pages = 0;

	for (int i = 0; directory >= 0 && i <= last; i++) {
		char name[NR_IDS_NAME_MAX];
		struct nr_ids_entry entry;
		struct stat stat;

		if (nr_ids_at(ids, NR_SYSV_SHM, i, &entry) < 0)
			continue;
		nr_ids_name(NR_SYSV_SHM, entry.id, name);
		if (nr_file_stat_at(directory, name, &stat) == 0)
			pages += (uint64_t)stat.st_blocks * 512 / PAGE;
	}
	return pages;
}

static int info(struct nr_ids *ids, int command, void *buffer)
{
	struct shminfo limits = {
		.shmmax = nr_ids_limit(ids, NR_SYSV_SHMMAX),
		.shmmin = 1,
		.shmmni = nr_ids_limit(ids, NR_SYSV_SHMMNI),
		.shmseg = nr_ids_limit(ids, NR_SYSV_SHMMNI),
		.shmall = nr_ids_limit(ids, NR_SYSV_SHMALL),
	};
	struct shm_info now = {0};
	struct nr_ids_usage usage;
	int r;

	nr_shm_sweep(ids);
	r = nr_ids_usage(ids, NR_SYSV_SHM, &usage);
	if (r < 0)
		return r;
	if (command == IPC_INFO) {
		r = nr_memory_give(buffer, &limits, sizeof(limits));
	} else {
		now.used_ids = (int)usage.used;
		now.shm_tot = usage.total;
		now.shm_rss = resident(ids, usage.last);
		r = nr_memory_give(buffer, &now, sizeof(now));
	}
	return r < 0 ? r : usage.last < 0 ? 0 : usage.last;
}

int nr_shm_control(struct nr_ids *ids, int id, int command, struct shmid_ds *buffer)
{
	bool locked = command == SHM_LOCK;
	struct nr_ids_entry entry;

	if (id < 0 || command < 0)
		return -EINVAL;
	/* One that is left behind by the dead is not there. */
	if ((command == IPC_SET || command == IPC_RMID || command == SHM_LOCK ||
	     command == SHM_UNLOCK) &&
	    nr_shm_find(ids, id, &entry) < 0 && command != IPC_SET)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
	case SHM_INFO:
		return info(ids, command, buffer);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return stat_one(ids, id, command, buffer);
	case IPC_SET:
		return set(ids, id, buffer);
	case IPC_RMID:
		return remove_segment(ids, id);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return nr_ids_change(ids, NR_SYSV_SHM, id, change_locked, &locked);
	default:
		return -EINVAL;
	}
}
