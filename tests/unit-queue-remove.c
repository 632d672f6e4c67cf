/* SPDX-License-Identifier: MIT */

/* Removing a queue: several at once, and after one who died or stopped in it. */

#include <queue/handle.h>
#include <sched.h>
#include <stdio.h>
#include <support/child.h>
#include <support/place.h>

enum { REMOVERS = 2, ROUNDS = 400 };

static int remove_for_ever(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	int r;

	must_be(naru_space_open(room->path, NULL, &space), 0);
	do
		r = naru_queue_remove(space, "q");
	while (r == 0 || r == -ENOENT);
	return 1;
}

/* Use it until somebody has removed it; then it must say so. */
static void use_until_removed(struct room *room, struct naru_queue *queue)
{
	struct stat stat;
	char byte;
	int r;

	do {
		bool there = lstat(in(room, "q"), &stat) == 0;

		r = naru_queue_send(queue, 1, "x", 1, 0);
		assert_true(there || r == -EIDRM);
		if (r == 0)
			naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL);
		sched_yield();
	} while (r != -EIDRM);
}

/* Nobody loses the name of a queue to one who wanted to remove the one before it. */
static void test_rivals(void **state)
{
	struct room *room = *state;
	pid_t remover[REMOVERS];

	for (int i = 0; i < REMOVERS; i++)
		remover[i] = child_start(remove_for_ever, room);
	for (int i = 0; i < ROUNDS; i++) {
		struct naru_queue *queue = room_queue(room, "q", 1000, 0);

		use_until_removed(room, queue);
		naru_queue_close(queue);
	}
	for (int i = 0; i < REMOVERS; i++)
		child_kill(remover[i]);
}

static void begin_to_remove(struct room *room)
{
	struct naru_space *space = NULL;
	struct naru_queue *queue = NULL;
	uint32_t id;

	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_queue_open(space, "q", NULL, &queue), 0);
	must_be(nr_space_self(space, &id), 0);
	nr_store_relaxed(&queue->shared->removing, id);
}

static int die_removing(void *data)
{
	begin_to_remove(data);
	return 0;
}

static void assert_removable(struct room *room, struct naru_queue *queue)
{
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	assert_int_equal(naru_queue_remove(room->space, "q"), -ENOENT);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), -EIDRM);
	naru_queue_close(queue);
}

static void test_after_a_dead_one(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 1000, 0);

	assert_int_equal(child_run(die_removing, room), 0);
	assert_removable(room, queue);
}

struct stopped {
	struct room *room;
	int told[2];
};

static int stop_removing(void *data)
{
	struct stopped *stopped = data;

	begin_to_remove(stopped->room);
	must(write(stopped->told[1], "", 1) == 1);
	for (;;)
		pause();
}

static void test_beside_a_stopped_one(void **state)
{
	struct stopped stopped = {.room = *state};
	struct naru_queue *queue = room_queue(stopped.room, "q", 1000, 0);
	pid_t child;
	char byte;

	assert_int_equal(pipe(stopped.told), 0);
	child = child_start(stop_removing, &stopped);
	assert_int_equal(read(stopped.told[0], &byte, 1), 1);
	assert_removable(stopped.room, queue);
	child_kill(child);
	close(stopped.told[0]);
	close(stopped.told[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_rivals),
		in_a_room(test_after_a_dead_one),
		in_a_room(test_beside_a_stopped_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
