/* SPDX-License-Identifier: MIT */

/* Queues by name: create, open, either, remove; names and options out of range. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_create_then_open(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);
	struct naru_queue *other = room_reopen(room, "q");

	words_send(queue, 1, "one");
	assert_string_equal(words_receive(other, 0, 0), "1 one");
	assert_null(naru_queue_close(queue));
	assert_null(naru_queue_close(other));
	assert_null(naru_queue_close(NULL));
}

static void test_messages_outlive_the_handles(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);

	words_send(queue, 1, "one");
	words_send(queue, 2, "two");
	naru_queue_close(queue);
	queue = room_reopen(room, "q");
	assert_string_equal(words_receive(queue, 0, 0), "1 one");
	assert_string_equal(words_receive(queue, 0, 0), "2 two");
	assert_string_equal(words_receive(queue, 0, 0), "EAGAIN");
	naru_queue_close(queue);
}

static void test_create_is_exclusive(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);
	struct naru_queue *other = NULL;

	assert_int_equal(naru_queue_create(room->space, "q", NULL, &other), -EEXIST);
	assert_null(other);
	naru_queue_close(queue);
}

static void test_open_or_create(void **state)
{
	struct room *room = *state;
	struct naru_queue_options options =
		NARU_INIT(options, .flags = NARU_CREATE, .capacity = 4096);
	struct naru_queue *queue = NULL, *other = NULL;

	assert_int_equal(naru_queue_open(room->space, "q", NULL, &queue), -ENOENT);
	assert_null(queue);
	assert_int_equal(naru_queue_open(room->space, "q", &options, &queue), 0);
	assert_int_equal(room_stat(queue).capacity, 4096);
	options.capacity = 8192;
	assert_int_equal(naru_queue_open(room->space, "q", &options, &other), 0);
	assert_int_equal(room_stat(other).capacity, 4096);
	words_send(queue, 1, "one");
	assert_string_equal(words_receive(other, 0, 0), "1 one");
	naru_queue_close(queue);
	naru_queue_close(other);
}

static void test_defaults(void **state)
{
	struct room *room = *state;
	struct naru_queue_stat stat;
	struct naru_queue *queue = NULL;

	assert_int_equal(naru_queue_create(room->space, "q", NULL, &queue), 0);
	stat = room_stat(queue);
	assert_int_equal(stat.capacity, 1 << 20);
	assert_int_equal(stat.capacity_messages, (1 << 20) / 128 + 16);
	assert_int_equal(stat.mode, 0600);
	assert_int_equal(stat.uid, geteuid());
	assert_int_equal(stat.gid, getegid());
	naru_queue_close(queue);
}

static void test_the_mode_ignores_umask(void **state)
{
	struct room *room = *state;
	struct naru_queue_options options = NARU_INIT(options, .mode = 0666);
	mode_t before = umask(0077);
	struct naru_queue *queue = NULL;

	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), 0);
	assert_int_equal(room_stat(queue).mode, 0666);
	naru_queue_close(queue);
	umask(0777);
	queue = room_queue(room, "default", 0, 0);
	umask(before);
	assert_int_equal(room_stat(queue).mode, 0600);
	naru_queue_close(queue);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"",	   ".",		  "..",	 ".q",
					  "a/b",   "/a",	  "a b", "a\n",
					  "a\xff", "caf\xc3\xa9", "a*"};
	static const char good[] = "ABCXYZabcxyz0189._-";
	struct room *room = *state;
	char longest[NARU_NAME_MAX + 2];
	struct naru_queue *queue = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(naru_queue_create(room->space, bad[i], NULL, &queue),
				 -EINVAL);
		assert_int_equal(naru_queue_open(room->space, bad[i], NULL, &queue),
				 -EINVAL);
		assert_int_equal(naru_queue_remove(room->space, bad[i]), -EINVAL);
	}
	memset(longest, 'n', sizeof(longest) - 1);
	longest[NARU_NAME_MAX + 1] = '\0';
	assert_int_equal(naru_queue_create(room->space, longest, NULL, &queue), -EINVAL);
	assert_null(queue);
	longest[NARU_NAME_MAX] = '\0';
	naru_queue_close(room_queue(room, longest, 4096, 0));
	assert_int_equal(naru_queue_remove(room->space, longest), 0);
	naru_queue_close(room_queue(room, good, 4096, 0));
	naru_queue_close(room_queue(room, "x", 4096, 0));
	naru_queue_close(room_queue(room, "-", 4096, 0));
}

static void test_options_out_of_range(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = NULL;
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = (UINT64_C(1) << 37) + 1);

	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.capacity = UINT64_MAX;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.capacity = 4096;
	options.messages = (UINT64_C(1) << 30) + 1;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.messages = UINT64_MAX;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.messages = 0;
	options.mode = 01777;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.mode = 0;
	options.flags = 1u << 31;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	options.flags = 0;
	options.size = 4;
	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), -EINVAL);
	assert_null(queue);
	assert_int_equal(naru_queue_open(room->space, "q", NULL, &queue), -ENOENT);
}

static void test_options_of_a_later_version(void **state)
{
	struct room *room = *state;
	struct {
		struct naru_queue_options options;
		uint64_t later;
	} longer = {.options = {.size = sizeof(longer), .capacity = 4096}};
	struct naru_queue *queue = NULL;

	longer.later = 1;
	assert_int_equal(naru_queue_create(room->space, "q", &longer.options, &queue),
			 -E2BIG);
	assert_null(queue);
	longer.later = 0;
	assert_int_equal(naru_queue_create(room->space, "q", &longer.options, &queue), 0);
	longer.later = 1;
	assert_int_equal(naru_queue_set(queue, &longer.options), -E2BIG);
	naru_queue_close(queue);
	assert_int_equal(naru_queue_open(room->space, "q", &longer.options, &queue),
			 -E2BIG);
}

static void test_the_smallest_queue(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 1, 1);

	for (int i = 0; i < 1000; i++) {
		words_send(queue, 1, "x");
		assert_int_equal(naru_queue_send(queue, 1, "y", 1, 0), -EAGAIN);
		assert_int_equal(naru_queue_send(queue, 1, "yy", 2, 0), -EMSGSIZE);
		assert_string_equal(words_receive(queue, 0, 0), "1 x");
	}
	naru_queue_close(queue);
}

static void test_remove(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 4096, 0), *later;

	assert_int_equal(naru_queue_remove(room->space, "p"), -ENOENT);
	words_send(queue, 1, "old");
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	assert_int_equal(naru_queue_remove(room->space, "q"), -ENOENT);
	later = room_queue(room, "q", 4096, 0);
	assert_string_equal(words_receive(later, 0, 0), "EAGAIN");
	assert_string_equal(words_receive(queue, 0, 0), "EIDRM");
	naru_queue_close(queue);
	naru_queue_close(later);
}

static void test_what_is_not_a_queue(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = NULL;
	char path[128];
	int fd;

	strcpy(path, room->path);
	fd = open(strcat(path, "/text"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "hello, world\n", 13), 13);
	close(fd);
	assert_int_equal(naru_queue_open(room->space, "text", NULL, &queue), -EBADMSG);
	strcpy(path, room->path);
	fd = open(strcat(path, "/empty"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(naru_queue_open(room->space, "empty", NULL, &queue), -EBADMSG);
	strcpy(path, room->path);
	assert_int_equal(mkfifo(strcat(path, "/pipe"), 0600), 0);
	assert_int_equal(naru_queue_open(room->space, "pipe", NULL, &queue), -EBADMSG);
	assert_null(queue);
	assert_int_equal(naru_queue_remove(room->space, "text"), 0);
	assert_int_equal(naru_queue_remove(room->space, "empty"), 0);
	assert_int_equal(naru_queue_remove(room->space, "pipe"), 0);
}

static void test_a_link_is_not_followed(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "real", 4096, 0), *other = NULL;
	char path[128];

	strcpy(path, room->path);
	assert_int_equal(symlink("real", strcat(path, "/link")), 0);
	assert_true(naru_queue_open(room->space, "link", NULL, &other) < 0);
	assert_null(other);
	naru_queue_close(queue);
}

static int use_default_space(void *path)
{
	struct naru_queue *queue = NULL;
	char byte;

	must(setenv("NARU_SPACE", path, 1) == 0);
	must_be(naru_queue_create(NULL, "q", NULL, &queue), 0);
	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), 1);
	naru_queue_close(queue);
	must_be(naru_queue_create(NULL, "q", NULL, &queue), -EEXIST);
	return 0;
}

static void test_null_is_the_default_space(void **state)
{
	struct room *room = *state;

	need_here();
	assert_int_equal(child_run(use_default_space, room->path), 0);
	naru_queue_close(room_reopen(room, "q"));
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_create_then_open),
		in_a_room(test_messages_outlive_the_handles),
		in_a_room(test_create_is_exclusive),
		in_a_room(test_open_or_create),
		in_a_room(test_defaults),
		in_a_room(test_the_mode_ignores_umask),
		in_a_room(test_names),
		in_a_room(test_options_out_of_range),
		in_a_room(test_options_of_a_later_version),
		in_a_room(test_the_smallest_queue),
		in_a_room(test_remove),
		in_a_room(test_what_is_not_a_queue),
		in_a_room(test_a_link_is_not_followed),
		in_a_room(test_null_is_the_default_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
