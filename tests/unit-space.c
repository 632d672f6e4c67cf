/* SPDX-License-Identifier: MIT */

/* A space at a path: who may use it, and what may be wrong with it. */

#include <fcntl.h>
#include <sched.h>
#include <space/space.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <sys/mount.h>
#include <sys/resource.h>

static void test_path_and_options(void **state)
{
	struct room *room = *state;
	struct naru_space_options options = NARU_INIT(options, .create = true);
	struct naru_space *space = NULL;

	assert_int_equal(naru_space_open(in(room, "none"), NULL, &space), -ENOENT);
	assert_int_equal(naru_space_open(in(room, NR_PEERS_FILE), NULL, &space),
			 -ENOTDIR);
	options.mode = 010000;
	assert_int_equal(naru_space_open(in(room, "none"), &options, &space), -EINVAL);
	options.size = 0;
	assert_int_equal(naru_space_open(in(room, "none"), &options, &space), -EINVAL);
	assert_null(space);

	umask(077);
	options = (struct naru_space_options)NARU_INIT(options, .create = true,
						       .mode = 02770);
	errno = ENOTTY;
	assert_int_equal(naru_space_open(in(room, "shared"), &options, &space), 0);
	assert_int_equal(errno, ENOTTY);
	umask(022);
	assert_int_equal(mode_of(in(room, "shared")), 02770);
	assert_int_equal(mode_of(in(room, "shared/" NR_PEERS_FILE)), 0660);
	assert_null(naru_space_close(space));

	/* There already: the mode is not touched. */
	options.mode = 0700;
	assert_int_equal(naru_space_open(in(room, "shared"), &options, &space), 0);
	assert_int_equal(mode_of(in(room, "shared")), 02770);
	naru_space_close(space);
	remove_space(in(room, "shared"));
	assert_null(naru_space_close(NULL));
}

/* It is the same place after a change of the working directory, and of a link. */
static int open_by_other_paths(void *data)
{
	struct room *room = data;
	struct naru_space *relative = NULL, *linked = NULL;

	must(symlink(room->path, in(room, "link")) == 0);
	must_be(naru_space_open(in(room, "link"), NULL, &linked), 0);
	must(unlink(in(room, "link")) == 0 && chdir(room->path) == 0);
	must_be(naru_space_open("./", NULL, &relative), 0);
	must(chdir("/") == 0);
	must(strcmp(naru_space_path(linked), room->path) == 0);
	must(strcmp(naru_space_path(relative), room->path) == 0);
	naru_space_close(linked);
	naru_space_close(relative);
	return 0;
}

static void test_path_is_absolute(void **state)
{
	assert_int_equal(child_run(open_by_other_paths, *state), 0);
}

static int use_as_alice(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	struct naru_space_stat stat = NARU_INIT(stat, .peers = 0);
	uint32_t id;

	become(ALICE);
	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_space_stat(space, &stat), 0);
	must(stat.peers == 1);
	must_be(nr_space_self(space, &id), -EACCES);
	naru_space_close(space);
	return 0;
}

static void test_reader_may_look(void **state)
{
	struct room *room = *state;

	need_root();
	assert_int_equal(chmod(room->path, 0755), 0);
	assert_int_equal(chmod(in(room, NR_PEERS_FILE), 0644), 0);
	assert_int_equal(child_run(use_as_alice, room), 0);
}

static int join_as_alice(void *path)
{
	struct naru_space *space = NULL;

	become(ALICE);
	must_be(naru_space_open(path, NULL, &space), 0);
	naru_space_close(space);
	return 0;
}

static void test_root_does_not_shut_the_user_out(void **state)
{
	struct room *room = *state;
	struct naru_space *space = NULL;

	need_root();
	naru_space_close(room->space);
	unlink(in(room, NR_PEERS_FILE));
	assert_int_equal(chown(room->path, ALICE, ALICE), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &space), 0);
	assert_int_equal(child_run(join_as_alice, room->path), 0);
	room->space = space;
}

/*
 * Set the switch and let a child that only waits for our death, in whichever way,
 * put it back. Returns the pipe to close for that, -1 if it is not allowed.
 */
static int set_protected_regular(pid_t *ret_guardian)
{
	int fd = open("/proc/sys/fs/protected_regular", O_RDWR | O_CLOEXEC), ends[2];
	char old, byte;

	if (fd < 0 || pread(fd, &old, 1, 0) != 1 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ret_guardian = fork();
	must(*ret_guardian >= 0);
	if (*ret_guardian == 0) {
		close(ends[1]);
		while (read(ends[0], &byte, 1) < 0)
			continue;
		_exit(pwrite(fd, &old, 1, 0) != 1);
	}
	close(ends[0]);
	if (pwrite(fd, "2", 1, 0) != 1) {
		close(ends[1]);
		ends[1] = -1;
		child_await(*ret_guardian);
	}
	close(fd);
	return ends[1];
}

static int make_in_sticky(void *path)
{
	struct naru_space *space = NULL;

	become(BOB);
	must_be(naru_space_open(path, NULL, &space), 0);
	naru_space_close(space);
	return 0;
}

static void test_sticky_directory_with_protected_regular(void **state)
{
	struct room *room = *state;
	pid_t guardian;
	int end;

	need_root();
	naru_space_close(room->space);
	unlink(in(room, NR_PEERS_FILE));
	assert_int_equal(chmod(room->path, 01777), 0);
	end = set_protected_regular(&guardian);
	if (end < 0)
		print_message("fs.protected_regular cannot be set here\n");
	assert_int_equal(child_run(make_in_sticky, room->path), 0);
	assert_int_equal(mode_of(in(room, NR_PEERS_FILE)), 0666);
	assert_int_equal(child_run(join_as_alice, room->path), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &room->space), 0);
	if (end >= 0) {
		close(end);
		assert_int_equal(child_await(guardian), 0);
	}
}

static void overwrite(const char *path, const void *data, size_t length, off_t offset)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && pwrite(fd, data, length, offset) == (ssize_t)length);
	close(fd);
}

static void test_damaged_peer_table(void **state)
{
	struct room *room = *state;
	struct naru_space *space = NULL;
	const uint32_t version = NR_PEERS_VERSION + 1, right = NR_PEERS_VERSION;
	char path[128];

	snprintf(path, sizeof(path), "%s", in(room, NR_PEERS_FILE));
	overwrite(path, &version, sizeof(version), 8);
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EPROTONOSUPPORT);
	overwrite(path, &right, sizeof(right), 8);
	assert_int_equal(rename(path, in(room, "elsewhere")), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EBADMSG);
	unlink(path);
	assert_int_equal(rename(in(room, "elsewhere"), path), 0);
	overwrite(path, "x", 1, 3);
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EBADMSG);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EBADMSG);
	unlink(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EBADMSG);
	unlink(path);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(naru_space_open(room->path, NULL, &space), -EBADMSG);
	assert_null(space);
}

static int fill_a_small_file_system(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	struct naru_space_options options = NARU_INIT(options, .create = true);
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return CHILD_SKIPPED;
	must(mount("naru", room->path, "tmpfs", 0, "size=1m") == 0);
	fd = open(in(room, "filler"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd >= 0 && posix_fallocate(fd, 0, (1 << 20) - (32 << 10)) == 0);
	must_be(naru_space_open(in(room, "s"), &options, &space), -ENOSPC);
	must(!space && access(in(room, "s/" NR_PEERS_FILE), F_OK) < 0);
	must(ftruncate(fd, 0) == 0);
	must_be(naru_space_open(in(room, "s"), NULL, &space), 0);
	naru_space_close(space);
	return 0;
}

static void test_full_file_system(void **state)
{
	assert_child(fill_a_small_file_system, *state, "mounting is not allowed");
}

static int open_with_few_descriptors(void *data)
{
	struct room *room = data;
	struct rlimit limit;
	struct naru_space *space = NULL;
	int next = dup(STDOUT_FILENO), failures = 0, r = -EMFILE;

	close(next);
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (limit.rlim_cur = (rlim_t)next; r < 0; limit.rlim_cur++) {
		must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		r = naru_space_open(room->path, NULL, &space);
		if (r == 0)
			break;
		must_be(r, -EMFILE);
		failures++;
		must(limit.rlim_cur == (rlim_t)next || dup(STDOUT_FILENO) == next);
		close(next);
	}
	must_be(failures, 3); /* the directory, the table, a description to lock by */
	naru_space_close(space);
	must_be(dup(STDOUT_FILENO), next);
	return 0;
}

static void test_too_many_open_files(void **state)
{
	assert_int_equal(child_run(open_with_few_descriptors, *state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_path_and_options),
		in_a_room(test_path_is_absolute),
		in_a_room(test_reader_may_look),
		in_a_room(test_root_does_not_shut_the_user_out),
		in_a_room(test_sticky_directory_with_protected_regular),
		in_a_room(test_damaged_peer_table),
		in_a_room(test_full_file_system),
		in_a_room(test_too_many_open_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
