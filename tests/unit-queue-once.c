/* SPDX-License-Identifier: MIT */

/* Sends and releases that are repeated: once each. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

static struct naru_once session(uint64_t name, uint64_t number)
{
	return (struct naru_once){.session = {name, 5}, .number = number};
}

static ssize_t send_words(struct naru_queue *queue, struct naru_once *once,
			  const char *words)
{
	struct naru_item items[16];
	size_t count = strlen(words);

	for (size_t i = 0; i < count; i++)
		items[i] = (struct naru_item){1, (void *)(uintptr_t)&words[i], 1};
	return naru_queue_send_once(queue, once, items, count, 0);
}

static const char *drain(struct naru_queue *queue)
{
	static char all[64];
	size_t count = 0;

	while (naru_queue_receive(queue, 0, 0, &all[count], 1, 0, NULL) == 1)
		count++;
	all[count] = '\0';
	return all;
}

static void assert_recall(struct naru_queue *queue, uint64_t name, uint64_t sent,
			  uint64_t released)
{
	struct naru_once once = session(name, 1);
	uint64_t was_sent = 77, was_released = 77;

	assert_int_equal(naru_queue_recall(queue, &once, &was_sent, &was_released), 0);
	assert_int_equal(was_sent, sent);
	assert_int_equal(was_released, released);
}

static void test_again_is_not_sent_again(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_once once = session(3, 1);

	assert_int_equal(send_words(queue, &once, "abc"), 3);
	assert_int_equal(send_words(queue, &once, "abc"), 3);
	once = session(3, 2);
	assert_int_equal(send_words(queue, &once, "bcde"), 4);
	once.number = 6;
	assert_int_equal(send_words(queue, &once, "f"), 1);
	once.number = 10;
	assert_int_equal(send_words(queue, &once, "g"), 1);
	assert_int_equal(send_words(queue, &once, "g"), 1);
	assert_string_equal(drain(queue), "abcdefg");
	assert_recall(queue, 3, 10, 0);
	naru_queue_close(queue);
}

static void test_sessions_do_not_meet(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_queue *other = room_reopen(*state, "q");
	struct naru_once a = session(1, 1), b = session(2, 1);

	assert_int_equal(send_words(queue, &a, "a"), 1);
	assert_int_equal(send_words(other, &b, "b"), 1);
	/* An entry that is another's is not taken for ours. */
	b.private_ = a.private_;
	b.number = 2;
	assert_int_equal(send_words(other, &b, "c"), 1);
	assert_int_equal(send_words(queue, &a, "a"), 1);
	assert_string_equal(drain(queue), "abc");
	assert_recall(queue, 1, 1, 0);
	assert_recall(other, 2, 2, 0);
	assert_recall(other, 9, 0, 0);
	naru_queue_close(other);
	naru_queue_close(queue);
}

/* What has been sent needs no room. */
static void test_again_when_full(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 4, 0);
	struct naru_once once = session(3, 1);

	assert_int_equal(send_words(queue, &once, "abcdef"), 4);
	assert_int_equal(send_words(queue, &once, "abcd"), 4);
	assert_int_equal(send_words(queue, &once, "abcdef"), 4);
	once.number = 5;
	assert_int_equal(send_words(queue, &once, "ef"), -EAGAIN);
	assert_string_equal(drain(queue), "abcd");
	assert_int_equal(send_words(queue, &once, "ef"), 2);
	assert_string_equal(drain(queue), "ef");
	naru_queue_close(queue);
}

static void test_large(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 50000, 0);
	static char large[30000];
	struct naru_item item = {4, large, sizeof(large)};
	struct naru_once once = session(3, 1);

	for (int i = 0; i < 3; i++)
		assert_int_equal(naru_queue_send_once(queue, &once, &item, 1, 0), 1);
	assert_int_equal(room_stat(queue).messages, 1);
	once.number = 2;
	assert_int_equal(naru_queue_send_once(queue, &once, &item, 1, 0), -EAGAIN);
	assert_recall(queue, 3, 1, 0);
	naru_queue_close(queue);
}

static void test_release(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_message a, b;
	struct naru_once once = session(3, 1);

	words_send(queue, 1, "a");
	words_send(queue, 1, "b");
	assert_string_equal(words_take(queue, 0, 0, &a), "1 a");
	assert_string_equal(words_take(queue, 0, 0, &b), "1 b");
	assert_int_equal(naru_queue_release_once(queue, &once, &b), 0);
	assert_recall(queue, 3, 0, 1);
	/* A number that was used. */
	assert_int_equal(naru_queue_release_once(queue, &once, &a), -EINVAL);
	once.number = 2;
	assert_int_equal(naru_queue_release_once(queue, &once, &b), -EINVAL);
	assert_int_equal(naru_queue_release_once(queue, &once, &a), 0);
	assert_int_equal(naru_queue_release_once(queue, &once, &a), -EINVAL);
	assert_recall(queue, 3, 0, 2);
	assert_int_equal(room_stat(queue).held_messages, 0);
	assert_int_equal(room_stat(queue).received, 2);
	naru_queue_close(queue);
}

static void test_bad_sessions(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_once nobody = {.number = 1}, none = session(1, 0);
	struct naru_once last = session(1, UINT64_MAX);
	struct naru_item wrong = {0, NULL, 0};
	struct naru_once once = session(1, 1);

	assert_int_equal(send_words(queue, &nobody, "a"), -EINVAL);
	assert_int_equal(send_words(queue, &none, "a"), -EINVAL);
	assert_int_equal(send_words(queue, &last, "a"), -EINVAL);
	assert_int_equal(naru_queue_send_once(queue, &once, &wrong, 1, 0), -EINVAL);
	assert_int_equal(naru_queue_send_once(queue, &once, NULL, 0, 0), 0);
	assert_int_equal(naru_queue_recall(queue, &nobody, NULL, NULL), -EINVAL);
	assert_recall(queue, 1, 0, 0);
	naru_queue_close(queue);
}

/* It remembers 1,023; those who come again are not forgotten. */
static void test_the_least_used_is_forgotten(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_once once;

	for (uint64_t name = 1; name <= 1024; name++) {
		once = session(name, 7);
		assert_int_equal(send_words(queue, &once, "x"), 1);
		once = session(1, 7);
		assert_int_equal(send_words(queue, &once, "x"), 1);
		if (name % 32 == 0)
			drain(queue);
	}
	assert_int_equal(room_stat(queue).sent, 1024);
	assert_recall(queue, 1, 7, 0);
	assert_recall(queue, 3, 7, 0);
	assert_recall(queue, 1024, 7, 0);
	assert_recall(queue, 2, 0, 0);
	naru_queue_close(queue);
}

/* Who only asks, or sends in vain, takes no place from others. */
static void test_asking_forgets_nobody(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 3, 0);
	struct naru_once once = session(1, 7);
	struct naru_message message;

	assert_int_equal(send_words(queue, &once, "abc"), 3);
	assert_string_equal(words_take(queue, 0, 0, &message), "1 a");
	assert_int_equal(naru_queue_release_once(queue, &once, &message), 0);
	words_send(queue, 1, "d");
	for (uint64_t name = 2; name <= 1200; name++) {
		assert_recall(queue, name, 0, 0);
		once = session(name, 1);
		assert_int_equal(send_words(queue, &once, "x"), -EAGAIN);
	}
	assert_recall(queue, 1, 9, 7);
	naru_queue_close(queue);
}

static int send_and_die(void *data)
{
	struct naru_queue *queue = room_reopen(data, "q");
	struct naru_once once = session(3, 1);

	must(queue);
	must_be(send_words(queue, &once, "ab"), 2);
	return 0;
}

static void test_other_processes_remember(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_once once = session(3, 1);

	assert_int_equal(child_run(send_and_die, *state), 0);
	assert_recall(queue, 3, 2, 0);
	assert_int_equal(send_words(queue, &once, "abc"), 3);
	assert_string_equal(drain(queue), "abc");
	naru_queue_close(queue);
}

static int files_beside(const struct room *room, struct stat *ret_stat)
{
	char command[160], path[200] = "";
	FILE *list;
	int count = 0;

	snprintf(command, sizeof(command), "ls -A %s | grep '^[.].*[.]s$'", room->path);
	list = popen(command, "r");
	assert_non_null(list);
	for (char name[100]; fscanf(list, "%99s", name) == 1; count++)
		snprintf(path, sizeof(path), "%s/%s", room->path, name);
	pclose(list);
	if (count > 0)
		assert_int_equal(stat(path, ret_stat), 0);
	return count;
}

static void test_the_file_goes_with_the_queue(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 0, 0);
	struct naru_queue_options options = NARU_INIT(options, .mode = 0640);
	struct naru_once once = session(3, 1);
	struct stat stat;

	assert_int_equal(files_beside(*state, &stat), 0);
	assert_int_equal(send_words(queue, &once, "a"), 1);
	assert_int_equal(files_beside(*state, &stat), 1);
	assert_int_equal(stat.st_mode & 07777, 0600);
	assert_int_equal(naru_queue_set(queue, &options), 0);
	assert_int_equal(files_beside(*state, &stat), 1);
	assert_int_equal(stat.st_mode & 07777, 0640);
	assert_int_equal(naru_queue_remove(((struct room *)*state)->space, "q"), 0);
	assert_int_equal(files_beside(*state, &stat), 0);
	assert_int_equal(send_words(queue, &once, "a"), -EIDRM);
	naru_queue_close(queue);

	/* A new queue of that name remembers nothing. */
	queue = room_queue(*state, "q", 0, 0);
	assert_recall(queue, 3, 0, 0);
	naru_queue_close(queue);
}

static void beside_path(const struct room *room, char path[200])
{
	struct stat stat_of;

	snprintf(path, 200, "%s/q", room->path);
	must(stat(path, &stat_of) == 0);
	snprintf(path, 200, "%s/.q-%jx.s", room->path, (uintmax_t)stat_of.st_ino);
}

static int plant_as_other(void *data)
{
	char path[200];
	int fd;

	beside_path(data, path);
	must(setresgid(1002, 1002, 1002) == 0 && setresuid(1002, 1002, 1002) == 0);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
	must(fd >= 0 && fchmod(fd, 0666) == 0 && ftruncate(fd, 1 << 17) == 0);
	return 0;
}

static int send_as_owner(void *data)
{
	struct room *room = data;
	struct naru_queue *queue;
	struct naru_once once = session(3, 1);
	struct naru_space *space;

	must(setresgid(1001, 1001, 1001) == 0 && setresuid(1001, 1001, 1001) == 0);
	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_queue_create(space, "q", NULL, &queue), 0);
	must_be(naru_queue_send(queue, 1, "a", 1, 0), 0);
	return send_words(queue, &once, "b") == 1 ? 0 : 1;
}

static int send_again_as_owner(void *data)
{
	struct room *room = data;
	struct naru_queue *queue;
	struct naru_once once = session(3, 1);
	struct naru_space *space;

	must(setresgid(1001, 1001, 1001) == 0 && setresuid(1001, 1001, 1001) == 0);
	must_be(naru_space_open(room->path, NULL, &space), 0);
	must_be(naru_queue_open(space, "q", NULL, &queue), 0);
	must_be(send_words(queue, &once, "b"), -EACCES);
	return 0;
}

/* Another user of a space that is for all has put the file there. */
static void test_a_file_of_another_user_is_refused(void **state)
{
	struct room *room;
	char path[200];

	(void)state;
	if (geteuid() != 0)
		skip();
	room = room_open_for(01777);
	assert_int_equal(child_run(send_as_owner, room), 0);
	beside_path(room, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(child_run(plant_as_other, room), 0);
	assert_int_equal(child_run(send_again_as_owner, room), 0);
	room_close(room);
}

/* A link in its place is not followed. */
static void test_a_link_is_not_followed(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = room_queue(room, "q", 0, 0);
	struct naru_queue_options options = NARU_INIT(options, .mode = 0666);
	struct naru_once once = session(3, 1);
	char path[200], target[200];
	struct stat stat_of;
	int fd;

	beside_path(room, path);
	snprintf(target, sizeof(target), "%s/precious", room->path);
	fd = open(target, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(send_words(queue, &once, "a"), -EBADMSG);
	assert_int_equal(naru_queue_set(queue, &options), 0);
	assert_int_equal(stat(target, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 07777, 0600);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_again_is_not_sent_again),
		in_a_room(test_sessions_do_not_meet),
		in_a_room(test_again_when_full),
		in_a_room(test_large),
		in_a_room(test_release),
		in_a_room(test_bad_sessions),
		in_a_room(test_the_least_used_is_forgotten),
		in_a_room(test_asking_forgets_nobody),
		in_a_room(test_other_processes_remember),
		in_a_room(test_the_file_goes_with_the_queue),
		cmocka_unit_test(test_a_file_of_another_user_is_refused),
		in_a_room(test_a_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
