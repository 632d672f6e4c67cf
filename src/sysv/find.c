/* SPDX-License-Identifier: MIT */

/* sysv/find.c - look identifiers up; no lock is needed for it. Edge [word]: sysv/ids.c */

#include <sysv/registry.h>

#include <errno.h>
#include <stdio.h>

/* Who changes an entry is faster than we are, so often. */
enum { READS_MAX = 1000 };

void nr_ids_name(enum nr_sysv_kind kind, int id, char ret_name[NR_IDS_NAME_MAX])
{
	static const char *const kinds[] = {"shm", "msg", "sem"};

	snprintf(ret_name, NR_IDS_NAME_MAX, NR_SYSV_PREFIX "-%s-%d", kinds[kind], id);
}

static void copy_record(struct nr_ids_entry *entry,
			const struct nr_sysv_record_shared *record)
{
	entry->key = nr_read_once(&record->key);
	entry->uid = nr_read_once(&record->uid);
	entry->gid = nr_read_once(&record->gid);
	entry->cuid = nr_read_once(&record->cuid);
	entry->cgid = nr_read_once(&record->cgid);
	entry->mode = nr_read_once(&record->mode);
	entry->size = nr_read_once(&record->size);
	entry->changed = nr_read_once(&record->changed);
}

int nr_registry_read(const struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t index,
		     struct nr_ids_entry *ret_entry)
{
	const struct nr_sysv_entry_shared *shared = nr_ids_shared(ids, kind, index);

	for (int i = 0; i < READS_MAX; i++) {
		uint32_t word = nr_load_acquire(&shared->word); /* [word] */

		if (NR_SYSV_STATE(word) != NR_SYSV_LIVE &&
		    NR_SYSV_STATE(word) != NR_SYSV_DEST)
			return -EINVAL;
		copy_record(ret_entry, &shared->record[NR_SYSV_COPY(word)]);
		atomic_thread_fence(memory_order_acquire);
		if (nr_load_relaxed(&shared->word) == word) {
			ret_entry->word = word;
			ret_entry->id = nr_registry_id(word, index);
			return 0;
		}
	}
	return -EBADMSG;
}

int nr_ids_find(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		struct nr_ids_entry *ret_entry)
{
	uint32_t index = (uint32_t)id % NR_SYSV_ENTRIES;
	struct nr_ids_entry entry;
	int r;

	if (id < 0 || index >= nr_load_acquire(&ids->shared->table[kind].ready))
		return -EINVAL;
	r = nr_registry_read(ids, kind, index, &entry);
	if (r == 0 && entry.id != id)
		r = -EINVAL;
	if (r == 0)
		*ret_entry = entry;
	return r;
}

int nr_ids_at(struct nr_ids *ids, enum nr_sysv_kind kind, int index,
	      struct nr_ids_entry *ret_entry)
{
	/* As Linux does, whose IPCMNI this is. */
	uint32_t place = (uint32_t)index % NR_SYSV_ENTRIES;

	if (index < 0 || place >= nr_load_acquire(&ids->shared->table[kind].ready))
		return -EINVAL;
	return nr_registry_read(ids, kind, place, ret_entry);
}

int nr_registry_find(struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t key,
		     struct nr_ids_entry *ret_entry)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	uint32_t ready = nr_load_acquire(&table->ready);
	uint32_t high = nr_read_unlocked(&table->high);

	for (uint32_t i = 0; i < high && i < ready && i < NR_SYSV_ENTRIES; i++)
		if (nr_load_relaxed(&nr_registry_keys(ids, kind)[i]) == key &&
		    nr_registry_read(ids, kind, i, ret_entry) == 0 &&
		    ret_entry->key == key)
			return 0;
	return -ENOENT;
}
