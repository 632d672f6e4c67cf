/* SPDX-License-Identifier: MIT */

/* Members: sleep until a word changes, or until somebody dies. */

#include <asleep.h>
#include <layout/deaths.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <space/deaths.h>
#include <space/members.h>
#include <support/member.h>
#include <sys/futex.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { SLEEPERS = 3 };

/* What an object would have, in memory that all of a test's processes share. */
struct object {
	struct nr_members_shared members;
	_Atomic uint32_t word;
	pthread_mutex_t before, after; /* robust ones, of an application */
};

static struct object *object;

static int set_up(void **state)
{
	object = mmap(NULL, sizeof(*object), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return object == MAP_FAILED ? -1 : room_set_up(state);
}

static int tear_down(void **state)
{
	munmap(object, sizeof(*object));
	return room_tear_down(state);
}

#define with_object(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static uint32_t word_of(struct room *room, uint32_t id)
{
	const _Atomic uint32_t *word = nr_deaths_word(room->space, id & (NR_PEERS - 1));

	return word ? *word : 0;
}

/* As be_member(), but a member of the object. */
static int be_one(void *data)
{
	struct member *member = data;

	nr_members_join(member->room->space, &object->members, self(member->room->space));
	return be_member(data);
}

/* Sleeps, and exits with what woke it. */
static int sleep_for_it(void *data)
{
	struct room *room = data;
	struct nr_watch watch = {.space = room->space, .members = &object->members};
	int r;

	nr_members_join(room->space, &object->members, self(room->space));
	/* Naps, while one is dying. */
	do
		r = nr_members_sleep(&watch, &object->word, 0, UINT64_MAX);
	while (r == -EAGAIN);
	if (r == -EOWNERDEAD)
		nr_members_forget(&watch);
	return -r;
}

static void await_sleep(pid_t pid)
{
	while (!asleep(pid))
		sched_yield();
}

static void start_sleepers(struct room *room, pid_t sleepers[SLEEPERS])
{
	for (int i = 0; i < SLEEPERS; i++)
		sleepers[i] = child_start(sleep_for_it, room);
	for (int i = 0; i < SLEEPERS; i++)
		await_sleep(sleepers[i]);
}

static void test_word_tells_of_life(void **state)
{
	struct room *room = *state;
	struct member child = {0};

	join(&child, room);
	assert_true(nr_deaths_lives(word_of(room, child.id)));
	assert_int_equal(word_of(room, child.id) & NR_ROBUST_THREAD, child.pid);
	child_kill(child.pid);
	assert_true(word_of(room, child.id) & NR_ROBUST_DIED);
	assert_false(nr_space_alive(room->space, child.id));
	part(&child);
}

static void test_end_in_good_order_leaves_nothing(void **state)
{
	struct room *room = *state;
	struct naru_space *again = NULL;
	uint32_t id;

	assert_int_equal(naru_space_open(room->path, NULL, &again), 0);
	id = self(again);
	assert_true(nr_deaths_lives(word_of(room, id)));
	naru_space_close(again);
	assert_int_equal(word_of(room, id), 0);
	assert_false(nr_space_alive(room->space, id));
}

static void test_all_hear_of_a_death(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	pid_t sleepers[SLEEPERS];

	join_as(&child, room, be_one);
	start_sleepers(room, sleepers);
	child_kill(child.pid);
	for (int i = 0; i < SLEEPERS; i++)
		assert_int_equal(child_await(sleepers[i]), EOWNERDEAD);
	part(&child);
}

static void test_late_member_is_watched(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	pid_t sleepers[SLEEPERS];

	start_sleepers(room, sleepers);
	join_as(&child, room, be_one);
	for (int i = 0; i < SLEEPERS; i++)
		await_sleep(sleepers[i]);
	child_kill(child.pid);
	for (int i = 0; i < SLEEPERS; i++)
		assert_int_equal(child_await(sleepers[i]), EOWNERDEAD);
	part(&child);
}

static void test_exit_is_a_death_too(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	pid_t sleeper = child_start(sleep_for_it, room);

	await_sleep(sleeper);
	join_as(&child, room, be_one);
	await_sleep(sleeper);
	part(&child);
	assert_int_equal(child_await(child.pid), 0);
	assert_int_equal(child_await(sleeper), EOWNERDEAD);
}

static void test_who_slept_through_it_is_told(void **state)
{
	struct room *room = *state;
	struct nr_watch watch = {.space = room->space, .members = &object->members};
	struct member child = {0};

	join_as(&child, room, be_one);
	child_kill(child.pid);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
	/* Whoever was told may die before he has seen to it. */
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
	nr_members_forget(&watch);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, 1), -ETIMEDOUT);
	part(&child);
}

static void test_next_owner_of_the_slot_is_not_forgotten(void **state)
{
	struct room *room = *state;
	struct nr_watch watch = {.space = room->space, .members = &object->members};
	struct member child = {0};

	join_as(&child, room, be_one);
	child_kill(child.pid);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
	part(&child);
	/* Another one gets the slot, joins, and dies. */
	atomic_store(
		&room->space->peers->slot[(child.id & (NR_PEERS - 1)) - 1].generation,
		(child.id >> NR_PEER_SLOT_BITS) + 1);
	nr_members_forget(&watch);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
}

static void test_woken_by_the_word(void **state)
{
	struct room *room = *state;
	pid_t sleeper = child_start(sleep_for_it, room);

	await_sleep(sleeper);
	atomic_store(&object->word, 1);
	nr_futex_wake(&object->word, 1);
	assert_int_equal(child_await(sleeper), 0);
}

static void handle(int number)
{
	(void)number;
}

static int sleep_with_handler(void *data)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};

	sigaction(SIGUSR1, &action, NULL);
	return sleep_for_it(data);
}

static void test_handler_ends_it_whatever_its_flags(void **state)
{
	struct room *room = *state;
	pid_t sleeper = child_start(sleep_with_handler, room);
	int status;

	await_sleep(sleeper);
	/* It may be awake between two naps. */
	do {
		kill(sleeper, SIGUSR1);
		sched_yield();
	} while (waitpid(sleeper, &status, WNOHANG) == 0);
	assert_int_equal(WEXITSTATUS(status), EINTR);
}

static void *join_in_a_thread(void *data)
{
	struct member *member = data;

	nr_members_join(member->room->space, &object->members, self(member->room->space));
	return NULL;
}

/* The thread that the kernel would tell of ends; the process does not. */
static int outlive_thread(void *data)
{
	struct member *member = data;
	pthread_t thread;

	must(pthread_create(&thread, NULL, join_in_a_thread, member) == 0);
	must(pthread_join(thread, NULL) == 0);
	must(!nr_deaths_is_armed(member->room->space, self(member->room->space)));
	return be_member(data);
}

static void test_thread_that_ends_is_no_death(void **state)
{
	struct room *room = *state;
	struct nr_watch watch = {.space = room->space, .members = &object->members};
	struct member child = {0};

	join_as(&child, room, outlive_thread);
	assert_true(word_of(room, child.id) & NR_ROBUST_DIED);
	assert_true(nr_space_alive(room->space, child.id));
	/* Nobody would tell: so it naps. */
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX), -EAGAIN);
	assert_true(watch.nap_ms <= NR_MEMBERS_NAP_MS);
	child_kill(child.pid);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
	part(&child);
}

static int rearm(void *data)
{
	struct member *member = data;
	pthread_t thread;

	must(pthread_create(&thread, NULL, join_in_a_thread, member) == 0);
	must(pthread_join(thread, NULL) == 0);
	nr_space_arm(member->room->space);
	must(nr_deaths_is_armed(member->room->space, self(member->room->space)));
	return be_member(data);
}

static void test_another_thread_arms_again(void **state)
{
	struct room *room = *state;
	struct member child = {0};

	join_as(&child, room, rearm);
	assert_int_equal(word_of(room, child.id) & NR_ROBUST_THREAD, child.pid);
	child_kill(child.pid);
	assert_true(word_of(room, child.id) & NR_ROBUST_DIED);
	part(&child);
}

/* An application's robust mutexes are in the same list of the kernel's. */
static int lock_around(void *data)
{
	struct member *member = data;
	struct naru_space *space = NULL;

	must(pthread_mutex_lock(&object->before) == 0);
	must_be(naru_space_open(member->room->path, NULL, &space), 0);
	nr_space_arm(space);
	must(pthread_mutex_lock(&object->after) == 0);
	naru_space_close(space);
	must(pthread_mutex_unlock(&object->before) == 0);
	/* Against the order of the two, in which TSan would see a deadlock. */
	must(pthread_mutex_trylock(&object->before) == 0);
	nr_space_arm(member->room->space);
	must(pthread_mutex_unlock(&object->after) == 0);
	must(pthread_mutex_trylock(&object->after) == 0);
	return be_member(data);
}

static void test_robust_mutexes_work_beside_it(void **state)
{
	struct room *room = *state;
	struct member child = {0};
	pthread_mutexattr_t robust;

	pthread_mutexattr_init(&robust);
	pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&object->before, &robust);
	pthread_mutex_init(&object->after, &robust);
	join_as(&child, room, lock_around);
	child_kill(child.pid);
	assert_true(word_of(room, child.id) & NR_ROBUST_DIED);
	assert_int_equal(pthread_mutex_lock(&object->before), EOWNERDEAD);
	assert_int_equal(pthread_mutex_lock(&object->after), EOWNERDEAD);
	/* They are in our list now. */
	assert_int_equal(pthread_mutex_unlock(&object->before), 0);
	assert_int_equal(pthread_mutex_unlock(&object->after), 0);
	part(&child);
}

/* Without the file all goes on, with naps. */
static void test_without_the_file(void **state)
{
	struct room *room = *state;
	struct naru_space *blind = NULL;
	struct nr_watch watch = {.members = &object->members};
	struct member child = {0};

	assert_int_equal(unlink(in(room, NR_DEATHS_FILE)), 0);
	assert_int_equal(mkdir(in(room, NR_DEATHS_FILE), 0700), 0);
	assert_int_equal(naru_space_open(room->path, NULL, &blind), 0);
	watch.space = blind;
	join_as(&child, room, be_one);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX), -EAGAIN);
	child_kill(child.pid);
	assert_int_equal(nr_members_sleep(&watch, &object->word, 0, UINT64_MAX),
			 -EOWNERDEAD);
	part(&child);
	naru_space_close(blind);
	assert_int_equal(rmdir(in(room, NR_DEATHS_FILE)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_object(test_word_tells_of_life),
		with_object(test_end_in_good_order_leaves_nothing),
		with_object(test_all_hear_of_a_death),
		with_object(test_late_member_is_watched),
		with_object(test_exit_is_a_death_too),
		with_object(test_who_slept_through_it_is_told),
		with_object(test_next_owner_of_the_slot_is_not_forgotten),
		with_object(test_woken_by_the_word),
		with_object(test_handler_ends_it_whatever_its_flags),
		with_object(test_thread_that_ends_is_no_death),
		with_object(test_another_thread_arms_again),
		with_object(test_robust_mutexes_work_beside_it),
		with_object(test_without_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
