/* SPDX-License-Identifier: MIT */

/* The lock of a segment, and its bell: turns, timeouts, signals, deaths. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"

static void test_turns(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 1);

	assert_int_equal(naru_segment_unlock(segment), -EPERM);
	assert_int_equal(naru_segment_repaired(segment), -EPERM);
	assert_int_equal(naru_segment_give_up(segment), -EPERM);
	assert_int_equal(naru_segment_lock(segment, 0), 0);
	assert_int_equal(segment_stat(segment).lock_owner, getpid());
	assert_int_equal(naru_segment_lock(segment, 0), -EAGAIN);
	assert_int_equal(naru_segment_lock(segment, 20), -ETIMEDOUT);
	assert_int_equal(naru_segment_unlock(segment), 0);
	assert_int_equal(naru_segment_unlock(segment), -EPERM);
	assert_int_equal(segment_stat(segment).lock_owner, 0);
	assert_int_equal(naru_segment_lock(segment, -1), 0);
	assert_int_equal(naru_segment_unlock(segment), 0);
	naru_segment_close(segment);
}

enum { PROCESSES = 4, ROUNDS = 20000 };

static int count_up(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);
	volatile uint64_t *number = segment_attach(segment, 0);

	for (int i = 0; i < ROUNDS; i++) {
		must_be(naru_segment_lock(segment, -1), 0);
		*number = *number + 1;
		must_be(naru_segment_unlock(segment), 0);
	}
	naru_segment_close(segment);
	return 0;
}

static void *count_up_in_thread(void *data)
{
	must_be(count_up(data), 0);
	return NULL;
}

static void test_processes_and_threads(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 8);
	uint64_t *number = segment_attach(segment, 0);
	pthread_t threads[2];

	for (int i = 0; i < PROCESSES; i++)
		child_start(count_up, *state);
	for (int i = 0; i < 2; i++)
		must(pthread_create(&threads[i], NULL, count_up_in_thread, *state) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(child_await_all(PROCESSES), 0);
	assert_int_equal(*number, (PROCESSES + 2) * ROUNDS);
	naru_segment_close(segment);
}

static int die_with_it(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_lock(segment, -1), 0);
	strcpy(segment_attach(segment, 0), "half");
	kill(getpid(), SIGKILL);
	return 0;
}

static int die_again(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_lock(segment, -1), -EOWNERDEAD);
	kill(getpid(), SIGKILL);
	return 0;
}

static void test_an_owner_dies(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);

	assert_int_equal(child_run(die_with_it, *state), 128 + SIGKILL);
	assert_int_equal(segment_stat(segment).damaged, 1);
	assert_int_equal(child_run(die_again, *state), 128 + SIGKILL);
	assert_int_equal(naru_segment_lock(segment, 0), -EOWNERDEAD);
	assert_string_equal(segment_attach(segment, 0), "half");
	/* Not repaired yet, so the next one is told as well. */
	assert_int_equal(naru_segment_unlock(segment), 0);
	assert_int_equal(naru_segment_lock(segment, -1), -EOWNERDEAD);
	assert_int_equal(naru_segment_repaired(segment), 0);
	assert_int_equal(naru_segment_unlock(segment), 0);
	assert_int_equal(naru_segment_lock(segment, -1), 0);
	assert_int_equal(naru_segment_unlock(segment), 0);
	assert_int_equal(segment_stat(segment).damaged, 0);
	naru_segment_close(segment);
}

static int expect_given_up(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_lock(segment, -1), -ENOTRECOVERABLE);
	return 0;
}

static void await_sleep(pid_t pid)
{
	while (!asleep(pid))
		sched_yield();
}

static void test_given_up(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);
	pid_t waiting[2];

	assert_int_equal(child_run(die_with_it, *state), 128 + SIGKILL);
	assert_int_equal(naru_segment_lock(segment, 0), -EOWNERDEAD);
	for (int i = 0; i < 2; i++) {
		waiting[i] = child_start(expect_given_up, *state);
		await_sleep(waiting[i]);
	}
	assert_int_equal(naru_segment_give_up(segment), 0);
	assert_int_equal(child_await_all(2), 0);
	assert_int_equal(naru_segment_lock(segment, 0), -ENOTRECOVERABLE);
	assert_int_equal(naru_segment_unlock(segment), -EPERM);
	assert_int_equal(segment_stat(segment).damaged, 2);
	naru_segment_close(segment);
}

static int lock_and_stay(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_lock(segment, -1), 0);
	pause();
	return 0;
}

static int inherit(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_lock(segment, -1), -EOWNERDEAD);
	return 0;
}

/* Whoever waits for it hears of the death, however long it has waited. */
static void test_a_sleeper_hears_of_it(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);
	pid_t owner = child_start(lock_and_stay, *state), waiting[2];

	while (segment_stat(segment).lock_owner == 0)
		sched_yield();
	for (int i = 0; i < 2; i++) {
		waiting[i] = child_start(inherit, *state);
		await_sleep(waiting[i]);
	}
	child_kill(owner);
	/* The first one dies with it in turn, by exit(2). */
	assert_int_equal(child_await_all(2), 0);
	naru_segment_close(segment);
}

enum { HANDED_OVER = 60 };

static int take_turns(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);
	atomic_uint *turns = segment_attach(segment, 0);

	for (uint32_t i = 0; i < HANDED_OVER; i++) {
		must_be(naru_segment_lock(segment, -1), 0);
		atomic_fetch_add(turns, 1);
		must_be(naru_segment_unlock(segment), 0);
		must_be(naru_segment_wait(segment, i, -1), 0);
	}
	return 0;
}

/*
 * Who has slept for long hears of an unlock, and of a notify, at once, and not when its
 * nap of ten seconds is over: else this does not come to its end in time.
 */
static void test_long_sleepers_are_woken(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);
	atomic_uint *turns = segment_attach(segment, 0);
	pid_t child;

	assert_int_equal(naru_segment_lock(segment, -1), 0);
	child = child_start(take_turns, *state);
	for (unsigned i = 0; i < HANDED_OVER; i++) {
		while (!watches(child))
			sched_yield();
		assert_int_equal(naru_segment_unlock(segment), 0);
		/* Once it has had the lock it waits for the bell. */
		while (atomic_load(turns) == i || !watches(child))
			sched_yield();
		assert_int_equal(naru_segment_lock(segment, -1), 0);
		assert_int_equal(naru_segment_notify(segment), 0);
	}
	assert_int_equal(naru_segment_unlock(segment), 0);
	assert_int_equal(child_await(child), 0);
	naru_segment_close(segment);
}

static int fork_with_it(void *data)
{
	struct naru_segment *segment = data;

	must_be(naru_segment_unlock(segment), -EPERM);
	must_be(naru_segment_lock(segment, 0), -EAGAIN);
	return 0;
}

static void test_a_child_does_not_have_it(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);

	assert_int_equal(naru_segment_lock(segment, -1), 0);
	assert_int_equal(child_run(fork_with_it, segment), 0);
	assert_int_equal(naru_segment_unlock(segment), 0);
	naru_segment_close(segment);
}

static void handle_signal(int number)
{
	(void)number;
}

static int wait_for_a_signal(void *data)
{
	struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
	struct naru_segment *segment = segment_open(data, "s", 0);

	must(sigaction(SIGUSR1, &action, NULL) == 0);
	must_be(naru_segment_lock(segment, -1), -EINTR);
	must_be(naru_segment_wait(segment, naru_segment_events(segment), -1), -EINTR);
	return 0;
}

static void test_signals(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);
	pid_t child;

	assert_int_equal(naru_segment_lock(segment, -1), 0);
	child = child_start(wait_for_a_signal, *state);
	/* One at the lock, and one at the bell; what comes between is one too many. */
	while (kill(child, 0) == 0) {
		int status;

		if (asleep(child))
			kill(child, SIGUSR1);
		if (waitpid(child, &status, WNOHANG) == child) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
	}
	naru_segment_close(segment);
}

static void test_the_bell(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);
	uint32_t events = naru_segment_events(segment);

	assert_int_equal(naru_segment_wait(segment, events, 0), -EAGAIN);
	assert_int_equal(naru_segment_wait(segment, events, 20), -ETIMEDOUT);
	assert_int_equal(naru_segment_notify(segment), 0);
	assert_int_equal(naru_segment_wait(segment, events, 0), 0);
	assert_int_equal(naru_segment_wait(segment, events, -1), 0);
	assert_int_equal(naru_segment_events(segment), events + 1);
	naru_segment_close(segment);
}

static int wait_once(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);

	must_be(naru_segment_wait(segment, 0, -1), 0);
	return 0;
}

static int wait_read_only(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", NARU_READ_ONLY);

	must_be(naru_segment_wait(segment, 0, -1), 0);
	return 0;
}

static void test_all_are_woken(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 10);

	for (int i = 0; i < 4; i++)
		await_sleep(child_start(i ? wait_once : wait_read_only, *state));
	assert_int_equal(naru_segment_notify(segment), 0);
	assert_int_equal(child_await_all(4), 0);
	naru_segment_close(segment);
}

/* Two hand a number to and fro; each must see the other's. */
static int echo(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);
	volatile uint32_t *turn = segment_attach(segment, 0);

	for (uint32_t i = 0; i < ROUNDS; i += 2) {
		for (;;) {
			uint32_t events = naru_segment_events(segment);

			if (*turn == i + 1)
				break;
			must_be(naru_segment_wait(segment, events, -1), 0);
		}
		*turn = i + 2;
		must_be(naru_segment_notify(segment), 0);
	}
	return 0;
}

static void test_to_and_fro(void **state)
{
	struct naru_segment *segment = segment_create(*state, "s", 4);
	volatile uint32_t *turn = segment_attach(segment, 0);
	pid_t child = child_start(echo, *state);

	for (uint32_t i = 0; i < ROUNDS; i += 2) {
		*turn = i + 1;
		assert_int_equal(naru_segment_notify(segment), 0);
		for (;;) {
			uint32_t events = naru_segment_events(segment);

			if (*turn == i + 2)
				break;
			assert_int_equal(naru_segment_wait(segment, events, -1), 0);
		}
	}
	assert_int_equal(child_await(child), 0);
	naru_segment_close(segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_room(test_turns),
		in_a_room(test_processes_and_threads),
		in_a_room(test_an_owner_dies),
		in_a_room(test_given_up),
		in_a_room(test_a_sleeper_hears_of_it),
		in_a_room(test_long_sleepers_are_woken),
		in_a_room(test_a_child_does_not_have_it),
		in_a_room(test_signals),
		in_a_room(test_the_bell),
		in_a_room(test_all_are_woken),
		in_a_room(test_to_and_fro),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
