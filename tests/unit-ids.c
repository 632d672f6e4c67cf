/* SPDX-License-Identifier: MIT */

/* The System V identifiers of a space: found, made, changed, removed. */

#include <support/child.h>
#include <support/place.h>
#include <sys/ipc.h>
#include <sysv/ids.h>
#include <unistd.h>

static struct nr_ids ids;
static int made;

static int open_ids(void **state)
{
	struct room *room;

	room_set_up(state);
	room = *state;
	must_be(nr_ids_open(room->space, &ids), 0);
	made = 0;
	return 0;
}

static int close_ids(void **state)
{
	nr_ids_close(&ids);
	return room_tear_down(state);
}

#define with_ids(test) cmocka_unit_test_setup_teardown(test, open_ids, close_ids)

static int make_nothing(struct nr_ids *of, const struct nr_ids_entry *entry, void *data)
{
	must(of == &ids && entry->id >= 0);
	made++;
	return data ? *(int *)data : 0;
}

static int is_large_enough(const struct nr_ids_get *get, const struct nr_ids_entry *entry)
{
	return get->size > entry->size ? -EINVAL : 0;
}

static int get_sized(uint32_t key, int flags, uint64_t size)
{
	struct nr_ids_get get = {
		.key = key,
		.flags = flags,
		.size = size,
		.check = is_large_enough,
		.make = make_nothing,
	};

	return nr_ids_get(&ids, NR_SYSV_SHM, &get);
}

static int get(uint32_t key, int flags)
{
	return get_sized(key, flags, 100);
}

static int free_it(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	return nr_ids_own(entry) < 0 ? -EPERM : NR_SYSV_FREE;
}

static int keep_it(void *data, const struct nr_ids_entry *entry)
{
	(void)data;
	(void)entry;
	return NR_SYSV_DEST;
}

static int remove_id(int id)
{
	return nr_ids_remove(&ids, NR_SYSV_SHM, id, free_it, NULL);
}

static void test_a_key_is_one_object(void **state)
{
	struct nr_ids_entry entry;
	int id;

	(void)state;
	assert_int_equal(get(7, 0600), -ENOENT);
	id = get(7, IPC_CREAT | 0640);
	assert_int_equal(id, 0);
	assert_int_equal(get(7, IPC_CREAT | 0640), id);
	assert_int_equal(get(7, 0), id);
	assert_int_equal(get(7, IPC_CREAT | IPC_EXCL | 0640), -EEXIST);
	assert_int_equal(get(8, IPC_CREAT | 0600), 1);
	assert_int_equal(get_sized(7, 0, 101), -EINVAL);
	assert_int_equal(made, 2);

	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), 0);
	assert_int_equal(entry.id, id);
	assert_int_equal(entry.key, 7);
	assert_int_equal(entry.mode, 0640);
	assert_int_equal(entry.uid, geteuid());
	assert_int_equal(entry.cgid, getegid());
	assert_int_equal(entry.size, 100);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_MSG, id, &entry), -EINVAL);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, -1, &entry), -EINVAL);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, 2, &entry), -EINVAL);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, 32767, &entry), -EINVAL);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, INT32_MAX, &entry), -EINVAL);
}

static void test_private_ones_are_never_found(void **state)
{
	int first = get(IPC_PRIVATE, 0600), second = get(IPC_PRIVATE, 0600);

	(void)state;
	assert_true(first >= 0 && second >= 0 && first != second);
}

static void test_a_stale_identifier_is_invalid(void **state)
{
	struct nr_ids_entry entry;
	int id = get(7, IPC_CREAT | 0600), next;

	(void)state;
	assert_int_equal(remove_id(id), NR_SYSV_FREE);
	assert_int_equal(remove_id(id), -EINVAL);
	assert_int_equal(get(7, 0), -ENOENT);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), -EINVAL);
	next = get(7, IPC_CREAT | 0600);
	assert_int_equal(next, id + (int)NR_SYSV_ENTRIES);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), -EINVAL);
	assert_int_equal(nr_ids_at(&ids, NR_SYSV_SHM, 0, &entry), 0);
	assert_int_equal(entry.id, next);
	/* Of all sequences, too. */
	for (int i = 0; i < 0x10000; i++) {
		must_be(remove_id(next), NR_SYSV_FREE);
		next = get(7, IPC_CREAT | 0600);
		must(next >= 0 && next % (int)NR_SYSV_ENTRIES == 0);
	}
}

static void test_what_is_still_used_has_no_key(void **state)
{
	struct nr_ids_entry entry;
	int id = get(7, IPC_CREAT | 0600);

	(void)state;
	assert_int_equal(nr_ids_remove(&ids, NR_SYSV_SHM, id, keep_it, NULL),
			 NR_SYSV_DEST);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), 0);
	assert_int_equal(NR_SYSV_STATE(entry.word), NR_SYSV_DEST);
	assert_int_equal(entry.key, IPC_PRIVATE);
	assert_int_equal(get(7, 0), -ENOENT);
	assert_int_equal(get(7, IPC_CREAT | 0600), 1);
	assert_int_equal(remove_id(id), NR_SYSV_FREE);
}

static void assert_usage(int last, uint32_t used, uint64_t total)
{
	struct nr_ids_usage usage;

	assert_int_equal(nr_ids_usage(&ids, NR_SYSV_SHM, &usage), 0);
	assert_int_equal(usage.last, last);
	assert_int_equal(usage.used, used);
	assert_int_equal(usage.total, total);
}

static void test_many(void **state)
{
	(void)state;
	assert_usage(-1, 0, 0);
	for (int i = 0; i < 3000; i++)
		must_be(get_sized((uint32_t)i + 1, IPC_CREAT | 0600, 4097), i);
	assert_usage(2999, 3000, 6000);
	for (int i = 0; i < 3000; i++)
		must_be(get((uint32_t)i + 1, 0), i);
	for (int i = 0; i < 3000; i += 2)
		must_be(remove_id(i), NR_SYSV_FREE);
	assert_usage(2999, 1500, 3000);
	must_be(remove_id(2999), NR_SYSV_FREE);
	assert_usage(2997, 1499, 2998);
	/* The lowest places are used again. */
	assert_int_equal(get(IPC_PRIVATE, 0600) % (int)NR_SYSV_ENTRIES, 0);
	assert_int_equal(get(IPC_PRIVATE, 0600) % (int)NR_SYSV_ENTRIES, 2);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(nr_ids_set_limit(&ids, NR_SYSV_SHMMNI, 32769), -EINVAL);
	assert_int_equal(nr_ids_set_limit(&ids, NR_SYSV_SHMMNI, 2), 0);
	assert_true(get(1, IPC_CREAT) >= 0 && get(2, IPC_CREAT) >= 0);
	assert_int_equal(get(3, IPC_CREAT), -ENOSPC);
	assert_int_equal(nr_ids_set_limit(&ids, NR_SYSV_SHMMNI, 3), 0);
	assert_int_equal(nr_ids_set_limit(&ids, NR_SYSV_SHMALL, 3), 0);
	assert_int_equal(get_sized(3, IPC_CREAT, 4097), -ENOSPC);
	assert_true(get_sized(3, IPC_CREAT, 4096) >= 0);
}

static void test_what_cannot_be_made_is_not_there(void **state)
{
	int error = -ENOMEM;
	struct nr_ids_get fails = {
		.key = 7, .flags = IPC_CREAT, .make = make_nothing, .data = &error};

	(void)state;
	assert_int_equal(nr_ids_get(&ids, NR_SYSV_SHM, &fails), -ENOMEM);
	assert_int_equal(get(7, 0), -ENOENT);
	assert_usage(-1, 0, 0);
}

static int change_mode(void *data, struct nr_ids_entry *entry)
{
	entry->mode = *(uint32_t *)data;
	entry->size++;
	return 5;
}

static void test_a_change_is_seen_as_one(void **state)
{
	struct nr_ids_entry before, after;
	uint32_t mode = 0123;
	int id = get(7, IPC_CREAT | 0600);

	(void)state;
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &before), 0);
	assert_int_equal(nr_ids_change(&ids, NR_SYSV_SHM, id, change_mode, &mode), 5);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &after), 0);
	assert_int_equal(after.mode, mode);
	assert_int_equal(after.size, before.size + 1);
	assert_int_equal(after.key, 7);
	assert_true(after.word != before.word);
	assert_int_equal(nr_ids_change(&ids, NR_SYSV_SHM, id + 1, change_mode, &mode),
			 -EINVAL);
}

/* Each process adds to one entry, and makes and removes others. */
static int be_busy(void *data)
{
	uint32_t mode = 0600;

	for (int i = 0; i < 2000; i++) {
		int id = get(IPC_PRIVATE, 0600);
		struct nr_ids_entry entry;

		must(id > 0);
		must_be(nr_ids_change(&ids, NR_SYSV_SHM, *(int *)data, change_mode,
				      &mode),
			5);
		must_be(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), 0);
		must_be(remove_id(id), NR_SYSV_FREE);
	}
	return 0;
}

static void test_many_processes(void **state)
{
	struct nr_ids_entry entry;
	int id = get_sized(7, IPC_CREAT | 0600, 0);

	(void)state;
	for (int i = 0; i < 3; i++)
		child_start(be_busy, &id);
	assert_int_equal(child_await_all(3), 0);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, id, &entry), 0);
	assert_int_equal(entry.size, 6000);
	assert_usage(0, 1, 2);
}

/* Dies with the lock held, in the middle of making one. */
static int die_making(struct nr_ids *of, const struct nr_ids_entry *entry, void *data)
{
	(void)of;
	(void)entry;
	(void)data;
	_exit(3);
}

static int be_killed(void *data)
{
	const struct nr_ids_get dies = {
		.key = 7, .flags = IPC_CREAT | 0600, .make = die_making};

	(void)data;
	return nr_ids_get(&ids, NR_SYSV_SHM, &dies);
}

static void test_a_death_holds_nobody_up(void **state)
{
	(void)state;
	assert_int_equal(get(6, IPC_CREAT | 0600), 0);
	assert_int_equal(child_run(be_killed, NULL), 3);
	assert_int_equal(get(7, 0600), -ENOENT);
	assert_int_equal(get(7, IPC_CREAT | 0600), 1);
	assert_usage(1, 2, 2);
}

static blkcnt_t blocks_of(struct room *room)
{
	struct stat stat;

	must(lstat(in(room, NR_SYSV_FILE), &stat) == 0);
	return stat.st_blocks;
}

/* Nobody looks at places that have no memory: on a full file system that is SIGBUS. */
static void test_what_has_no_memory_is_not_touched(void **state)
{
	struct room *room = *state;
	blkcnt_t blocks = blocks_of(room);
	struct nr_ids_entry entry;

	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, 0, &entry), -EINVAL);
	assert_int_equal(nr_ids_at(&ids, NR_SYSV_MSG, 0, &entry), -EINVAL);
	assert_int_equal(blocks_of(room), blocks);
	must_be(get(7, IPC_CREAT | 0600), 0);
	blocks = blocks_of(room);
	assert_int_equal(nr_ids_find(&ids, NR_SYSV_SHM, 32, &entry), -EINVAL);
	assert_int_equal(nr_ids_at(&ids, NR_SYSV_SHM, 32, &entry), -EINVAL);
	assert_int_equal(blocks_of(room), blocks);
}

static int be_bob(void *data)
{
	const int *id = data;

	become(BOB);
	must_be(get(1, 0600), -EACCES);
	must_be(get(1, 0), *id);
	must_be(get(2, 0004), *id + 1);
	must_be(get(2, 0002), -EACCES);
	must_be(remove_id(*id), -EPERM);
	return 0;
}

static int be_alice(void *data)
{
	become(ALICE);
	must_be(get(1, 0600), *(int *)data);
	must_be(remove_id(*(int *)data), NR_SYSV_FREE);
	return 0;
}

static int give_to_alice(void *data, struct nr_ids_entry *entry)
{
	(void)data;
	entry->uid = ALICE;
	return 0;
}

static void test_other_users(void **state)
{
	struct room *room = room_open_for(01777);
	int id;

	(void)state;
	need_root();
	nr_ids_close(&ids);
	must_be(nr_ids_open(room->space, &ids), 0);
	id = get(1, IPC_CREAT | 0600);
	assert_int_equal(get(2, IPC_CREAT | 0604), id + 1);
	assert_int_equal(nr_ids_change(&ids, NR_SYSV_SHM, id, give_to_alice, NULL), 0);
	assert_int_equal(child_run(be_bob, &id), 0);
	assert_int_equal(child_run(be_alice, &id), 0);
	room_close(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_ids(test_a_key_is_one_object),
		with_ids(test_private_ones_are_never_found),
		with_ids(test_a_stale_identifier_is_invalid),
		with_ids(test_what_is_still_used_has_no_key),
		with_ids(test_many),
		with_ids(test_limits),
		with_ids(test_what_cannot_be_made_is_not_there),
		with_ids(test_a_change_is_seen_as_one),
		with_ids(test_many_processes),
		with_ids(test_a_death_holds_nobody_up),
		with_ids(test_what_has_no_memory_is_not_touched),
		with_ids(test_other_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
