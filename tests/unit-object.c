/* SPDX-License-Identifier: MIT */

/* Objects' files: names, and nothing visible before it is whole. */

#include <dirent.h>
#include <fcntl.h>
#include <layout/object.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <space/object.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static int files_in(struct room *room)
{
	DIR *directory = opendir(room->path);
	int count = 0;

	must(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 4; /* ".", "..", ".peers" and ".deaths" */
}

static void test_names(void **state)
{
	char name[NARU_NAME_MAX + 2] = "";

	(void)state;
	assert_int_equal(nr_object_check_name("a"), 0);
	assert_int_equal(nr_object_check_name("-"), 0);
	assert_int_equal(nr_object_check_name("azAZ09._-"), 0);
	assert_int_equal(nr_object_check_name(NULL), -EINVAL);
	assert_int_equal(nr_object_check_name(""), -EINVAL);
	assert_int_equal(nr_object_check_name("."), -EINVAL);
	assert_int_equal(nr_object_check_name(".."), -EINVAL);
	assert_int_equal(nr_object_check_name(".peers"), -EINVAL);
	memset(name, 'x', NARU_NAME_MAX);
	assert_int_equal(nr_object_check_name(name), 0);
	name[NARU_NAME_MAX] = 'x';
	assert_int_equal(nr_object_check_name(name), -EINVAL);
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = {'a', (char)byte, '\0'};
		bool good = (byte < 128 && strchr("._-0123456789"
						  "abcdefghijklmnopqrstuvwxyz"
						  "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
						  byte));

		assert_int_equal(nr_object_check_name(text), good ? 0 : -EINVAL);
	}
}

static void test_nothing_is_visible_before_publish(void **state)
{
	struct room *room = *state;
	struct nr_object_new object;
	struct stat stat;
	int fd;

	assert_int_equal(nr_object_begin(room->space, 100000, &object), 0);
	assert_int_equal(files_in(room), 0);
	assert_int_equal(pwrite(object.fd, "whole", 5, 0), 5);
	assert_int_equal(nr_object_publish(room->space, &object, "q"), 0);
	assert_int_equal(files_in(room), 1);
	assert_int_equal(mode_of(in(room, "q")), 0600);
	nr_object_abandon(&object);

	assert_int_equal(nr_object_open(room->space, "q", &fd, &stat), 0);
	assert_int_equal(stat.st_size, 100000);
	assert_true(stat.st_blocks * 512 >= 100000);
	close(fd);
	assert_int_equal(nr_object_remove(room->space, "q"), 0);
	assert_int_equal(nr_object_remove(room->space, "q"), -ENOENT);
	assert_int_equal(nr_object_open(room->space, "q", &fd, &stat), -ENOENT);
	assert_int_equal(nr_object_open(room->space, "../q", &fd, &stat), -EINVAL);
	assert_int_equal(nr_object_remove(room->space, "../q"), -EINVAL);
}

static void test_what_is_not_an_object_file(void **state)
{
	struct room *room = *state;
	struct stat stat;
	int fd = -1;

	assert_int_equal(mkfifo(in(room, "fifo"), 0600), 0);
	assert_int_equal(symlink(NR_PEERS_FILE, in(room, "link")), 0);
	assert_int_equal(nr_object_open(room->space, "fifo", &fd, &stat), -EBADMSG);
	assert_int_equal(nr_object_open(room->space, "link", &fd, &stat), -EBADMSG);
	assert_int_equal(mkdir(in(room, "directory"), 0700), 0);
	assert_int_equal(nr_object_open(room->space, "directory", &fd, &stat), -EBADMSG);
	rmdir(in(room, "directory"));
	assert_int_equal(fd, -1);
}

struct race {
	struct room *room;
	pthread_barrier_t start;
	_Atomic int winners;
};

static void *publish(void *data)
{
	struct race *race = data;
	struct nr_object_new object;
	int r;

	must_be(nr_object_begin(race->room->space, 4096, &object), 0);
	pthread_barrier_wait(&race->start);
	r = nr_object_publish(race->room->space, &object, "q");
	must(r == 0 || r == -EEXIST);
	race->winners += r == 0;
	nr_object_abandon(&object);
	return NULL;
}

static void test_one_of_many_publishes(void **state)
{
	enum { THREADS = 4 };
	struct race race = {.room = *state};
	pthread_t thread[THREADS];

	assert_int_equal(pthread_barrier_init(&race.start, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, publish, &race), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&race.start);
	assert_int_equal(race.winners, 1);
	assert_int_equal(files_in(race.room), 1);
}

/* From now on that system call fails when this argument has this value. */
static bool refuse(uint32_t call, unsigned argument, uint32_t value, uint32_t error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args) + 8 * argument),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* As kernels before 6.10 are to who has no capability. */
static bool refuse_to_link(void)
{
	return refuse(SYS_linkat, 4, AT_EMPTY_PATH, ENOENT);
}

static int make_by_proc(void *data)
{
	struct room *room = data;
	struct nr_object_new object;

	if (!refuse_to_link())
		return CHILD_SKIPPED;
	must_be(nr_object_begin(room->space, 4096, &object), 0);
	must(!object.temporary[0]);
	must_be(nr_object_publish(room->space, &object, "q"), 0);
	must_be(files_in(room), 1);
	return 0;
}

static void test_link_by_proc(void **state)
{
	assert_child(make_by_proc, *state, "seccomp is not allowed");
}

/* Then, without /proc, a file that has no name cannot be given one. */
static int make_without_proc(void *data)
{
	struct room *room = data;
	struct nr_object_new object, second;
	struct naru_space *space = NULL, *again = NULL;

	if (chroot(room->path) < 0 || chdir("/") < 0 || !refuse_to_link())
		return CHILD_SKIPPED;
	/* What was opened before finds out; what is opened now has a table to make. */
	strcpy(room->path, "/");
	must_be(nr_object_begin(room->space, 4096, &object), 0);
	must_be(nr_object_publish(room->space, &object, "p"), 1);
	nr_object_abandon(&object);
	must_be(files_in(room), 0);
	must_be(nr_object_begin(room->space, 4096, &object), 0);
	must_be(nr_object_publish(room->space, &object, "p"), 0);
	nr_object_abandon(&object);
	must(unlink("/p") == 0 && unlink("/" NR_PEERS_FILE) == 0);
	must_be(naru_space_open("/", NULL, &space), 0);
	must(access("/" NR_PEERS_FILE, F_OK) == 0);
	must_be(naru_space_open(".", NULL, &again), 0);
	must(naru_space_path(again)[0] == '/');
	must_be(files_in(room), 0);

	must_be(nr_object_begin(space, 4096, &object), 0);
	must_be(nr_object_begin(space, 4096, &second), 0);
	must(object.temporary[0] && strcmp(object.temporary, second.temporary) != 0);
	must_be(files_in(room), 2);
	must_be(nr_object_publish(space, &object, "q"), 0);
	must_be(files_in(room), 2);
	nr_object_abandon(&object);
	must_be(nr_object_publish(space, &second, "q"), -EEXIST);
	nr_object_abandon(&second);
	must_be(files_in(room), 1);
	must(access("/q", F_OK) == 0);
	return 0;
}

static void test_temporary_names(void **state)
{
	assert_child(make_without_proc, *state, "chroot or seccomp is not allowed");
}

static int fill_a_small_file_system(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	struct naru_space_stat before = NARU_INIT(before, .peers = 0), after = before;
	struct nr_object_new object;
	char name[16];
	int r, made = 0;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return CHILD_SKIPPED;
	must(mount("naru", room->path, "tmpfs", 0, "size=1m") == 0);
	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_space_stat(space, &before), 0);
	must_be(nr_object_begin(space, 2 << 20, &object), -ENOSPC);
	must_be(naru_space_stat(space, &after), 0);
	must(before.filesystem_free == after.filesystem_free);
	must(before.filesystem_size == 1 << 20);

	/* Every byte that was promised can be written to. */
	while ((r = nr_object_begin(space, 100 << 10, &object)) == 0) {
		char *bytes = mmap(NULL, 100 << 10, PROT_READ | PROT_WRITE, MAP_SHARED,
				   object.fd, 0);

		must(bytes != MAP_FAILED);
		snprintf(name, sizeof(name), "q%d", made++);
		must_be(nr_object_publish(space, &object, name), 0);
		nr_object_abandon(&object);
		memset(bytes, 1, 100 << 10);
		munmap(bytes, 100 << 10);
	}
	must_be(r, -ENOSPC);
	must_be(made, 9);
	return 0;
}

static void test_full_file_system(void **state)
{
	assert_child(fill_a_small_file_system, *state, "mounting is not allowed");
}

static int make_without_fallocate(void *data)
{
	struct room *room = data;
	struct nr_object_new object;
	struct stat stat;

	/* As a file system says that does not have it. */
	if (!refuse(SYS_fallocate, 1, 0, EOPNOTSUPP))
		return CHILD_SKIPPED;
	must_be(nr_object_begin(room->space, 100000, &object), 0);
	must(fstat(object.fd, &stat) == 0);
	must_be(stat.st_size, 100000);
	must(stat.st_blocks * 512 >= 100000);
	nr_object_abandon(&object);
	return 0;
}

static void test_file_system_without_fallocate(void **state)
{
	assert_child(make_without_fallocate, *state, "seccomp is not allowed");
}

static int make_too_large(void *data)
{
	struct room *room = data;
	const struct rlimit limit = {1 << 20, 1 << 20};
	struct nr_object_new object;

	must_be(nr_object_begin(room->space, UINT64_MAX, &object), -EFBIG);
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	must_be(nr_object_begin(room->space, (1 << 20) + 1, &object), -EFBIG);
	must_be(nr_object_begin(room->space, 1 << 20, &object), 0);
	return 0;
}

static void test_file_size_limit_is_no_signal(void **state)
{
	assert_int_equal(child_run(make_too_large, *state), 0);
}

static int make_without_standard_streams(void *data)
{
	struct room *room = data;
	struct nr_object_new object;

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	must_be(nr_object_begin(room->space, 4096, &object), 0);
	must(object.fd > STDERR_FILENO);
	must(fcntl(object.fd, F_GETFD) == FD_CLOEXEC);
	return 0;
}

static void test_files_are_not_the_standard_streams(void **state)
{
	assert_int_equal(child_run(make_without_standard_streams, *state), 0);
}

static void test_kinds(void **state)
{
	const uint64_t queue = NR_QUEUE_MAGIC, segment = NR_SEGMENT_MAGIC, other = 1;

	(void)state;
	assert_int_equal(nr_object_kind(&queue), NARU_KIND_QUEUE);
	assert_int_equal(nr_object_kind(&segment), NARU_KIND_SEGMENT);
	assert_int_equal(nr_object_kind(&other), NARU_KIND_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		in_a_room(test_nothing_is_visible_before_publish),
		in_a_room(test_what_is_not_an_object_file),
		in_a_room(test_one_of_many_publishes),
		in_a_room(test_link_by_proc),
		in_a_room(test_temporary_names),
		in_a_room(test_full_file_system),
		in_a_room(test_file_system_without_fallocate),
		in_a_room(test_file_size_limit_is_no_signal),
		in_a_room(test_files_are_not_the_standard_streams),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
