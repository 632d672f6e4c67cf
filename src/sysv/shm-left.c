/* SPDX-License-Identifier: MIT */

/* sysv/shm-left.c - segments that were removed, and that nobody has attached any more */

#include <sysv/shm.h>

#include <errno.h>
#include <segment/segment.h>
#include <space/object.h>
#include <sysv/registry.h>

int nr_shm_open(struct nr_ids *ids, int id, bool read_only,
		struct naru_segment **ret_segment)
{
	char name[NR_IDS_NAME_MAX];

	nr_ids_name(NR_SYSV_SHM, id, name);
	return nr_segment_open(ids->space, name,
			       NR_SEGMENT_BY_NAME |
				       (read_only ? (uint32_t)NARU_READ_ONLY : 0u),
			       ret_segment);
}

int nr_shm_count(struct nr_ids *ids, int id, uint64_t *ret_count)
{
	struct naru_segment *segment;
	int r = nr_shm_open(ids, id, true, &segment);

	if (r < 0)
		return r;
	r = nr_segment_count(segment, ret_count);
	naru_segment_close(segment);
	return r;
}

bool nr_shm_is_left(struct nr_ids *ids, const struct nr_ids_entry *entry)
{
	uint64_t count = 0;
	int r;

	if (NR_SYSV_STATE(entry->word) != NR_SYSV_DEST)
		return false;
	r = nr_shm_count(ids, entry->id, &count);
	return r == -ENOENT || (r == 0 && count == 0);
}

static int allow_end(void *data, const struct nr_ids_entry *entry)
{
	return nr_shm_is_left(data, entry) ? NR_SYSV_FREE : -EBUSY;
}

bool nr_shm_finish(struct nr_ids *ids, int id)
{
	char name[NR_IDS_NAME_MAX];
	int r = nr_ids_remove(ids, NR_SYSV_SHM, id, allow_end, ids);

	if (r != NR_SYSV_FREE)
		return r == -EINVAL;
	/* dies here: a file without an entry, for the doctor or the next of its name */
	nr_ids_name(NR_SYSV_SHM, id, name);
	(void)nr_object_remove(ids->space, name);
	return true;
}

void nr_shm_sweep(struct nr_ids *ids)
{
	uint32_t high = nr_read_unlocked(&ids->shared->table[NR_SYSV_SHM].high);
	uint32_t ready = nr_load_acquire(&ids->shared->table[NR_SYSV_SHM].ready);

	for (uint32_t i = 0; i < high && i < ready && i < NR_SYSV_ENTRIES; i++) {
		uint32_t word =
			nr_load_relaxed(&nr_ids_shared(ids, NR_SYSV_SHM, i)->word);

		if (NR_SYSV_STATE(word) == NR_SYSV_DEST)
			nr_shm_finish(ids, nr_registry_id(word, i));
	}
}

int nr_shm_find(struct nr_ids *ids, int id, struct nr_ids_entry *ret_entry)
{
	int r = nr_ids_find(ids, NR_SYSV_SHM, id, ret_entry);

	if (r == 0 && NR_SYSV_STATE(ret_entry->word) == NR_SYSV_DEST &&
	    nr_shm_finish(ids, id))
		return -EINVAL;
	return r;
}
