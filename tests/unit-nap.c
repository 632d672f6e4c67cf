/* SPDX-License-Identifier: MIT */

/* Naps: a handler that runs in whichever moment of a wait ends it. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/clock.h>
#include <sys/nap.h>
#include <sys/signal.h>
#include <time.h>

#include <cmocka.h>

static volatile sig_atomic_t handled;
static _Atomic uint32_t word;

static void handler(int number)
{
	(void)number;
	handled++;
}

static int set_up(void **state)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	(void)state;
	handled = 0;
	word = 0;
	return sigaction(SIGUSR1, &action, NULL);
}

static int nap(struct nr_naps *naps, uint32_t expected, uint64_t until_ns)
{
	const struct nr_futex_word one = {&word, expected};

	return nr_nap(naps, &one, 1, until_ns);
}

static uint64_t mask_now(void)
{
	return nr_signal_blocked();
}

/* The signal has come, and its handler runs just when the nap's time is over. */
static void test_handler_at_the_end(void **state)
{
	struct nr_naps naps = {.held = false};

	(void)state;
	assert_int_equal(nap(&naps, 0, 1), -ETIMEDOUT);
	assert_true(naps.held);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(handled, 0);
	assert_int_equal(nap(&naps, 0, 1), -EINTR);
	assert_int_equal(handled, 1);
	assert_int_equal(nap(&naps, 0, 1), -EINTR);
	nr_naps_end(&naps);
}

/* It does not sleep when a handler has run before. */
static void test_handler_before_a_long_nap(void **state)
{
	struct nr_naps naps = {.held = false};

	(void)state;
	assert_int_equal(nap(&naps, 0, 1), -ETIMEDOUT);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(nap(&naps, 0, UINT64_MAX), -EINTR);
	nr_naps_end(&naps);
}

static void test_nothing_happens(void **state)
{
	uint64_t before = mask_now();
	struct nr_naps naps = {.held = false};

	(void)state;
	assert_int_equal(nr_naps_mask(&naps), before);
	assert_int_equal(nap(&naps, 1, UINT64_MAX), 0);
	assert_false(naps.held);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(nap(&naps, 0, nr_clock_monotonic() + 1000000),
				 -ETIMEDOUT);
		assert_int_equal(nr_naps_mask(&naps), before);
		assert_int_not_equal(mask_now(), before);
	}
	nr_naps_end(&naps);
	nr_naps_end(&naps);
	assert_int_equal(mask_now(), before);
}

/* A timer and the nap's end at the same time: it is the nap in which the handler runs. */
static void test_timer_at_the_end(void **state)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;

	(void)state;
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	for (int i = 0; i < 200; i++) {
		uint64_t at = nr_clock_monotonic() + 200000;
		struct itimerspec when = {
			.it_value = {(time_t)(at / 1000000000), (long)(at % 1000000000)}};
		struct nr_naps naps = {.held = false};
		int r;

		handled = 0;
		assert_int_equal(timer_settime(timer, TIMER_ABSTIME, &when, NULL), 0);
		do {
			r = nap(&naps, 0, at);
			assert_int_equal(handled, r == -EINTR);
		} while (r == -ETIMEDOUT);
		nr_naps_end(&naps);
	}
	timer_delete(timer);
}

static jmp_buf out;

static void jump(int number)
{
	(void)number;
	longjmp(out, 1);
}

/* A handler that does not come back finds its signals as they were. */
static void test_handler_jumps_out(void **state)
{
	struct sigaction action = {.sa_handler = jump, .sa_flags = SA_NODEFER};
	uint64_t before = mask_now();
	struct nr_naps naps = {.held = false};

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	if (setjmp(out) == 0) {
		assert_int_equal(nap(&naps, 0, 1), -ETIMEDOUT);
		assert_int_equal(raise(SIGUSR1), 0);
		nap(&naps, 0, UINT64_MAX);
		fail();
	}
	assert_int_equal(mask_now(), before);
}

/* Several words, of which the first is not what it was, the time is over, or a handler
 * has run. */
static void test_several_words(void **state)
{
	_Atomic uint32_t other = 0;
	struct nr_futex_word words[] = {{&word, 0}, {&other, 1}};
	struct nr_naps naps = {.held = false};
	int r = nr_nap(&naps, words, 2, 1);

	(void)state;
	nr_naps_end(&naps);
	if (r == -ENOSYS)
		skip();
	assert_int_equal(r, -EAGAIN);
	words[1].expected = 0;
	assert_int_equal(nr_nap(&naps, words, 2, 1), -ETIMEDOUT);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(nr_nap(&naps, words, 2, 1), -EINTR);
	nr_naps_end(&naps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_handler_at_the_end, set_up),
		cmocka_unit_test_setup(test_handler_before_a_long_nap, set_up),
		cmocka_unit_test_setup(test_nothing_happens, set_up),
		cmocka_unit_test_setup(test_timer_at_the_end, set_up),
		cmocka_unit_test_setup(test_handler_jumps_out, set_up),
		cmocka_unit_test_setup(test_several_words, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
