/* SPDX-License-Identifier: MIT */

/* Options and statistics of older and newer callers, error texts, the log hook. */

#include <base/log.h>
#include <base/options.h>
#include <errno.h>
#include <limits.h>
#include <naru/base.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct options {
	size_t size;
	uint64_t first;
	uint64_t second;
};

struct options_to_come {
	struct options known;
	uint64_t third;
};

static void test_options_of_none(void **state)
{
	struct options copy;

	(void)state;
	memset(&copy, 0xff, sizeof(copy));
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), NULL), 0);
	assert_int_equal(copy.first, 0);
	assert_int_equal(copy.second, 0);
}

static void test_options_of_an_older_caller(void **state)
{
	struct options options = {offsetof(struct options, second), 1, 2}, copy;

	(void)state;
	memset(&copy, 0xff, sizeof(copy));
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), &options), 0);
	assert_int_equal(copy.first, 1);
	assert_int_equal(copy.second, 0);
}

static void test_options_of_a_newer_caller(void **state)
{
	struct options_to_come options = {{sizeof(options), 1, 2}, 0};
	struct {
		struct options copy;
		uint64_t beyond;
	} room = {.beyond = 4711};

	(void)state;
	assert_int_equal(nr_options_copy(&room.copy, sizeof(room.copy), &options), 0);
	assert_int_equal(room.copy.first, 1);
	assert_int_equal(room.copy.second, 2);
	assert_int_equal(room.beyond, 4711);

	options.third = UINT64_C(1) << 63;
	assert_int_equal(nr_options_copy(&room.copy, sizeof(room.copy), &options),
			 -E2BIG);
	assert_int_equal(nr_options_check(&options, sizeof(struct options)), -E2BIG);
}

static void test_options_without_a_size(void **state)
{
	struct options options = {0, 1, 2}, copy = {0, 3, 4};

	(void)state;
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), &options), -EINVAL);
	options.size = sizeof(size_t) - 1;
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), &options), -EINVAL);
	options.size = SIZE_MAX;
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), &options), -EINVAL);
	assert_int_equal(copy.first, 3);
	options.size = sizeof(size_t);
	assert_int_equal(nr_options_copy(&copy, sizeof(copy), &options), 0);
	assert_int_equal(copy.first, 0);
}

static void test_statistics_to_callers_of_any_age(void **state)
{
	const struct options stat = {0, 1, 2};
	struct options_to_come newer = {{sizeof(newer), 7, 7}, 7};
	struct options older = {offsetof(struct options, second), 7, 7};
	struct options none = {0, 7, 7};

	(void)state;
	assert_int_equal(nr_options_return(&newer, sizeof(stat), &stat), 0);
	assert_int_equal(newer.known.size, sizeof(newer));
	assert_int_equal(newer.known.first, 1);
	assert_int_equal(newer.known.second, 2);
	assert_int_equal(newer.third, 0);
	assert_int_equal(nr_options_return(&older, sizeof(stat), &stat), 0);
	assert_int_equal(older.first, 1);
	assert_int_equal(older.second, 7);
	assert_int_equal(nr_options_return(&none, sizeof(stat), &stat), -EINVAL);
	assert_int_equal(none.first, 7);
}

static void test_error_texts(void **state)
{
	static const int own[] = {EAGAIN, ETIMEDOUT,  EINTR,   EMSGSIZE,
				  EIDRM,  EOWNERDEAD, EBADMSG, EPROTONOSUPPORT,
				  E2BIG,  EINVAL,     EUSERS};

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_string_equal(naru_error_text(own[i]), naru_error_text(-own[i]));
		assert_string_not_equal(naru_error_text(own[i]), strerror(own[i]));
	}
	assert_string_equal(naru_error_text(-ENOSPC), "No space left on device");
	assert_string_equal(naru_error_text(0), "no error");
	assert_string_equal(naru_error_text(4000), "an unknown error");
	assert_string_equal(naru_error_text(INT_MIN), "an unknown error");
	assert_string_equal(naru_error_text(INT_MAX), "an unknown error");
}

static void test_version(void **state)
{
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "%d.%d.%d", NARU_VERSION_MAJOR, NARU_VERSION_MINOR,
		 NARU_VERSION_PATCH);
	assert_string_equal(naru_version(), text);
	assert_string_equal(naru_version(), NARU_VERSION);
}

static void keep_line(void *data, const char *line)
{
	snprintf(data, 1024, "%s", line);
}

static void test_log(void **state)
{
	char line[1024] = "", long_word[2000];

	(void)state;
	nr_log("nobody listens");
	naru_set_log(keep_line, line);
	errno = ENOTTY;
	nr_log("slot %d of %s", 7, "q");
	assert_string_equal(line, "slot 7 of q");
	assert_int_equal(errno, ENOTTY);

	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	nr_log("%s", long_word);
	assert_int_equal(strlen(line), 511);

	naru_set_log(NULL, NULL);
	nr_log("nobody listens any more");
	assert_int_equal(strlen(line), 511);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_of_none),
		cmocka_unit_test(test_options_of_an_older_caller),
		cmocka_unit_test(test_options_of_a_newer_caller),
		cmocka_unit_test(test_options_without_a_size),
		cmocka_unit_test(test_statistics_to_callers_of_any_age),
		cmocka_unit_test(test_error_texts),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
