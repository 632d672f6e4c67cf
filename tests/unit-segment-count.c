/* SPDX-License-Identifier: MIT */

/* The count of attachments: exact, whatever becomes of the processes that attach. */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A child that says when it is ready, and goes on when it is told. */
struct pair {
	struct room *room;
	struct naru_segment *segment;
	int ready[2];
	int go[2];
};

static struct pair pair_open(struct room *room, struct naru_segment *segment)
{
	struct pair pair = {.room = room, .segment = segment};

	must(pipe2(pair.ready, O_CLOEXEC) == 0 && pipe2(pair.go, O_CLOEXEC) == 0);
	return pair;
}

static void pair_close(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		close(pair->ready[i]);
		close(pair->go[i]);
	}
}

static void say(int fd)
{
	must(write(fd, "x", 1) == 1);
}

static void hear(int fd)
{
	char byte;

	must(read(fd, &byte, 1) == 1);
}

static void test_attach_and_detach(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10000);
	char *a, *b;

	assert_int_equal(segment_count(segment), 0);
	a = segment_attach(segment, 0);
	assert_int_equal(segment_count(segment), 1);
	b = segment_attach(segment, 0);
	assert_int_equal(segment_count(segment), 2);
	assert_ptr_not_equal(a, b);
	a[9999] = 'x';
	assert_int_equal(b[9999], 'x');
	assert_int_equal(naru_segment_detach(a), 0);
	assert_int_equal(segment_count(segment), 1);
	assert_int_equal(naru_segment_detach(a), -EINVAL);
	assert_int_equal(naru_segment_detach(b), 0);
	assert_int_equal(segment_count(segment), 0);
	naru_segment_close(segment);
}

static int attach_and_wait(void *data)
{
	struct pair *pair = data;
	struct naru_segment *segment = segment_open(pair->room, "s", 0);

	segment_attach(segment, 0);
	segment_attach(segment, NARU_READ_ONLY);
	naru_segment_close(segment);
	say(pair->ready[1]);
	hear(pair->go[0]);
	return 0;
}

static void test_killed(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);
	pid_t child = child_start(attach_and_wait, &pair);

	hear(pair.ready[0]);
	assert_int_equal(segment_count(segment), 2);
	child_kill(child);
	assert_int_equal(segment_count(segment), 0);
	pair_close(&pair);
	naru_segment_close(segment);
}

static void test_exits_without_detach(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);
	pid_t child = child_start(attach_and_wait, &pair);

	hear(pair.ready[0]);
	assert_int_equal(segment_count(segment), 2);
	say(pair.go[1]);
	assert_int_equal(child_await(child), 0);
	assert_int_equal(segment_count(segment), 0);
	pair_close(&pair);
	naru_segment_close(segment);
}

static int wait_only(void *data)
{
	struct pair *pair = data;

	must_be(segment_count(pair->segment), 2);
	say(pair->ready[1]);
	hear(pair->go[0]);
	return 0;
}

static void test_a_child_of_fork(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);
	char *bytes = segment_attach(segment, 0);
	pid_t child = child_start(wait_only, &pair);

	/* At once, before the child has done anything. */
	assert_int_equal(segment_count(segment), 2);
	hear(pair.ready[0]);
	assert_int_equal(naru_segment_detach(bytes), 0);
	assert_int_equal(segment_count(segment), 1);
	child_kill(child);
	assert_int_equal(segment_count(segment), 0);
	pair_close(&pair);
	naru_segment_close(segment);
}

static int detach_it(void *data)
{
	must_be(naru_segment_detach(data), 0);
	must_be(naru_segment_detach(data), -EINVAL);
	return 0;
}

static void test_a_child_detaches_for_itself(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	char *bytes = segment_attach(segment, 0);

	assert_int_equal(child_run(detach_it, bytes), 0);
	assert_int_equal(segment_count(segment), 1);
	*bytes = 1;
	assert_int_equal(naru_segment_detach(bytes), 0);
	naru_segment_close(segment);
}

static int leave_a_grandchild(void *data)
{
	struct pair *pair = data;

	if (fork() == 0) {
		say(pair->ready[1]);
		hear(pair->go[0]);
	}
	return 0;
}

static void test_a_grandchild(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);

	segment_attach(segment, 0);
	/* It outlives its own parent, whose attachment is gone by then. */
	assert_int_equal(child_run(leave_a_grandchild, &pair), 0);
	hear(pair.ready[0]);
	assert_int_equal(segment_count(segment), 2);
	say(pair.go[1]);
	while (segment_count(segment) > 1)
		;
	pair_close(&pair);
	naru_segment_close(segment);
}

static void test_ten_generations_at_once(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);
	pid_t children[10];

	for (int i = 0; i < 3; i++)
		segment_attach(segment, 0);
	for (int i = 0; i < 10; i++) {
		fflush(NULL);
		children[i] = fork();
		if (children[i] == 0) {
			hear(pair.go[0]);
			_exit(0);
		}
		assert_int_equal(segment_count(segment), 3 * (i + 2));
	}
	for (int i = 0; i < 10; i++) {
		child_kill(children[i]);
		assert_int_equal(segment_count(segment), 3 * (10 - i));
	}
	pair_close(&pair);
	naru_segment_close(segment);
}

/* The child becomes cat(1), which ends when its standard input does. */
static void test_exec(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	int input[2], output[2];
	pid_t child;
	char byte;

	segment_attach(segment, 0);
	must(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		segment_attach(segment, 0);
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		execlp("cat", "cat", (char *)NULL);
		_exit(127);
	}
	say(input[1]);
	assert_int_equal(read(output[0], &byte, 1), 1);
	assert_int_equal(segment_count(segment), 1);
	close(input[1]);
	assert_int_equal(child_await(child), 0);
	close(input[0]);
	close(output[0]);
	close(output[1]);
	naru_segment_close(segment);
}

static int close_all_and_fork(void *data)
{
	struct pair *pair = data;

	/* As daemons do. The attachment, and the evidence for it, stay. */
	for (int fd = 3; fd < 1000; fd++)
		if (fd != pair->ready[1] && fd != pair->go[0])
			close(fd);
	must_be(segment_count(pair->segment), 2);
	if (fork() == 0) {
		hear(pair->go[0]);
		_exit(0);
	}
	must_be(segment_count(pair->segment), 3);
	say(pair->ready[1]);
	hear(pair->go[0]);
	return 0;
}

static void test_who_closes_all_descriptors(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	struct pair pair = pair_open(*state, segment);
	void *bytes = segment_attach(segment, 0);
	pid_t child = child_start(close_all_and_fork, &pair);

	hear(pair.ready[0]);
	assert_int_equal(naru_segment_detach(bytes), 0);
	assert_int_equal(segment_count(segment), 2);
	child_kill(child);
	assert_int_equal(segment_count(segment), 1);
	say(pair.go[1]);
	pair_close(&pair);
	naru_segment_close(segment);
}

static void test_removed(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_create(room, "s", 1);
	struct pair pair = pair_open(room, segment);
	char *bytes = segment_attach(segment, 0);
	pid_t child;

	assert_int_equal(naru_segment_remove(room->space, "s"), 0);
	assert_int_equal(segment_stat(segment).removed, 1);
	child = child_start(wait_only, &pair);
	assert_int_equal(segment_count(segment), 2);
	*bytes = 'x';
	child_kill(child);
	assert_int_equal(segment_count(segment), 1);
	/* The handle is enough to attach it once more. */
	assert_int_equal(*(char *)segment_attach(segment, 0), 'x');
	pair_close(&pair);
	naru_segment_close(segment);
}

/* Forks and attachments of other threads meanwhile. */
static void *attach_and_detach(void *data)
{
	for (int i = 0; i < 2000; i++)
		must_be(naru_segment_detach(segment_attach(data, 0)), 0);
	return NULL;
}

static void test_threads(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	pthread_t threads[2];

	segment_attach(segment, 0);
	for (int i = 0; i < 2; i++)
		must(pthread_create(&threads[i], NULL, attach_and_detach, segment) == 0);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		/* To ThreadSanitizer the parent's threads seem lost in the child. */
		if (child == 0)
			syscall(SYS_exit_group, segment_count(segment) < 2);
		assert_int_equal(child_await(child), 0);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(segment_count(segment), 1);
	naru_segment_close(segment);
}

static void test_many(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);
	enum { MANY = 500 };
	void *addresses[MANY];

	for (int i = 0; i < MANY; i++)
		addresses[i] = segment_attach(segment, i % 2 ? NARU_READ_ONLY : 0);
	assert_int_equal(segment_count(segment), MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(naru_segment_detach(addresses[i]), 0);
	assert_int_equal(segment_count(segment), 0);
	naru_segment_close(segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_room(test_attach_and_detach),
		in_a_room(test_killed),
		in_a_room(test_exits_without_detach),
		in_a_room(test_a_child_of_fork),
		in_a_room(test_a_child_detaches_for_itself),
		in_a_room(test_a_grandchild),
		in_a_room(test_ten_generations_at_once),
		in_a_room(test_exec),
		in_a_room(test_who_closes_all_descriptors),
		in_a_room(test_removed),
		in_a_room(test_threads),
		in_a_room(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
