/* SPDX-License-Identifier: MIT */

/* sysv/sem-control.c - semctl(2) */

#include <sysv/sem.h>

#include <errno.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sysv/apply.h>
#include <sysv/memory.h>
#include <sysv/msg.h>
#include <sysv/perm.h>
#include <sysv/set.h>

/* The kernel's numbers for what means nothing any more. */
enum { UNDO_SIZE = 20, ADJUST_MAX = 32767 };

static int enter(struct nr_sem *sem, int id, int access, struct nr_visit *ret_visit,
		 struct nr_set **ret_set)
{
	const struct nr_sem_object *object;
	int r = nr_slot_enter(&sem->slots, id, access, ret_visit);

	if (r < 0)
		return r;
	object = ret_visit->object;
	*ret_set = object->set;
	return 0;
}

/* For SEM_STAT_ANY, which tells everybody, as far as the file's mode lets it. */
static int stat_unasked(struct nr_sem *sem, int id, struct nr_set_times *ret_times)
{
	char name[NR_IDS_NAME_MAX];
	struct nr_set *set;
	int r;

	nr_ids_name(NR_SYSV_SEM, id, name);
	r = nr_set_open(sem->ids->space, name, NULL, NULL, &set);
	if (r < 0)
		return r == -EACCES ? 0 : r;
	r = nr_set_stat(set, ret_times);
	nr_set_close(set);
	return r;
}

static int fill(struct nr_sem *sem, const struct nr_ids_entry *entry,
		struct semid_ds *buffer)
{
	struct semid_ds ds = {.sem_nsems = entry->size};
	struct nr_set_times times = {0};
	struct nr_visit visit;
	struct nr_set *set;
	int r = enter(sem, entry->id, NR_SLOT_READ, &visit, &set);

	if (r == 0) {
		r = nr_set_stat(set, &times);
		nr_slot_leave(&visit);
	} else if (r == -EACCES) {
		r = stat_unasked(sem, entry->id, &times);
	}
	if (r < 0)
		return r;
	nr_perm_fill(&ds.sem_perm, entry);
	ds.sem_otime = times.operated;
	ds.sem_ctime = times.changed > entry->changed ? times.changed : entry->changed;
	return nr_memory_give(buffer, &ds, sizeof(ds));
}

static int stat_one(struct nr_sem *sem, int id, int command, struct semid_ds *buffer)
{
	struct nr_ids_entry entry;
	int r;

	if (command == IPC_STAT)
		r = nr_ids_find(sem->ids, NR_SYSV_SEM, id, &entry);
	else
		r = nr_ids_at(sem->ids, NR_SYSV_SEM, id, &entry);
	if (r == 0 && command != SEM_STAT_ANY)
		r = nr_ids_permit(&entry, 0444);
	if (r == 0) {
		nr_ids_settle(sem->ids, NR_SYSV_SEM, entry.id);
		r = fill(sem, &entry, buffer);
	}
	return r < 0 ? r : command == IPC_STAT ? 0 : entry.id;
}

static int info(struct nr_sem *sem, int command, void *buffer)
{
	const struct nr_ids *ids = sem->ids;
	struct seminfo info = {
		.semmni = (int)nr_ids_limit(ids, NR_SYSV_SEMMNI),
		.semmns = (int)nr_ids_limit(ids, NR_SYSV_SEMMNS),
		.semmsl = (int)nr_ids_limit(ids, NR_SYSV_SEMMSL),
		.semopm = (int)nr_ids_limit(ids, NR_SYSV_SEMOPM),
		.semvmx = NR_SET_VALUE_MAX,
		.semusz = UNDO_SIZE,
		.semaem = ADJUST_MAX,
	};
	struct nr_ids_usage usage;
	int r = nr_ids_usage(sem->ids, NR_SYSV_SEM, &usage);

	if (r < 0)
		return r;
	info.semmnu = info.semmap = info.semmns;
	info.semume = info.semopm;
	if (command == SEM_INFO) {
		info.semusz = (int)usage.used;
		info.semaem = (int)usage.total;
	}
	r = nr_memory_give(buffer, &info, sizeof(info));
	return r < 0 ? r : usage.last < 0 ? 0 : usage.last;
}

struct change {
	struct nr_sem *sem;
	const struct semid_ds *wanted;
};

static int change(void *data, struct nr_ids_entry *entry)
{
	const struct change *change = data;
	int r = nr_ids_own(entry);

	if (r == 0)
		r = nr_perm_update(entry, &change->wanted->sem_perm);
	if (r < 0)
		return r;
	nr_ids_unsettle(change->sem->ids, NR_SYSV_SEM, entry->id);
	/* dies here: nr_ids_settle() */
	return nr_apply(change->sem->ids, NR_SYSV_SEM, entry);
}

static int set_owner(struct nr_sem *sem, int id, const struct semid_ds *buffer)
{
	struct semid_ds wanted;
	struct change data = {sem, &wanted};
	int r = nr_memory_readable(buffer, sizeof(*buffer));

	if (r < 0)
		return r;
	memcpy(&wanted, buffer, sizeof(wanted));
	return nr_ids_change(sem->ids, NR_SYSV_SEM, id, change, &data);
}

static int remove_set(struct nr_sem *sem, int id)
{
	char name[NR_IDS_NAME_MAX];
	struct nr_set *set;
	int opened, r;

	nr_ids_name(NR_SYSV_SEM, id, name);
	opened = nr_set_open(sem->ids->space, name, NULL, NULL, &set);
	r = nr_ids_remove(sem->ids, NR_SYSV_SEM, id, nr_perm_allow_removal, NULL);
	if (r >= 0) {
		/* dies here: who sleeps hears of the death, and looks at the entry */
		if (opened == 0)
			nr_set_end(set);
		/* dies here: the file is replaced when its identifier is given again */
		(void)nr_object_remove(sem->ids->space, name);
	}
	if (opened == 0)
		nr_set_close(set);
	return r < 0 ? r : 0;
}

static int ask(struct nr_sem *sem, int id, int number, int command)
{
	struct nr_visit visit;
	struct nr_set *set;
	int r = enter(sem, id, NR_SLOT_READ, &visit, &set);

	if (r < 0)
		return r;
	switch (command) {
	case GETVAL:
		r = nr_set_value(set, (uint32_t)number);
		break;
	case GETPID:
		r = nr_set_pid(set, (uint32_t)number);
		break;
	default:
		r = nr_set_count_sleepers(set, (uint32_t)number, command == GETZCNT);
	}
	nr_slot_leave(&visit);
	return r;
}

static int set_value(struct nr_sem *sem, int id, int number, int value)
{
	struct nr_visit visit;
	struct nr_ids_entry entry;
	struct nr_set *set = NULL;
	int r;

	if (value < 0 || value > NR_SET_VALUE_MAX)
		return -ERANGE;
	/* Linux says first that there is no such semaphore, then that it is not permitted
	 */
	r = nr_ids_find(sem->ids, NR_SYSV_SEM, id, &entry);
	if (r == 0 && (number < 0 || (uint64_t)number >= entry.size))
		r = -EINVAL;
	if (r == 0)
		r = enter(sem, id, NR_SLOT_WRITE, &visit, &set);
	if (r < 0)
		return r;
	r = nr_set_set_value(set, (uint32_t)number, value);
	nr_slot_leave(&visit);
	return r;
}

static int exchange_values(struct nr_set *set, uint16_t *values, size_t size, int command,
			   unsigned short *array)
{
	int r;

	if (command == GETALL) {
		r = nr_set_values(set, values);
		return r < 0 ? r : nr_memory_give(array, values, size);
	}
	r = nr_memory_readable(array, size);
	if (r < 0)
		return r;
	memcpy(values, array, size);
	return nr_set_set_values(set, values);
}

static int all_values(struct nr_sem *sem, int id, int command, unsigned short *array)
{
	struct nr_visit visit;
	struct nr_set *set;
	uint16_t *values;
	size_t size;
	int r = enter(sem, id, command == SETALL ? NR_SLOT_WRITE : NR_SLOT_READ, &visit,
		      &set);

	if (r < 0)
		return r;
	size = nr_set_size(set) * sizeof(*values);
	values = malloc(size);
	r = values ? exchange_values(set, values, size, command, array) : -ENOMEM;
	free(values);
	nr_slot_leave(&visit);
	return r;
}

int nr_sem_control(struct nr_sem *sem, int id, int number, int command,
		   union nr_sem_argument argument)
{
	if (id < 0)
		return -EINVAL;
	switch (command) {
	case IPC_INFO:
	case SEM_INFO:
		return info(sem, command, argument.info);
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		return stat_one(sem, id, command, argument.buffer);
	case IPC_SET:
		return set_owner(sem, id, argument.buffer);
	case IPC_RMID:
		return remove_set(sem, id);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return ask(sem, id, number, command);
	case SETVAL:
		return set_value(sem, id, number, argument.value);
	case GETALL:
	case SETALL:
		return all_values(sem, id, command, argument.array);
	default:
		return -EINVAL;
	}
}
