/* SPDX-License-Identifier: MIT */

/* What a space lists, counts, and what its check finds and puts right. */

#include <layout/object.h>
#include <sched.h>
#include <space/check.h>
#include <string.h>
#include <support/member.h>
#include <sys/file.h>
#include <sys/mount.h>

#define FOUND_MAX 16

struct found {
	int count;
	struct {
		enum naru_severity severity;
		char object[64]; /* empty: the space */
		char text[512];
		bool repaired;
	} finding[FOUND_MAX];
};

static void keep_finding(void *data, const struct naru_finding *finding)
{
	struct found *found = data;
	int i = found->count++;

	must(i < FOUND_MAX);
	must(!strchr(finding->text, '\n'));
	found->finding[i].severity = finding->severity;
	found->finding[i].repaired = finding->repaired;
	snprintf(found->finding[i].object, sizeof(found->finding[i].object), "%s",
		 finding->object ? finding->object : "");
	snprintf(found->finding[i].text, sizeof(found->finding[i].text), "%s",
		 finding->text);
}

/* A checker of queues, to which one of them is broken. */
static int check_queue(struct naru_space *space, const char *name, int flags,
		       void (*tell)(void *data, const struct naru_finding *finding),
		       void *data)
{
	const struct naru_finding finding = {NARU_SEVERITY_ERROR, name, "is broken",
					     flags != 0};

	(void)space;
	if (strcmp(name, "broken") == 0)
		tell(data, &finding);
	return strcmp(name, "fatal") == 0 ? -EIO : 0;
}

static const struct nr_object_checker checkers[] = {{NARU_KIND_QUEUE, check_queue}};

static int check(struct room *room, int flags, struct found *ret_found)
{
	memset(ret_found, 0, sizeof(*ret_found));
	return nr_space_check(room->space, flags, checkers, 1, NULL, keep_finding,
			      ret_found);
}

/* Exactly one finding, and that one. */
static void assert_found(const struct found *found, enum naru_severity severity,
			 const char *object, const char *text, bool repaired)
{
	assert_int_equal(found->count, 1);
	assert_int_equal(found->finding[0].severity, severity);
	assert_string_equal(found->finding[0].object, object);
	if (!strstr(found->finding[0].text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, found->finding[0].text);
	assert_int_equal(found->finding[0].repaired, repaired);
}

static void make_file(struct room *room, const char *name, uint64_t magic, size_t size)
{
	int fd = open(in(room, name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	must(fd >= 0 && write(fd, &magic, sizeof(magic)) == sizeof(magic));
	must(posix_fallocate(fd, 0, (off_t)size) == 0);
	close(fd);
}

struct listed {
	int count;
	uint64_t memory;
	enum naru_kind kind[3];
	int stop;
};

static int keep_entry(void *data, const struct naru_entry *entry)
{
	struct listed *listed = data;

	listed->count++;
	assert_in_range(entry->name[0], 'a', 'c');
	listed->kind[entry->name[0] - 'a'] = entry->kind;
	assert_int_equal(entry->uid, geteuid());
	assert_int_equal(entry->mode, 0640);
	assert_true(entry->memory >= 8192);
	listed->memory += entry->memory;
	return listed->stop;
}

static void test_list_and_stat(void **state)
{
	struct room *room = *state;
	struct naru_space_stat stat = NARU_INIT(stat, .peers = 7);
	struct listed listed = {0};

	make_file(room, "a", NR_QUEUE_MAGIC, 8192);
	make_file(room, "b", NR_SEGMENT_MAGIC, 8192);
	make_file(room, "c", 0, 8192);
	make_file(room, ".d", NR_QUEUE_MAGIC, 8192);
	assert_int_equal(symlink("a", in(room, "e")), 0);
	errno = ENOTTY;
	assert_int_equal(naru_space_list(room->space, keep_entry, &listed), 0);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(listed.count, 3);
	assert_int_equal(listed.kind[0], NARU_KIND_QUEUE);
	assert_int_equal(listed.kind[1], NARU_KIND_SEGMENT);
	assert_int_equal(listed.kind[2], NARU_KIND_UNKNOWN);
	assert_int_equal(naru_space_stat(room->space, &stat), 0);
	assert_int_equal(stat.memory, listed.memory);
	listed.count = 0;
	listed.stop = 42;
	assert_int_equal(naru_space_list(room->space, keep_entry, &listed), 42);
	assert_int_equal(listed.count, 1);

	assert_int_equal(stat.peers, 1);
	assert_int_equal(stat.peers_stale, 0);
	assert_int_equal(stat.peers_max, 4095);
	assert_int_equal(stat.objects, 2);
	assert_true(stat.filesystem_size >= stat.filesystem_free);
	assert_true(stat.filesystem_free > 0);
	stat.size = 0;
	assert_int_equal(naru_space_stat(room->space, &stat), -EINVAL);
}

static void test_nothing_is_wrong(void **state)
{
	struct room *room = *state;
	struct found found;

	make_file(room, "whole", NR_QUEUE_MAGIC, 4096);
	make_file(room, "segment", NR_SEGMENT_MAGIC, 4096);
	assert_int_equal(check(room, 0, &found), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(check(room, 64, &found), -EINVAL);
	assert_int_equal(nr_space_check(room->space, 0, checkers, 1, NULL, NULL, NULL),
			 0);
}

static void test_stale_slots(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	struct found found;

	join(&child, room);
	part(&child);
	child_kill(child.pid);
	assert_int_equal(check(room, 0, &found), 0);
	assert_found(&found, NARU_SEVERITY_NOTICE, "", "ended: 1;", false);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_found(&found, NARU_SEVERITY_NOTICE, "", "ended: 1;", true);
	assert_int_equal(check(room, 0, &found), 0);
	assert_int_equal(found.count, 0);
}

static void test_removed_table(void **state)
{
	struct room *room = *state;
	struct found found;

	assert_int_equal(unlink(in(room, NR_PEERS_FILE)), 0);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 1);
	assert_found(&found, NARU_SEVERITY_WARNING, "", "removed or replaced", false);
}

static void test_temporary_file(void **state)
{
	struct room *room = *state;
	const struct timespec long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
	struct found found;

	make_file(room, ".new-1-2", 0, 4096);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(utimensat(AT_FDCWD, in(room, ".new-1-2"), long_ago, 0), 0);
	assert_int_equal(check(room, 0, &found), 1);
	assert_found(&found, NARU_SEVERITY_WARNING, ".new-1-2", "remove it", false);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_found(&found, NARU_SEVERITY_WARNING, ".new-1-2", "removed", true);
	assert_int_equal(access(in(room, ".new-1-2"), F_OK), -1);
}

static void test_fifos_of_removed_queues(void **state)
{
	struct room *room = *state;
	struct stat stat;
	struct found found;
	char used[64];

	make_file(room, "q-1", NR_QUEUE_MAGIC, 4096);
	assert_int_equal(lstat(in(room, "q-1"), &stat), 0);
	snprintf(used, sizeof(used), ".q-1-%jx.r", (uintmax_t)stat.st_ino);
	assert_int_equal(mkfifo(in(room, used), 0600), 0);
	/* Not of this kind, whatever they are. */
	assert_int_equal(mkfifo(in(room, ".q.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-7.x"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-7x.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-+7.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-7A.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-12345678123456781.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".q-.r"), 0600), 0);
	assert_int_equal(mkfifo(in(room, ".-7.r"), 0600), 0);
	make_file(room, ".q-7.w", 0, 4096);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_int_equal(found.count, 0);

	snprintf(used, sizeof(used), ".q-1-%jx.w", (uintmax_t)stat.st_ino + 1);
	assert_int_equal(mkfifo(in(room, used), 0600), 0);
	assert_int_equal(check(room, 0, &found), 0);
	assert_found(&found, NARU_SEVERITY_NOTICE, used, "no longer there", false);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_found(&found, NARU_SEVERITY_NOTICE, used, "removed", true);
	assert_int_equal(check(room, 0, &found), 0);
	assert_int_equal(found.count, 0);
}

static void test_foreign_files(void **state)
{
	static const char *const names[] = {"text", "queue name", "link", "fifo", "dir"};
	static const char *const texts[] = {"not an object", "not an object",
					    "a symbolic link", "a special file",
					    "a directory"};
	struct room *room = *state;
	struct found found;

	for (int i = 0; i < 5; i++) {
		const char *path = in(room, names[i]);

		if (i < 2)
			make_file(room, names[i], i ? NR_QUEUE_MAGIC : 0, 4096);
		else if (i == 2)
			assert_int_equal(symlink("nowhere", path), 0);
		else if (i == 3)
			assert_int_equal(mkfifo(path, 0600), 0);
		else
			assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), i >= 2);
		assert_found(&found, i < 2 ? NARU_SEVERITY_NOTICE : NARU_SEVERITY_WARNING,
			     names[i], texts[i], false);
		assert_int_equal(remove(in(room, names[i])), 0);
	}
}

static void test_objects_are_looked_into(void **state)
{
	struct room *room = *state;
	struct found found;

	make_file(room, "broken", NR_QUEUE_MAGIC, 4096);
	assert_int_equal(check(room, 0, &found), 1);
	assert_found(&found, NARU_SEVERITY_ERROR, "broken", "is broken", false);
	assert_int_equal(check(room, NARU_CHECK_REPAIR, &found), 0);
	assert_found(&found, NARU_SEVERITY_ERROR, "broken", "is broken", true);
	make_file(room, "fatal", NR_QUEUE_MAGIC, 4096);
	assert_int_equal(check(room, 0, &found), -EIO);
}

static void test_directory_open_to_all(void **state)
{
	struct room *room = *state;
	struct found found;

	assert_int_equal(chmod(room->path, 0777), 0);
	assert_int_equal(check(room, 0, &found), 1);
	assert_found(&found, NARU_SEVERITY_WARNING, "", "chmod +t", false);
	assert_int_equal(chmod(room->path, 01777), 0);
	assert_int_equal(check(room, 0, &found), 0);
}

static int check_small_file_system(void *data)
{
	struct room *room = data;
	struct found found;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return CHILD_SKIPPED;
	must(mount("naru", room->path, "tmpfs", 0, "size=20m") == 0);
	must_be(naru_space_open(room->path, NULL, &room->space), 0);
	must_be(check(room, 0, &found), 0);
	must(found.count == 0);
	make_file(room, ".filler", 0, 5 << 20);
	must_be(check(room, 0, &found), 1);
	must(found.count == 1 && strstr(found.finding[0].text, "nearly full (14 of 20"));
	return 0;
}

static void test_file_system_nearly_full(void **state)
{
	assert_child(check_small_file_system, *state, "mounting is not allowed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_list_and_stat),
		in_a_room(test_nothing_is_wrong),
		in_a_room(test_stale_slots),
		in_a_room(test_removed_table),
		in_a_room(test_temporary_file),
		in_a_room(test_fifos_of_removed_queues),
		in_a_room(test_foreign_files),
		in_a_room(test_objects_are_looked_into),
		in_a_room(test_directory_open_to_all),
		in_a_room(test_file_system_nearly_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
