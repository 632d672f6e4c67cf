/* SPDX-License-Identifier: MIT */

/* What sleepers must hear, or not believe, of the other members. */

#include <asleep.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <space/deaths.h>
#include <space/members.h>
#include <stdio.h>
#include <support/member.h>
#include <sys/clock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define MS UINT64_C(1000000)

static struct nr_members_shared *members;
static _Atomic uint32_t word; /* nobody changes it */

static int set_up(void **state)
{
	members = mmap(NULL, sizeof(*members), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return members == MAP_FAILED ? -1 : room_set_up(state);
}

static int tear_down(void **state)
{
	munmap(members, sizeof(*members));
	return room_tear_down(state);
}

static void in_a_thread(void *(*body)(void *data), void *data)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, body, data) == 0);
	must(pthread_join(thread, NULL) == 0);
}

/* Sleep until a death, through all naps. */
static int sleep_to_death(struct nr_watch *watch)
{
	int r;

	do
		r = nr_members_sleep(watch, &word, 0, UINT64_MAX);
	while (r == -EAGAIN);
	return r;
}

static void *join_and_exec(void *data)
{
	struct member *member = data;

	nr_members_join(member->room->space, members, self(member->room->space));
	must(be_member(member) == 0);
	return NULL;
}

static int exec_in_a_thread(void *data)
{
	in_a_thread(join_and_exec, data);
	return 1;
}

/* The kernel gives the thread the number of the first one, and its word stays. */
static void test_exec_by_another_thread_is_a_death(void **state)
{
	struct room *room = *state;
	struct nr_watch watch = {.space = room->space, .members = members};
	struct member child = {.exec_cat = true};
	char byte = 'x';

	join_as(&child, room, exec_in_a_thread);
	/* When cat answers, exec is over. */
	assert_int_equal(write(child.until[1], &byte, 1), 1);
	assert_int_equal(read(child.says[0], &byte, 1), 1);
	assert_false(nr_space_alive(room->space, child.id));
	assert_int_equal(sleep_to_death(&watch), -EOWNERDEAD);
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
}

/* A space closed in good order leaves claims and messages behind, too. */
static int join_and_close(void *data)
{
	struct member *member = data;
	struct naru_space *again = NULL;
	char byte;
	uint32_t id;

	must_be(naru_space_open(member->room->path, NULL, &again), 0);
	id = self(again);
	nr_members_join(again, members, id);
	must(write(member->says[1], &id, sizeof(id)) == sizeof(id));
	close(member->until[1]);
	must(read(member->until[0], &byte, 1) == 1);
	naru_space_close(again);
	must(read(member->until[0], &byte, 1) == 0);
	return 0;
}

static int sleep_once(void *data)
{
	struct room *room = data;
	struct nr_watch watch = {.space = room->space, .members = members};

	/* It is told, and does not wait for the end of a nap. */
	must_be(nr_members_sleep(&watch, &word, 0, UINT64_MAX), -EOWNERDEAD);
	return 0;
}

static void test_close_is_a_death_too(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	pid_t sleeper;
	char byte = 'x';

	join_as(&child, room, join_and_close);
	sleeper = child_start(sleep_once, room);
	while (!asleep(sleeper))
		sched_yield();
	assert_int_equal(write(child.until[1], &byte, 1), 1);
	assert_int_equal(child_await(sleeper), 0);
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
}

static int count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	int lines = 0, byte;

	must(file != NULL);
	while ((byte = fgetc(file)) != EOF)
		lines += byte == '\n';
	fclose(file);
	return lines;
}

static _Atomic pid_t armed_by;

static void *arm(void *data)
{
	struct naru_space *space = data;

	armed_by = (pid_t)syscall(SYS_gettid);
	nr_space_arm(space);
	must(nr_deaths_is_armed(space, self(space)));
	return NULL;
}

static int arm_again_and_again(void *data)
{
	struct room *room = data;
	struct naru_space *space = NULL;
	int before;

	must_be(naru_space_open(room->path, NULL, &space), 0);
	nr_robust_disarm(&space->self->robust);
	in_a_thread(arm, space);
	before = count_mappings();
	for (int i = 0; i < 100; i++) {
		/* It is joined a little earlier than it is gone. */
		while (syscall(SYS_tgkill, getpid(), armed_by, 0) == 0)
			sched_yield();
		in_a_thread(arm, space);
	}
	/* Those of the last one, and what libc keeps for threads. */
	must(count_mappings() < before + 20);
	naru_space_close(space);
	return 0;
}

static void test_threads_that_end_leave_no_mappings(void **state)
{
	assert_int_equal(child_run(arm_again_and_again, *state), 0);
}

/* As of a filter from before the system call was, in a container perhaps. */
static int sleep_where_it_is_forbidden(void *data)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex_waitv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};
	struct room *room = data;
	struct nr_watch watch = {.space = room->space, .members = members};

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
	must_be(nr_members_sleep(&watch, &word, 0, UINT64_MAX), -EAGAIN);
	return 0;
}

static void test_naps_where_it_may_not_watch(void **state)
{
	assert_int_equal(child_run(sleep_where_it_is_forbidden, *state), 0);
}

static int set_all_bits_for_ever(void *data)
{
	struct member *member = data;

	must(write(member->says[1], &member->id, sizeof(member->id)) ==
	     sizeof(member->id));
	for (;;)
		for (uint32_t i = 0; i < NR_PEERS / 64; i++)
			members->slot[i] = UINT64_MAX;
}

static void test_time_ends_it_whoever_seems_to_die(void **state)
{
	struct room *room = *state;
	struct nr_watch watch = {.space = room->space, .members = members};
	struct member child = {0};
	uint64_t until = nr_clock_monotonic() + 50 * MS;
	int r;

	join_as(&child, room, set_all_bits_for_ever);
	do {
		r = nr_members_sleep(&watch, &word, 0, until);
		nr_members_forget(&watch);
	} while (r == -EOWNERDEAD);
	assert_int_equal(r, -ETIMEDOUT);
	child_kill(child.pid);
	part(&child);
}

#define with_members(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_members(test_exec_by_another_thread_is_a_death),
		with_members(test_close_is_a_death_too),
		with_members(test_threads_that_end_leave_no_mappings),
		with_members(test_naps_where_it_may_not_watch),
		with_members(test_time_ends_it_whoever_seems_to_die),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
