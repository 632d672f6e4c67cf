/* SPDX-License-Identifier: MIT */

#include <sysv/sem.h>

#include <errno.h>
#include <space/object.h>
#include <stdlib.h>
#include <string.h>
#include <sysv/apply.h>
#include <sysv/memory.h>
#include <sysv/msg.h>
#include <sysv/set-at-once.h>

static_assert(sizeof(struct sembuf) == sizeof(struct nr_operation_shared) &&
		      offsetof(struct sembuf, sem_num) ==
			      offsetof(struct nr_operation_shared, number) &&
		      offsetof(struct sembuf, sem_op) ==
			      offsetof(struct nr_operation_shared, add) &&
		      offsetof(struct sembuf, sem_flg) ==
			      offsetof(struct nr_operation_shared, flags),
	      "as in libc");

struct nr_sem *_Atomic nr_sem_default_one;

static bool is_gone(void *data)
{
	const struct nr_sem_object *object = data;
	const struct nr_sysv_entry_shared *entry =
		nr_ids_place(object->ids, NR_SYSV_SEM, object->id);

	return !nr_ids_is(nr_load_acquire(&entry->word), object->id);
}

static int open_set(struct nr_ids *ids, int id, void **ret_object)
{
	struct nr_sem_object *object = malloc(sizeof(*object));
	char name[NR_IDS_NAME_MAX];
	int r;

	if (!object)
		return -ENOMEM;
	object->ids = ids;
	object->id = id;
	nr_ids_settle(ids, NR_SYSV_SEM, id);
	nr_ids_name(NR_SYSV_SEM, id, name);
	r = nr_set_open(ids->space, name, is_gone, object, &object->set);
	if (r < 0) {
		free(object);
		return r;
	}
	*ret_object = object;
	return 0;
}

static void close_set(void *data)
{
	struct nr_sem_object *object = data;

	nr_set_close(object->set);
	free(object);
}

int nr_sem_open(struct nr_ids *ids, struct nr_sem *ret_sem)
{
	*ret_sem = (struct nr_sem){
		.ids = ids,
		.slots = {.kind = NR_SYSV_SEM,
			  .ids = ids,
			  .open = open_set,
			  .close = close_set},
	};
	return nr_slots_init(&ret_sem->slots);
}

void nr_sem_close(struct nr_sem *sem)
{
	nr_slots_close(&sem->slots);
}

int nr_sem_default_slowly(struct nr_sem **ret_sem)
{
	struct nr_sem *sem, *none = NULL;
	struct nr_ids *ids;
	int r = nr_ids_default(&ids);

	if (r < 0)
		return r;
	sem = malloc(sizeof(*sem));
	if (!sem)
		return -ENOMEM;
	r = nr_sem_open(ids, sem);
	if (r < 0) {
		free(sem);
		return r;
	}
	/* [opened] what the first one made of it is visible to the others */
	if (!nr_swap_if(&nr_sem_default_one, &none, sem)) {
		nr_sem_close(sem);
		free(sem);
		sem = nr_load_acquire(&nr_sem_default_one); /* [opened] */
	}
	*ret_sem = sem;
	return 0;
}

static int make_set(struct nr_ids *ids, const struct nr_ids_entry *entry, void *data)
{
	char name[NR_IDS_NAME_MAX];
	int r = -EEXIST;

	(void)data;
	nr_ids_name(NR_SYSV_SEM, entry->id, name);
	for (int i = 0; r == -EEXIST && i < 2; i++) {
		r = nr_set_create(ids->space, name, (uint32_t)entry->size,
				  nr_apply_mode(NR_SYSV_SEM, entry->mode), (uid_t)-1,
				  entry->gid);
		/* A dead process's rest. */
		if (r == -EEXIST && i == 0)
			(void)nr_object_remove(ids->space, name);
	}
	return r == -ENOSPC || r == -EFBIG ? -ENOMEM : r;
}

static int check_size(const struct nr_ids_get *get, const struct nr_ids_entry *entry)
{
	return get->size > entry->size ? -EINVAL : 0;
}

/* Linux asks only here whether there is to be a semaphore at all. */
static int make_some(struct nr_ids *ids, const struct nr_ids_entry *entry, void *data)
{
	return entry->size == 0 ? -EINVAL : make_set(ids, entry, data);
}

int nr_sem_get(struct nr_sem *sem, key_t key, int semaphores, int flags)
{
	const struct nr_ids_get get = {
		.key = (uint32_t)key,
		.flags = flags,
		.size = (uint64_t)semaphores,
		.check = check_size,
		.make = make_some,
	};

	if (semaphores < 0 ||
	    (uint64_t)semaphores > nr_ids_limit(sem->ids, NR_SYSV_SEMMSL) ||
	    (uint64_t)semaphores > NR_SET_MOST)
		return -EINVAL;
	return nr_ids_get(sem->ids, NR_SYSV_SEM, &get);
}

static int read_timeout(const struct timespec *timeout, struct nr_set_time *ret_time)
{
	if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
		return -EINVAL;
	ret_time->limited = true;
	ret_time->ns = (uint64_t)timeout->tv_nsec;
	if ((uint64_t)timeout->tv_sec > UINT64_MAX / 2000000000)
		ret_time->ns = UINT64_MAX;
	else
		ret_time->ns += (uint64_t)timeout->tv_sec * 1000000000;
	return 0;
}

/* Linux says first that there is no such semaphore, then that it is not permitted. */
static int why_not(struct nr_sem *sem, int id,
		   const struct nr_operation_shared *operations, size_t count, int r)
{
	struct nr_ids_entry entry;

	if (r != -EACCES || nr_ids_find(sem->ids, NR_SYSV_SEM, id, &entry) < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (operations[i].number >= entry.size)
			return -EFBIG;
	return r;
}

/* @operations: a copy of our own. */
static int operate(struct nr_sem *sem, int id,
		   const struct nr_operation_shared *operations, size_t count,
		   const struct nr_set_time *time)
{
	const struct nr_sem_object *object;
	int access = NR_SLOT_READ, r;
	struct nr_visit visit;

	for (size_t i = 0; i < count; i++)
		if (operations[i].add != 0)
			access = NR_SLOT_WRITE;
	r = nr_slot_enter(&sem->slots, id, access, &visit);
	if (__builtin_expect(r < 0, 0))
		return why_not(sem, id, operations, count, r);
	object = visit.object;
	r = nr_set_operate(object->set, operations, (uint32_t)count, time);
	nr_slot_leave(&visit);
	return r;
}

static int operate_many(struct nr_sem *sem, int id, const struct sembuf *operations,
			size_t count, const struct nr_set_time *time)
{
	struct nr_operation_shared copy[NR_SET_OPERATIONS];

	memcpy(copy, operations, count * sizeof(*copy));
	return operate(sem, id, copy, count, time);
}

int nr_sem_operate(struct nr_sem *sem, int id, const struct sembuf *operations,
		   size_t count, const struct timespec *timeout)
{
	struct nr_set_time time = {.limited = false};
	struct nr_operation_shared one;
	int r = 0;

	if (timeout)
		r = nr_memory_readable(timeout, sizeof(*timeout));
	if (r < 0)
		return r;
	if (count != 1 &&
	    (count > nr_ids_limit(sem->ids, NR_SYSV_SEMOPM) || count > NR_SET_OPERATIONS))
		return -E2BIG;
	if (count < 1)
		return -EINVAL;
	r = nr_memory_readable(operations, count * sizeof(*operations));
	if (r == 0 && id < 0)
		r = -EINVAL;
	if (r == 0 && timeout)
		r = read_timeout(timeout, &time);
	if (__builtin_expect(r < 0, 0))
		return r;
	if (count > 1)
		return operate_many(sem, id, operations, count, timeout ? &time : NULL);
	memcpy(&one, operations, sizeof(one));
	return operate(sem, id, &one, 1, timeout ? &time : NULL);
}

bool nr_sem_operate_at_once(struct nr_sem *sem, int id, const struct sembuf *operation)
{
	const struct nr_sem_object *object;
	struct nr_operation_shared one;
	struct nr_visit visit;
	bool done;

	if (id < 0 || !nr_memory_is_readable(operation, sizeof(*operation)))
		return false;
	memcpy(&one, operation, sizeof(one));
	if (one.flags & SEM_UNDO)
		return false;
	if (!nr_slot_enter_at_once(&sem->slots, id,
				   one.add != 0 ? NR_SLOT_WRITE : NR_SLOT_READ, &visit))
		return false;
	object = visit.object;
	done = nr_set_operate_at_once(object->set, &one);
	nr_slot_leave(&visit);
	return done;
}
