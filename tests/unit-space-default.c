/* SPDX-License-Identifier: MIT */

/* The default space: which directory it is, and whose it must be. */

#include <errno.h>
#include <layout/peers.h>
#include <naru/queue.h>
#include <naru/segment.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/place.h>

#define ALICES_DEFAULT "/dev/shm/naru-54321"

static int clear_alices_default(void **state)
{
	(void)state;
	if (unlink(ALICES_DEFAULT) < 0)
		remove_space(ALICES_DEFAULT);
	return 0;
}

static int use_default(void *expected)
{
	struct naru_space *space = NULL, *again = NULL;

	become(ALICE);
	unsetenv("NARU_SPACE");
	umask(0);
	must_be(naru_space_open(NULL, NULL, &space), *(int *)expected);
	if (!space) {
		must(!naru_space_path(NULL));
		return 0;
	}
	must(strcmp(naru_space_path(space), ALICES_DEFAULT) == 0);
	must_be(mode_of(ALICES_DEFAULT), 0700);
	must_be(mode_of(ALICES_DEFAULT "/" NR_PEERS_FILE), 0600);

	/* It is kept, whatever the environment says later. */
	must(setenv("NARU_SPACE", "/nonexistent", 1) == 0);
	must_be(naru_space_open(NULL, NULL, &again), 0);
	must(again == space);
	naru_space_close(again);
	naru_space_close(space);
	must(strcmp(naru_space_path(NULL), ALICES_DEFAULT) == 0);
	return 0;
}

static void test_default_is_made(void **state)
{
	int expected = 0;

	(void)state;
	need_root();
	assert_int_equal(child_run(use_default, &expected), 0);
	assert_int_equal(child_run(use_default, &expected), 0);
}

static void test_default_of_another_owner_is_a_trap(void **state)
{
	int expected = -EACCES;

	(void)state;
	need_root();
	assert_int_equal(mkdir(ALICES_DEFAULT, 0777), 0);
	assert_int_equal(chmod(ALICES_DEFAULT, 0777), 0);
	assert_int_equal(child_run(use_default, &expected), 0);
	assert_int_equal(access(ALICES_DEFAULT "/" NR_PEERS_FILE, F_OK), -1);
}

static void test_default_that_is_a_link_is_a_trap(void **state)
{
	struct room *room = *state;
	int expected = -EACCES;

	need_root();
	assert_int_equal(chown(room->path, ALICE, ALICE), 0);
	assert_int_equal(symlink(room->path, ALICES_DEFAULT), 0);
	assert_int_equal(child_run(use_default, &expected), 0);
	clear_alices_default(NULL);
}

static int use_environment(void *data)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/", (char *)data);
	must(setenv("NARU_SPACE", path, 1) == 0);
	must(strcmp(naru_space_path(NULL), data) == 0);
	return 0;
}

static void test_environment_chooses_the_default(void **state)
{
	struct room *room = *state;
	char path[96];

	assert_int_equal(child_run(use_environment, room->path), 0);
	snprintf(path, sizeof(path), "%s/made", room->path);
	assert_int_equal(child_run(use_environment, path), 0);
	assert_int_equal(mode_of(path), 0700);
	remove_space(path);
}

static int use_empty_environment(void *data)
{
	(void)data;
	become(ALICE);
	must(setenv("NARU_SPACE", "", 1) == 0);
	must(strcmp(naru_space_path(NULL), ALICES_DEFAULT) == 0);
	return 0;
}

static void test_empty_environment_is_none(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(child_run(use_empty_environment, NULL), 0);
}

static int ask_in_vain(void *data)
{
	struct naru_queue_options queue = NARU_INIT(queue, .flags = NARU_CREATE);
	struct naru_queue_options wrong = NARU_INIT(wrong, .flags = 1u << 31);
	struct naru_segment_options segment =
		NARU_INIT(segment, .flags = NARU_CREATE, .length = 1);
	static const char *const names[] = {"", ".dot", "a/b", "a b", "\xff"};
	struct naru_segment *no_segment;
	struct naru_queue *no_queue;

	(void)data;
	become(ALICE);
	unsetenv("NARU_SPACE");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		must_be(naru_queue_open(NULL, names[i], &queue, &no_queue), -EINVAL);
		must_be(naru_queue_create(NULL, names[i], &queue, &no_queue), -EINVAL);
		must_be(naru_queue_remove(NULL, names[i]), -EINVAL);
		must_be(naru_segment_open(NULL, names[i], &segment, &no_segment),
			-EINVAL);
		must_be(naru_segment_remove(NULL, names[i]), -EINVAL);
	}
	must_be(naru_queue_open(NULL, NULL, &queue, &no_queue), -EINVAL);
	must_be(naru_queue_open(NULL, "jobs", &wrong, &no_queue), -EINVAL);
	must_be(naru_queue_create(NULL, "jobs", &wrong, &no_queue), -EINVAL);
	must(access(ALICES_DEFAULT, F_OK) < 0);
	return 0;
}

static void test_what_is_refused_makes_no_space(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(child_run(ask_in_vain, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_default_is_made, clear_alices_default),
		cmocka_unit_test_teardown(test_default_of_another_owner_is_a_trap,
					  clear_alices_default),
		in_a_room(test_default_that_is_a_link_is_a_trap),
		in_a_room(test_environment_chooses_the_default),
		cmocka_unit_test_teardown(test_empty_environment_is_none,
					  clear_alices_default),
		cmocka_unit_test_teardown(test_what_is_refused_makes_no_space,
					  clear_alices_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
