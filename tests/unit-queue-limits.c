/* SPDX-License-Identifier: MIT */

/* The system's limits: a full file system, too many open files, many peers. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

static int set_capacity(struct naru_queue *queue, uint64_t capacity)
{
	struct naru_queue_options options = NARU_INIT(options, .capacity = capacity);

	return naru_queue_set(queue, &options);
}

/* In a mount namespace of its own, over the room's directory. */
static int fill_a_small_tmpfs(void *data)
{
	static char bytes[128 * KIB];
	struct room *room = data;
	struct naru_queue_options options = NARU_INIT(options, .capacity = 4 * MIB);
	struct naru_space *space = NULL;
	struct naru_queue *queue = NULL;
	int64_t type = 1;
	int count = 0;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", room->path, "tmpfs", 0, "size=1m") < 0)
		return CHILD_SKIPPED;
	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_queue_create(space, "large", &options, &queue), -ENOSPC);
	must_be(naru_queue_open(space, "large", NULL, &queue), -ENOENT);

	options.capacity = 128 * KIB;
	must_be(naru_queue_create(space, "q", &options, &queue), 0);
	must_be(set_capacity(queue, 4 * MIB), -ENOSPC);
	for (int turn = 0; turn < 3; turn++) {
		while (naru_queue_send(queue, type++, bytes, 100, 0) == 0)
			;
		must_be(naru_queue_send(queue, 1, bytes, 100, 0), -EAGAIN);
		while (naru_queue_receive(queue, -type, 0, bytes, 100, 0, NULL) >= 0)
			;
		must_be(naru_queue_send(queue, 1, bytes, sizeof(bytes), 0), 0);
		must_be(naru_queue_receive(queue, 0, 0, bytes, sizeof(bytes), 0, NULL),
			sizeof(bytes));
	}

	/* Until nothing fits any more; then what is there still works. */
	for (;; count++) {
		struct naru_queue *more = NULL;
		char name[16];
		int r;

		snprintf(name, sizeof(name), "more-%d", count);
		options.capacity = options.capacity > 2 ? options.capacity / 2 : 1;
		options.messages = 1;
		r = naru_queue_create(space, name, &options, &more);
		if (r == -ENOSPC && options.capacity == 1)
			break;
		must(r == 0 || r == -ENOSPC);
		if (r < 0)
			continue;
		must_be(naru_queue_send(more, 1, bytes, options.capacity, 0), 0);
		naru_queue_close(more);
	}
	must_be(naru_queue_send(queue, 1, bytes, sizeof(bytes), 0), 0);
	must_be(naru_queue_receive(queue, 0, 0, bytes, sizeof(bytes), 0, NULL),
		sizeof(bytes));
	naru_queue_close(queue);
	naru_space_close(space);
	return 0;
}

static void test_a_full_file_system(void **state)
{
	assert_child(fill_a_small_tmpfs, *state, "a tmpfs cannot be mounted");
}

/* The space itself does not fit. */
static int open_in_a_full_tmpfs(void *data)
{
	static const char zeros[4096];
	struct room *room = data;
	struct naru_space *space = NULL;
	char path[128];
	int fd;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", room->path, "tmpfs", 0, "size=1m") < 0)
		return CHILD_SKIPPED;
	snprintf(path, sizeof(path), "%s/ballast", room->path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	must(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) == sizeof(zeros))
		;
	must_be(naru_space_open(room->path, NULL, &space), -ENOSPC);
	must(ftruncate(fd, 0) == 0);
	must_be(naru_space_open(room->path, NULL, &space), 0);
	naru_space_close(space);
	return 0;
}

static void test_no_room_for_a_space(void **state)
{
	assert_child(open_in_a_full_tmpfs, *state, "a tmpfs cannot be mounted");
}

static int open_files(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Whatever the limit, it fails cleanly or works; nothing leaks. */
static int run_out_of_files(void *data)
{
	struct room *room = data;
	struct rlimit limit;
	bool created = false, opened = false, polled = false;

	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (rlim_t most = 3; !polled; most++) {
		struct naru_space *space = NULL;
		struct naru_queue *queue = NULL, *other = NULL;
		int before = open_files(), r;

		must(most < 200);
		limit.rlim_cur = most;
		must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		r = naru_space_open(room->path, NULL, &space);
		must(r == 0 || r == -EMFILE);
		if (r == 0) {
			r = naru_queue_create(space, "q", NULL, &queue);
			must(r == 0 || r == -EMFILE);
		}
		if (r == 0) {
			created = true;
			r = naru_queue_open(space, "q", NULL, &other);
			must(r == 0 || r == -EMFILE);
		}
		if (r == 0) {
			opened = true;
			must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
			must_be(naru_queue_receive(other, 0, 0, &r, 1, 0, NULL), 1);
			r = naru_queue_fd(queue, NARU_READABLE);
			must(r >= 0 || r == -EMFILE);
			polled = r >= 0;
		}
		naru_queue_close(other);
		naru_queue_close(queue);
		if (queue)
			must_be(naru_queue_remove(space, "q"), 0);
		naru_space_close(space);
		must_be(open_files(), before);
	}
	must(created && opened);
	return 0;
}

static void test_too_many_files(void **state)
{
	assert_int_equal(child_run(run_out_of_files, *state), 0);
}

/* The slots of the dead are used again: far more processes than slots. */
static int use_once(void *queue)
{
	char byte;

	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), 1);
	return 0;
}

static void test_more_processes_than_slots_one_by_one(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 100, 0);

	for (int i = 0; i < 4200; i++)
		assert_int_equal(child_run(use_once, queue), 0);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_a_full_file_system),
		in_a_room(test_no_room_for_a_space),
		in_a_room(test_too_many_files),
		in_a_room(test_more_processes_than_slots_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
