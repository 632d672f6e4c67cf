/* SPDX-License-Identifier: MIT */

/* Peers in programs that close, lack, or hand down descriptors. */

#include <pthread.h>
#include <signal.h>
#include <support/member.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct others {
	struct room *room;
	struct member *member;
};

static int lose_descriptors(void *data)
{
	struct others *others = data;
	struct naru_space *space = others->room->space;
	const struct rlimit none = {3, 3};
	uint32_t alive, stale;
	int other;

	self(space);
	must(nr_space_alive(space, others->member->id));
	closefrom(3);
	must(nr_space_alive(space, others->member->id));
	must_be(nr_space_count_peers(space, &alive, &stale), 0);
	must(alive == 3);

	/* The numbers now belong to another file, which is neither asked nor closed. */
	closefrom(3);
	for (int i = 0; i < 10; i++)
		other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	must(nr_space_alive(space, others->member->id));
	must(nr_space_directory(space) > other);

	closefrom(3);
	must(setrlimit(RLIMIT_NOFILE, &none) == 0);
	must(nr_space_alive(space, others->member->id));
	must_be(nr_space_directory(space), -EMFILE);
	return 0;
}

static int close_after_losing(void *data)
{
	struct room *room = data;
	int fds[10];

	closefrom(3);
	for (int i = 0; i < 10; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	naru_space_close(room->space);
	for (int i = 0; i < 10; i++)
		must(fcntl(fds[i], F_GETFD) >= 0);
	return 0;
}

static void test_program_that_closes_all_descriptors(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	struct others others = {room, &child};

	join(&child, room);
	assert_int_equal(child_run(lose_descriptors, &others), 0);
	assert_int_equal(child_run(close_after_losing, room), 0);
	assert_true(nr_space_alive(room->space, child.id));
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
}

static int register_with_one_descriptor_too_few(void *data)
{
	struct room *room = data;
	struct rlimit limit;
	uint32_t id = 0;
	int next = dup(STDOUT_FILENO);

	close(next);
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = (rlim_t)next;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	must_be(nr_space_self(room->space, &id), -EMFILE);
	limit.rlim_cur++;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	must_be(nr_space_self(room->space, &id), 0);
	return 0;
}

static void test_registering_needs_a_descriptor_for_a_moment(void **state)
{
	assert_int_equal(child_run(register_with_one_descriptor_too_few, *state), 0);
}

static int register_in_replaced_table(void *data)
{
	struct room *room = data;
	uint32_t id = 0;

	must_be(nr_space_self(room->space, &id), -ESTALE);
	return 0;
}

static void test_table_that_was_replaced(void **state)
{
	struct room *room = *state;
	struct naru_space *other = NULL;
	struct member child = {0};

	join(&child, room);
	assert_int_equal(unlink(in(room, NR_PEERS_FILE)), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &other), 0);
	/* The old table is still the truth for those who use it... */
	assert_true(nr_space_alive(room->space, child.id));
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
	assert_false(nr_space_alive(room->space, child.id));
	/* ...but when it is lost, the new one is not taken for it. */
	close(nr_space_table(room->space));
	assert_int_equal(nr_space_table(room->space), -ESTALE);
	assert_int_equal(child_run(register_in_replaced_table, room), 0);
	naru_space_close(other);
}

static void test_directory_that_was_replaced(void **state)
{
	struct room *room = *state;
	char moved[96];

	snprintf(moved, sizeof(moved), "%s.moved", room->path);
	assert_int_equal(rename(room->path, moved), 0);
	assert_true(nr_space_directory(room->space) >= 0);
	close(nr_space_directory(room->space));
	assert_int_equal(nr_space_directory(room->space), -ENOENT);
	assert_int_equal(mkdir(room->path, 0700), 0);
	assert_int_equal(nr_space_directory(room->space), -ESTALE);
	assert_int_equal(rmdir(room->path), 0);
	assert_int_equal(rename(moved, room->path), 0);
	assert_true(nr_space_directory(room->space) >= 0);
}

struct opener {
	struct room *room;
	_Atomic bool stop;
};

static void *open_and_close(void *data)
{
	struct opener *opener = data;

	while (!opener->stop) {
		struct naru_space *space = NULL;

		must_be(naru_space_open(opener->room->path, NULL, &space), 0);
		naru_space_close(space);
	}
	return NULL;
}

static int await_end(void *data)
{
	char byte;

	must(read(*(int *)data, &byte, 1) == 0);
	return 0;
}

/* A child that is forked in the middle of registration keeps nothing of it. */
static void test_fork_while_another_thread_registers(void **state)
{
	enum { CHILDREN = 200 };
	struct room *room = *state;
	struct opener opener = {.room = room};
	pid_t child[CHILDREN];
	uint32_t locked = 0;
	pthread_t thread;
	int until[2], fd;

	assert_int_equal(pipe2(until, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&thread, NULL, open_and_close, &opener), 0);
	for (int i = 0; i < CHILDREN; i++) {
		child[i] = fork();
		must(child[i] >= 0);
		if (child[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(until[1]);
			_exit(await_end(&until[0]));
		}
	}
	opener.stop = true;
	pthread_join(thread, NULL);
	fd = nr_space_table(room->space);
	for (uint32_t slot = 1; slot < NR_PEERS; slot++)
		locked += nr_file_locked(fd, 16 * slot) > 0;
	close(until[1]);
	for (int i = 0; i < CHILDREN; i++)
		assert_int_equal(child_await(child[i]), 0);
	close(until[0]);
	assert_int_equal(locked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_program_that_closes_all_descriptors),
		in_a_room(test_registering_needs_a_descriptor_for_a_moment),
		in_a_room(test_table_that_was_replaced),
		in_a_room(test_directory_that_was_replaced),
		in_a_room(test_fork_while_another_thread_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
