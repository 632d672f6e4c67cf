/* SPDX-License-Identifier: MIT */

#include <sysv/shm.h>

#include <errno.h>
#include <segment/segment.h>
#include <space/object.h>
#include <sys/clock.h>
#include <sys/map.h>
#include <sys/process.h>
#include <sysv/apply.h>
#include <sysv/epoch.h>
#include <sysv/registry.h>

/* Smaller ones have their memory from the start; of larger ones only what is touched. */
enum { RESERVE_MAX = 1 << 20 };

/* Huge pages are of 2 MiB. Flags may name a size, by its logarithm. */
enum { HUGE_SHIFT = 26, HUGE_MASK = 63, HUGE_LOG = 21 };

#define SECOND INT64_C(1000000000)

static bool is_no_huge_size(int flags)
{
	uint32_t size = (uint32_t)flags >> HUGE_SHIFT & HUGE_MASK;

	return flags & SHM_HUGETLB && size != 0 && size != HUGE_LOG;
}

static int make_segment(struct nr_ids *ids, const struct nr_ids_entry *entry, void *data)
{
	const int *flags = data;
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_SET_GROUP | NR_SEGMENT_BY_NAME,
			  .length = entry->size, .group = entry->gid);
	char name[NR_IDS_NAME_MAX];
	struct naru_segment *segment;
	int r;

	if (entry->size > NR_SEGMENT_LENGTH_MAX)
		return -ENOMEM;
	options.mode = nr_apply_mode(NR_SYSV_SHM, entry->mode);
	if (is_no_huge_size(*flags))
		return -EINVAL;
	if (*flags & SHM_HUGETLB)
		options.flags |= NARU_HUGE_PAGES;
	else if (entry->size > RESERVE_MAX)
		options.flags |= NR_SEGMENT_SPARSE;
	nr_ids_name(NR_SYSV_SHM, entry->id, name);
	r = nr_segment_create(ids->space, name, &options, &segment);
	if (r == -EEXIST) {
		r = nr_object_remove(ids->space, name);
		if (r == 0 || r == -ENOENT)
			r = nr_segment_create(ids->space, name, &options, &segment);
	}
	if (r == 0)
		naru_segment_close(segment);
	/* ENOSPC is for the limits. */
	return r == -ENOSPC || r == -EOPNOTSUPP || r == -EFBIG ? -ENOMEM : r;
}

static int check_size(const struct nr_ids_get *get, const struct nr_ids_entry *entry)
{
	return get->size > entry->size ? -EINVAL : 0;
}

int nr_shm_get(struct nr_ids *ids, key_t key, size_t size, int flags)
{
	struct nr_ids_get get = {
		.key = (uint32_t)key,
		.flags = flags,
		.size = size,
		.check = check_size,
		.make = make_segment,
		.data = &flags,
	};
	bool possible = size > 0 && size <= nr_ids_limit(ids, NR_SYSV_SHMMAX);
	int r;

	/* A new one must have a size; for one that is there any is good that fits. */
	if (key == IPC_PRIVATE && !possible)
		return -EINVAL;
	if (key != IPC_PRIVATE && !possible) {
		get.flags &= ~IPC_CREAT;
		r = nr_ids_get(ids, NR_SYSV_SHM, &get);
		if (flags & IPC_CREAT && r == -ENOENT)
			return -EINVAL;
		return flags & IPC_CREAT && flags & IPC_EXCL &&
				       (r >= 0 || r == -EINVAL || r == -EACCES)
			       ? -EEXIST
			       : r;
	}
	if (key == IPC_PRIVATE || flags & IPC_CREAT)
		nr_shm_sweep(ids);
	return nr_ids_get(ids, NR_SYSV_SHM, &get);
}

static void stamp(struct nr_ids *ids, int id, int which)
{
	struct nr_sysv_entry_shared *shared = nr_ids_place(ids, NR_SYSV_SHM, id);

	if (!nr_ids_is(nr_load_relaxed(&shared->word), id))
		return;
	nr_store_relaxed(&shared->stamp[which], nr_clock_wall_coarse() / SECOND);
	nr_store_relaxed(&shared->last_pid, nr_process_id());
}

/*
 * We are attached. Who removes it counts under the lock: either we were counted, or the
 * identifier is gone by now.
 */
static int confirm(struct nr_ids *ids, int id)
{
	struct nr_ids_entry entry;
	int r = nr_registry_lock(ids, NR_SYSV_SHM);

	if (r < 0)
		return r;
	r = nr_ids_find(ids, NR_SYSV_SHM, id, &entry);
	nr_registry_unlock(ids, NR_SYSV_SHM);
	return r < 0 ? -EIDRM : 0;
}

static int attach(struct nr_ids *ids, int id, const struct nr_attach *how,
		  void **ret_address)
{
	struct naru_segment *segment;
	void *address;
	int r;

	nr_ids_settle(ids, NR_SYSV_SHM, id);
	r = nr_shm_open(ids, id, how->read_only, &segment);
	if (r < 0)
		return r == -ENOENT ? -EIDRM : r;
	r = nr_segment_attach(segment, how, &address, NULL);
	naru_segment_close(segment);
	/* A page of this process may be another one now. */
	if (how->replace)
		nr_epoch_end(&nr_epochs.memory);
	if (r < 0)
		return r == -EEXIST ? -EINVAL : r;
	r = confirm(ids, id);
	if (r < 0) {
		nr_segment_detach(address, true, NULL);
		return r;
	}
	*ret_address = address;
	return 0;
}

static void replaced(void *data, const struct nr_attached *attached)
{
	(void)data;
	nr_shm_detached(attached);
}

int nr_shm_attach(struct nr_ids *ids, int id, const void *address, int flags,
		  void **ret_address)
{
	struct nr_attach how = {
		.replace = flags & SHM_REMAP,
		.read_only = flags & SHM_RDONLY,
		.executable = flags & SHM_EXEC,
		.stealthy = true,
		.tag = (uint64_t)(uint32_t)id,
		.detached = replaced,
	};
	uintptr_t at = (uintptr_t)address;
	int access = how.read_only ? 0444 : 0666;
	struct nr_ids_entry entry;
	int r;

	if (id < 0)
		return -EINVAL;
	if (at % (uintptr_t)nr_page_size() != 0) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		at -= at % (uintptr_t)nr_page_size();
		if (at == 0 && how.replace)
			return -EINVAL;
	} else if (at == 0 && how.replace) {
		return -EINVAL;
	}
	/* Rounded down to 0 is not "anywhere". */
	if (at == 0 && address)
		return -EPERM;
	how.address = (void *)at;
	if (how.executable)
		access |= 0111;
	r = nr_shm_find(ids, id, &entry);
	if (r == 0)
		r = nr_ids_permit(&entry, access);
	if (r == 0 && !how.replace && at + entry.size < at)
		r = -EINVAL;
	if (r == 0)
		r = attach(ids, id, &how, ret_address);
	if (r == 0)
		stamp(ids, id, 0);
	return r;
}

static void after_detach(struct nr_ids *ids, int id)
{
	struct nr_sysv_entry_shared *shared = nr_ids_place(ids, NR_SYSV_SHM, id);

	/* dies here: the next one who looks finds that nobody is attached */
	stamp(ids, id, 1);
	if (NR_SYSV_STATE(nr_load_acquire(&shared->word)) == NR_SYSV_DEST)
		nr_shm_finish(ids, id);
}

void nr_shm_detached(const struct nr_attached *attached)
{
	struct nr_ids *ids;

	/* They are open, since something was attached. */
	if (nr_ids_default(&ids) == 0)
		after_detach(ids, (int)attached->tag);
}

int nr_shm_detach(struct nr_ids *ids, const void *address)
{
	struct nr_attached attached;
	int r = nr_segment_detach(address, true, &attached);

	nr_epoch_end(&nr_epochs.memory);
	if (r == 0)
		after_detach(ids, (int)attached.tag);
	return r;
}
