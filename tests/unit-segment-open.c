/* SPDX-License-Identifier: MIT */

/* Create, open, remove, set; and what is refused. */

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int create_as(struct room *room, const char *name,
		     const struct naru_segment_options *options)
{
	struct naru_segment *segment = NULL;
	int r = naru_segment_create(room->space, name, options, &segment);

	assert_true(r < 0 ? !segment : segment != NULL);
	naru_segment_close(segment);
	return r;
}

static void test_create_and_open(void **state)
{
	struct room *room = *state;
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_CREATE, .length = 5000, .mode = 0640);
	struct naru_segment *segment = NULL, *again = NULL;
	struct naru_segment_stat stat;
	char *bytes;

	assert_int_equal(naru_segment_open(room->space, "s", NULL, &segment), -ENOENT);
	assert_int_equal(naru_segment_open(room->space, "s", &options, &segment), 0);
	assert_int_equal(naru_segment_create(room->space, "s", &options, &again),
			 -EEXIST);
	assert_null(again);
	stat = segment_stat(segment);
	assert_int_equal(stat.length, 5000);
	assert_int_equal(stat.mode, 0640);
	assert_int_equal(stat.uid, geteuid());
	assert_int_equal(stat.creator, getpid());
	assert_int_equal(stat.last_attacher, 0);
	assert_true(stat.created > 0 && stat.changed == stat.created);
	assert_true(stat.memory >= 5000 + 4096);
	bytes = segment_attach(segment, 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(bytes[i], 0);
	strcpy(bytes, "hello");
	assert_int_equal(naru_segment_detach(bytes), 0);
	naru_segment_close(segment);

	/* With other options it is the same one. */
	options.length = 9;
	assert_int_equal(naru_segment_open(room->space, "s", &options, &segment), 0);
	bytes = segment_attach(segment, 0);
	assert_string_equal(bytes, "hello");
	stat = segment_stat(segment);
	assert_int_equal(stat.length, 5000);
	assert_int_equal(stat.last_attacher, getpid());
	assert_int_equal(stat.last_detacher, getpid());
	assert_true(stat.last_attach >= stat.last_detach);
	naru_segment_close(segment);
	assert_null(naru_segment_close(NULL));
}

static void test_refused(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = NULL;
	struct naru_segment_options none = NARU_INIT(none, .length = 0);
	struct naru_segment_options large = NARU_INIT(large, .length = UINT64_MAX);
	struct naru_segment_options latest =
		NARU_INIT(latest, .length = 1, .latest = UINT64_MAX);
	struct naru_segment_options mode = NARU_INIT(mode, .length = 1, .mode = 01600);
	struct naru_segment_options flags =
		NARU_INIT(flags, .length = 1, .flags = 1u << 16);

	assert_int_equal(create_as(room, "s", NULL), -EINVAL);
	assert_int_equal(create_as(room, "s", &none), -EINVAL);
	assert_int_equal(create_as(room, "s", &large), -EINVAL);
	assert_int_equal(create_as(room, "s", &latest), -EINVAL);
	assert_int_equal(create_as(room, "s", &mode), -EINVAL);
	assert_int_equal(create_as(room, "s", &flags), -EINVAL);
	flags.flags = NARU_READ_ONLY;
	assert_int_equal(create_as(room, "s", &flags), -EINVAL);
	flags.flags |= NARU_CREATE;
	assert_int_equal(naru_segment_open(room->space, "s", &flags, &segment), -EINVAL);
	none.length = 1;
	assert_int_equal(create_as(room, ".s", &none), -EINVAL);
	assert_int_equal(create_as(room, "", &none), -EINVAL);
	assert_int_equal(create_as(room, "a/b", &none), -EINVAL);
	none.size = 0;
	assert_int_equal(create_as(room, "s", &none), -EINVAL);
}

static void test_other_kinds(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = NULL;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);

	assert_int_equal(naru_segment_open(room->space, "q", NULL, &segment), -EBADMSG);
	assert_int_equal(naru_segment_remove(room->space, "q"), -EBADMSG);
	naru_queue_close(queue);
	naru_segment_close(segment_create(room, "s", 1));
	assert_int_equal(naru_queue_open(room->space, "s", NULL, &queue), -EBADMSG);
	assert_int_equal(naru_segment_remove(room->space, "s"), 0);
	assert_int_equal(naru_segment_remove(room->space, "s"), -ENOENT);
}

static int tell_kind(void *data, const struct naru_entry *entry)
{
	*(enum naru_kind *)data = entry->kind;
	return 0;
}

static void test_listed(void **state)
{
	struct room *room = *state;
	enum naru_kind kind = NARU_KIND_UNKNOWN;

	naru_segment_close(segment_create(room, "s", 1));
	assert_int_equal(naru_space_list(room->space, tell_kind, &kind), 0);
	assert_int_equal(kind, NARU_KIND_SEGMENT);
}

static void test_read_only(void **state)
{
	struct room *room = *state;
	struct naru_segment *writer = segment_create(room, "s", 100);
	struct naru_segment *reader = segment_open(room, "s", NARU_READ_ONLY);
	const char *by_handle, *by_flag;
	char *bytes = segment_attach(writer, 0);
	struct naru_segment_options longer = NARU_INIT(longer, .length = 200);
	void *address;

	by_handle = segment_attach(reader, 0);
	by_flag = segment_attach(writer, NARU_READ_ONLY);
	bytes[99] = 'x';
	assert_int_equal(by_handle[99], 'x');
	assert_int_equal(by_flag[99], 'x');
	assert_int_equal(segment_count(reader), 3);
	/* Nor can it be made writable afterwards. */
	address = (void *)(uintptr_t)by_handle;
	assert_true(mprotect(address, 100, PROT_READ | PROT_WRITE) < 0);
	address = (void *)(uintptr_t)by_flag;
	assert_true(mprotect(address, 100, PROT_READ | PROT_WRITE) < 0);
	assert_int_equal(naru_segment_lock(reader, 0), -EACCES);
	assert_int_equal(naru_segment_notify(reader), -EACCES);
	assert_int_equal(naru_segment_write_latest(reader, "x", 1), -EACCES);
	assert_int_equal(naru_segment_set(reader, &longer), -EACCES);
	assert_int_equal(naru_segment_detach(address), 0);
	naru_segment_close(reader);
	naru_segment_close(writer);
}

static void test_at_an_address(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_create(room, "s", 10000);
	size_t length = 0;
	void *wanted, *address = NULL;
	char *free_place =
		mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(free_place, MAP_FAILED);
	munmap(free_place, 1 << 20);
	wanted = free_place + 8192;
	assert_int_equal(naru_segment_attach(segment, wanted, 0, &address, &length), 0);
	assert_ptr_equal(address, wanted);
	assert_int_equal(length, 10000);
	assert_int_equal(naru_segment_attach(segment, wanted, 0, &address, NULL),
			 -EEXIST);
	assert_int_equal(naru_segment_attach(segment, free_place + 1, 0, &address, NULL),
			 -EINVAL);
	assert_int_equal(naru_segment_attach(segment, NULL, 2, &address, NULL), -EINVAL);
	assert_int_equal(segment_count(segment), 1);
	assert_int_equal(naru_segment_detach(wanted), 0);
	assert_int_equal(naru_segment_detach(NULL), -EINVAL);
	naru_segment_close(segment);
}

static void test_grow(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_create(room, "s", 10000);
	char *place = mmap(NULL, 1 << 22, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct naru_segment_options options = NARU_INIT(options, .length = 1 << 20);
	size_t length = 0;
	void *address = NULL;
	char *bytes, *again;

	munmap(place, 1 << 22);
	assert_int_equal(naru_segment_attach(segment, place, 0, &address, NULL), 0);
	bytes = address;
	memset(bytes, 'o', 10000);
	assert_int_equal(naru_segment_extend(bytes, &length), 0);
	assert_int_equal(length, 10000);
	assert_int_equal(naru_segment_set(segment, &options), 0);
	assert_int_equal(segment_stat(segment).length, 1 << 20);
	assert_true(segment_stat(segment).memory >= 1 << 20);
	again = segment_attach(segment, 0);
	again[(1 << 20) - 1] = 'n';
	assert_int_equal(again[10000], 0);
	assert_int_equal(bytes[9999], 'o');
	assert_int_equal(naru_segment_extend(bytes, &length), 0);
	assert_int_equal(length, 1 << 20);
	assert_int_equal(bytes[(1 << 20) - 1], 'n');
	assert_int_equal(segment_count(segment), 2);
	options.length = 4096;
	assert_int_equal(naru_segment_set(segment, &options), -EINVAL);
	options.length = 1 << 20;
	assert_int_equal(naru_segment_set(segment, &options), 0);
	options.latest = 1;
	assert_int_equal(naru_segment_set(segment, &options), -EINVAL);

	/* Something lies behind it. */
	options = (struct naru_segment_options)NARU_INIT(options, .length = 1 << 21);
	assert_int_equal(naru_segment_set(segment, &options), 0);
	assert_ptr_equal(mmap(place + (1 << 20), 4096, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 place + (1 << 20));
	assert_int_equal(naru_segment_extend(bytes, &length), -ENOMEM);
	assert_int_equal(naru_segment_extend(&length, &length), -EINVAL);
	assert_int_equal(naru_segment_detach(bytes), 0);
	assert_int_equal(naru_segment_detach(again), 0);
	naru_segment_close(segment);
}

/* What has its name by now is another one. */
static void test_replaced(void **state)
{
	struct room *room = *state;
	struct naru_segment *old = segment_create(room, "s", 5000), *next;
	char *bytes = segment_attach(old, 0);

	strcpy(bytes, "old");
	assert_int_equal(naru_segment_remove(room->space, "s"), 0);
	next = segment_create(room, "s", 9000);
	assert_int_equal(naru_segment_detach(bytes), 0);
	bytes = segment_attach(old, 0);
	assert_string_equal(bytes, "old");
	assert_int_equal(segment_count(old), 1);
	assert_int_equal(segment_count(next), 0);
	assert_int_equal(naru_segment_detach(bytes), 0);
	naru_segment_close(next);
	naru_segment_close(old);
}

static void test_mode(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_SET_GROUP, .mode = 0444, .group = 4711);

	if (geteuid() != 0)
		options.group = getegid();
	assert_int_equal(naru_segment_set(segment, &options), 0);
	assert_int_equal(segment_stat(segment).mode, 0444);
	assert_int_equal(segment_stat(segment).gid, options.group);
	naru_segment_close(segment);
}

static void test_huge_pages(void **state)
{
	struct room *room = *state;
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_HUGE_PAGES, .length = (4 << 20) - 1);
	struct naru_segment *segment = NULL;
	int r = naru_segment_create(room->space, "s", &options, &segment);
	char *bytes;
	void *address;

	if (r == -EOPNOTSUPP || r == -ENOMEM)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(segment_stat(segment).length, 4 << 20);
	assert_int_equal(segment_stat(segment).huge, 1);
	bytes = segment_attach(segment, 0);
	assert_int_equal((uintptr_t)bytes % (2 << 20), 0);
	memset(bytes, 'x', 4 << 20);
	assert_int_equal(naru_segment_attach(segment, bytes + 4096, 0, &address, NULL),
			 -EINVAL);
	options = (struct naru_segment_options)NARU_INIT(options, .length = 8 << 20);
	assert_int_equal(naru_segment_set(segment, &options), -EOPNOTSUPP);
	assert_int_equal(naru_segment_detach(bytes), 0);
	naru_segment_close(segment);
}

/* Child, as its mounts are its own: a file system of 1 MiB. */
static int in_a_small_space(void *data)
{
	struct naru_segment_options options = NARU_INIT(options, .length = 8 << 20);
	struct naru_segment *segment = NULL;
	struct room *room;
	uint64_t memory;
	char *bytes;

	must_be(mount("tmpfs", data, "tmpfs", 0, "size=1m"), 0);
	room = room_open_at(data);
	must_be(naru_segment_create(room->space, "s", &options, &segment), -ENOSPC);
	must_be(naru_segment_open(room->space, "s", NULL, &segment), -ENOENT);
	options.length = 600 << 10;
	must_be(naru_segment_create(room->space, "s", &options, &segment), 0);
	bytes = segment_attach(segment, 0);
	memset(bytes, 'x', options.length); /* no SIGBUS */
	memory = segment_stat(segment).memory;
	options.length = 4 << 20;
	must_be(naru_segment_set(segment, &options), -ENOSPC);
	must_be(segment_stat(segment).memory, memory);
	must_be(segment_stat(segment).length, 600 << 10);
	options.length = 800 << 10;
	must_be(naru_segment_set(segment, &options), 0);
	memset(segment_attach(segment, 0), 'y', options.length);
	naru_segment_close(segment);
	return 0;
}

static int with_mounts(void *data)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return CHILD_SKIPPED;
	return in_a_small_space(data);
}

static void test_no_space(void **state)
{
	struct room *room = *state;
	char path[sizeof(room->path) + 8];
	int status;

	snprintf(path, sizeof(path), "%s/.small", room->path);
	assert_int_equal(mkdir(path, 0700), 0);
	status = child_run(with_mounts, path);
	assert_int_equal(rmdir(path), 0);
	if (status == CHILD_SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_room(test_create_and_open),
		in_a_room(test_refused),
		in_a_room(test_other_kinds),
		in_a_room(test_listed),
		in_a_room(test_read_only),
		in_a_room(test_at_an_address),
		in_a_room(test_grow),
		in_a_room(test_replaced),
		in_a_room(test_mode),
		in_a_room(test_huge_pages),
		in_a_room(test_no_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
