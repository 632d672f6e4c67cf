/* SPDX-License-Identifier: MIT */

/*
 * sysv/ids.c - create, change and remove identifiers
 *
 * Edge:
 *	[word]	publish() stores an entry's word with release
 *		nr_registry_read() loads it with acquire
 *		=> who sees the word sees the record that it selects, and the file.
 */

#include <sysv/ids.h>

#include <errno.h>
#include <limits.h>
#include <space/lock.h>
#include <sys/clock.h>
#include <sys/futex.h>
#include <sys/identity.h>
#include <sys/ipc.h>
#include <sys/process.h>
#include <sysv/apply.h>
#include <sysv/registry.h>

enum { PAGE = 4096 };

static uint64_t weight(enum nr_sysv_kind kind, uint64_t size)
{
	switch (kind) {
	case NR_SYSV_SHM:
		return size / PAGE + (size % PAGE != 0);
	case NR_SYSV_SEM:
		return size;
	default:
		return 0;
	}
}

/* Commit @entry as the record, and @state. The kind's lock is held. */
static void publish(struct nr_sysv_entry_shared *shared, struct nr_ids_entry *entry,
		    enum nr_sysv_state state, uint32_t sequence)
{
	uint32_t old = nr_load_relaxed(&shared->word);
	uint32_t copy = NR_SYSV_COPY(old) ^ 1;
	uint32_t word = sequence << 16 | copy << 2 | (uint32_t)state |
			((old + NR_SYSV_VERSION_ONE) & NR_SYSV_VERSION_MASK);

	shared->record[copy] = (struct nr_sysv_record_shared){
		.key = entry->key,
		.uid = entry->uid,
		.gid = entry->gid,
		.cuid = entry->cuid,
		.cgid = entry->cgid,
		.mode = entry->mode,
		.size = entry->size,
		.changed = entry->changed,
	};
	/* dies here: as it was */
	nr_store_release(&shared->word, word); /* [word] */
	entry->word = word;
	nr_futex_wake(&shared->word, INT_MAX);
}

/* The lock's owner has died: count again. */
static void recount(struct nr_ids *ids, enum nr_sysv_kind kind)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	uint32_t ready = nr_load_relaxed(&table->ready), used = 0, high = 0;
	uint64_t total = 0;

	for (uint32_t i = 0; i < ready && i < NR_SYSV_ENTRIES; i++) {
		struct nr_ids_entry entry;

		if (nr_registry_read(ids, kind, i, &entry) < 0)
			continue;
		total += weight(kind, entry.size);
		high = i + 1;
		used++;
	}
	nr_write_once(&table->high, high);
	nr_write_once(&table->used, used);
	nr_write_once(&table->total, total);
	table->hint = 0;
}

/* Signals do not cut it short: nobody holds it for long. */
int nr_registry_lock(struct nr_ids *ids, enum nr_sysv_kind kind)
{
	struct nr_deadline deadline = nr_deadline_in(-1);
	_Atomic uint32_t *word = &ids->shared->table[kind].lock;
	uint32_t id, dead;
	int r = nr_space_self(ids->space, &id);

	if (r < 0)
		return r;
	nr_space_arm(ids->space);
	do
		r = nr_lock_take(ids->space, word, id, &deadline, &dead);
	while (r == -EINTR);
	if (r != -EOWNERDEAD)
		return r;
	recount(ids, kind);
	return 0;
}

void nr_registry_unlock(struct nr_ids *ids, enum nr_sysv_kind kind)
{
	nr_lock_release(&ids->shared->table[kind].lock);
}

int nr_ids_usage(struct nr_ids *ids, enum nr_sysv_kind kind, struct nr_ids_usage *ret)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	struct nr_ids_usage usage = {.last = -1};
	uint32_t high;
	int r = nr_registry_lock(ids, kind);

	if (r < 0)
		return r;
	high = nr_read_once(&table->high);
	for (uint32_t i = high < NR_SYSV_ENTRIES ? high : NR_SYSV_ENTRIES;
	     i-- > 0 && usage.last < 0;)
		if (NR_SYSV_STATE(nr_load_relaxed(&nr_ids_shared(ids, kind, i)->word)))
			usage.last = (int)i;
	usage.used = table->used;
	usage.total = table->total;
	nr_registry_unlock(ids, kind);
	*ret = usage;
	return 0;
}

static int use_found(const struct nr_ids_get *get, const struct nr_ids_entry *entry)
{
	int r = 0;

	if ((get->flags & IPC_CREAT) && (get->flags & IPC_EXCL))
		return -EEXIST;
	if (get->check)
		r = get->check(get, entry);
	if (r == 0)
		r = nr_ids_permit(entry, get->flags);
	return r < 0 ? r : entry->id;
}

static int free_index(struct nr_ids *ids, enum nr_sysv_kind kind, uint32_t *ret_index)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];

	for (uint32_t i = table->hint; i < NR_SYSV_ENTRIES; i++) {
		int r = i < nr_load_relaxed(&table->ready) ? 0
							   : nr_registry_grow(ids, kind);

		if (r < 0)
			return r;
		if (NR_SYSV_STATE(nr_load_relaxed(&nr_ids_shared(ids, kind, i)->word)) ==
		    NR_SYSV_FREE) {
			*ret_index = i;
			return 0;
		}
	}
	return -ENOSPC;
}

static int check_limits(struct nr_ids *ids, enum nr_sysv_kind kind, uint64_t size)
{
	static const enum nr_sysv_limit most[] = {
		[NR_SYSV_SHM] = NR_SYSV_SHMMNI,
		[NR_SYSV_MSG] = NR_SYSV_MSGMNI,
		[NR_SYSV_SEM] = NR_SYSV_SEMMNI,
	};
	const struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	uint64_t total = table->total, all = UINT64_MAX;

	if (table->used >= nr_ids_limit(ids, most[kind]))
		return -ENOSPC;
	if (kind == NR_SYSV_SHM)
		all = nr_ids_limit(ids, NR_SYSV_SHMALL);
	else if (kind == NR_SYSV_SEM)
		all = nr_ids_limit(ids, NR_SYSV_SEMMNS);
	return total <= all && weight(kind, size) <= all - total ? 0 : -ENOSPC;
}

static void set_stamps(struct nr_sysv_entry_shared *shared)
{
	nr_store_relaxed(&shared->creator, nr_process_id());
	nr_store_relaxed(&shared->last_pid, 0);
	nr_store_relaxed(&shared->stamp[0], 0);
	nr_store_relaxed(&shared->stamp[1], 0);
	nr_store_relaxed(&shared->unsettled, 0);
}

/* The kind's lock is held. */
static int create(struct nr_ids *ids, enum nr_sysv_kind kind,
		  const struct nr_ids_get *get)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	struct nr_sysv_entry_shared *shared;
	struct nr_ids_entry entry = {
		.key = get->key,
		.uid = nr_identity_user(),
		.gid = nr_identity_group(),
		.mode = (uint32_t)get->flags & 0777,
		.size = get->size,
		.changed = nr_clock_wall() / 1000000000,
	};
	uint32_t index, sequence;
	int r = check_limits(ids, kind, get->size);

	if (r == 0)
		r = free_index(ids, kind, &index);
	if (r < 0)
		return r;
	shared = nr_ids_shared(ids, kind, index);
	sequence = NR_SYSV_SEQUENCE(nr_load_relaxed(&shared->word));
	entry.id = nr_registry_id(sequence << 16, index);
	entry.cuid = entry.uid;
	entry.cgid = entry.gid;
	r = get->make(ids, &entry, get->data);
	/* dies here: a file without an entry */
	if (r < 0)
		return r;
	set_stamps(shared);
	nr_store_relaxed(&nr_registry_keys(ids, kind)[index], entry.key);
	if (index >= table->high)
		nr_write_once(&table->high, index + 1);
	nr_write_once(&table->used, table->used + 1);
	nr_write_once(&table->total, table->total + weight(kind, entry.size));
	table->hint = index + 1;
	publish(shared, &entry, NR_SYSV_LIVE, sequence);
	return entry.id;
}

int nr_ids_get(struct nr_ids *ids, enum nr_sysv_kind kind, const struct nr_ids_get *get)
{
	struct nr_ids_entry entry;
	bool named = get->key != IPC_PRIVATE;
	int r;

	if (named && nr_registry_find(ids, kind, get->key, &entry) == 0)
		return use_found(get, &entry);
	if (named && !(get->flags & IPC_CREAT))
		return -ENOENT;
	r = nr_registry_lock(ids, kind);
	if (r < 0)
		return r;
	if (named && nr_registry_find(ids, kind, get->key, &entry) == 0)
		r = use_found(get, &entry);
	else
		r = create(ids, kind, get);
	nr_registry_unlock(ids, kind);
	return r;
}

int nr_ids_change(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		  int (*change)(void *data, struct nr_ids_entry *entry), void *data)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	struct nr_ids_entry entry;
	uint64_t old;
	int r = nr_registry_lock(ids, kind);

	if (r < 0)
		return r;
	r = nr_ids_find(ids, kind, id, &entry);
	old = r < 0 ? 0 : weight(kind, entry.size);
	if (r == 0)
		r = change(data, &entry);
	if (r >= 0) {
		publish(nr_ids_place(ids, kind, id), &entry, NR_SYSV_STATE(entry.word),
			NR_SYSV_SEQUENCE(entry.word));
		/* dies here: it is settled already, and will be once more */
		nr_store_release(&nr_ids_place(ids, kind, id)->unsettled, 0);
		nr_write_once(&table->total,
			      table->total - old + weight(kind, entry.size));
	}
	nr_registry_unlock(ids, kind);
	return r;
}

void nr_ids_unsettle(struct nr_ids *ids, enum nr_sysv_kind kind, int id)
{
	nr_store_release(&nr_ids_place(ids, kind, id)->unsettled, 1);
}

bool nr_registry_is_unsettled(const struct nr_ids *ids, enum nr_sysv_kind kind, int id)
{
	return nr_load_acquire(&nr_ids_place(ids, kind, id)->unsettled) != 0;
}

int nr_registry_settle(struct nr_ids *ids, enum nr_sysv_kind kind,
		       const struct nr_ids_entry *entry)
{
	int r = nr_apply(ids, kind, entry);

	if (r == 0)
		nr_store_release(&nr_ids_place(ids, kind, entry->id)->unsettled, 0);
	return r;
}

void nr_ids_settle(struct nr_ids *ids, enum nr_sysv_kind kind, int id)
{
	struct nr_ids_entry entry;

	if (!nr_registry_is_unsettled(ids, kind, id) || nr_registry_lock(ids, kind) < 0)
		return;
	/* Who was just at it has done it by now. */
	if (nr_registry_is_unsettled(ids, kind, id) &&
	    nr_ids_find(ids, kind, id, &entry) == 0)
		(void)nr_registry_settle(ids, kind, &entry);
	nr_registry_unlock(ids, kind);
}

/* The kind's lock is held. */
static void end(struct nr_ids *ids, enum nr_sysv_kind kind, struct nr_ids_entry *entry,
		enum nr_sysv_state state)
{
	struct nr_sysv_table_shared *table = &ids->shared->table[kind];
	uint32_t index = (uint32_t)entry->id % NR_SYSV_ENTRIES;
	uint32_t sequence = NR_SYSV_SEQUENCE(entry->word);
	uint64_t size = weight(kind, entry->size);

	entry->key = IPC_PRIVATE;
	if (state == NR_SYSV_FREE)
		sequence = (sequence + 1) & 0xffff;
	publish(nr_ids_shared(ids, kind, index), entry, state, sequence);
	nr_store_relaxed(&nr_registry_keys(ids, kind)[index], IPC_PRIVATE);
	if (state != NR_SYSV_FREE)
		return;
	nr_write_once(&table->used, table->used - 1);
	nr_write_once(&table->total, table->total - size);
	if (index < table->hint)
		table->hint = index;
}

int nr_ids_remove(struct nr_ids *ids, enum nr_sysv_kind kind, int id,
		  int (*allow)(void *data, const struct nr_ids_entry *entry), void *data)
{
	struct nr_ids_entry entry;
	int r = nr_registry_lock(ids, kind);

	if (r < 0)
		return r;
	r = nr_ids_find(ids, kind, id, &entry);
	if (r == 0)
		r = allow(data, &entry);
	if (r >= 0)
		end(ids, kind, &entry, (enum nr_sysv_state)r);
	nr_registry_unlock(ids, kind);
	return r;
}
