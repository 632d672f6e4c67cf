/* SPDX-License-Identifier: MIT */

/*
 * Owner, group and mode, as another user finds them. Needs root, to become that
 * user; with fs.protected_regular=2, Debian's default, where it may be set.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHER = 65533, GROUP = 65532, THIRD = 65531 };

static const char protected_regular[] = "/proc/sys/fs/protected_regular";

/* A user's view of a room, in a child. */
struct visit {
	struct room *room;
	uid_t user;
	gid_t group;
	int (*body)(struct naru_space *space);
};

static int visit(void *data)
{
	struct visit *v = data;
	struct naru_space *space = NULL;

	must(setgroups(0, NULL) == 0);
	must(setresgid(v->group, v->group, v->group) == 0);
	must(setresuid(v->user, v->user, v->user) == 0);
	must_be(naru_space_open(v->room->path, NULL, &space), 0);
	must_be(v->body(space), 0);
	naru_space_close(space);
	return 0;
}

static void as(struct room *room, uid_t user, gid_t group,
	       int (*body)(struct naru_space *space))
{
	struct visit v = {room, user, group, body};

	assert_int_equal(child_run(visit, &v), 0);
}

static struct naru_queue *queue_of_mode(struct room *room, uint32_t mode)
{
	struct naru_queue_options options =
		NARU_INIT(options, .flags = NARU_SET_OWNER | NARU_SET_GROUP, .mode = mode,
			  .owner = OTHER, .group = GROUP);
	struct naru_queue *queue = NULL;

	assert_int_equal(naru_queue_create(room->space, "q", &options, &queue), 0);
	return queue;
}

static int may_use(struct naru_space *space)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_CREATE);
	struct naru_queue *queue = NULL;
	char byte;

	must_be(naru_queue_open(space, "q", NULL, &queue), 0);
	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	must_be(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), 1);
	queue = naru_queue_close(queue);
	must_be(naru_queue_open(space, "q", &options, &queue), 0);
	naru_queue_close(queue);
	return 0;
}

static int may_not_use(struct naru_space *space)
{
	struct naru_queue_options options = NARU_INIT(options, .flags = NARU_CREATE);
	struct naru_queue *queue = NULL;

	must_be(naru_queue_open(space, "q", NULL, &queue), -EACCES);
	must_be(naru_queue_open(space, "q", &options, &queue), -EACCES);
	must_be(naru_queue_create(space, "q", NULL, &queue), -EEXIST);
	must(!queue);
	return 0;
}

static void test_the_owner(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0600);
	struct naru_queue_stat stat = room_stat(queue);

	assert_int_equal(stat.uid, OTHER);
	assert_int_equal(stat.gid, GROUP);
	assert_int_equal(stat.mode, 0600);
	as(room, OTHER, OTHER, may_use);
	as(room, THIRD, GROUP, may_not_use);
	as(room, THIRD, THIRD, may_not_use);
	naru_queue_close(queue);
}

static void test_the_group(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0660);

	as(room, OTHER, OTHER, may_use);
	as(room, THIRD, GROUP, may_use);
	as(room, THIRD, THIRD, may_not_use);
	naru_queue_close(queue);
}

static void test_everybody(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0666);

	as(room, THIRD, THIRD, may_use);
	naru_queue_close(queue);
}

static void test_reading_alone_does_not_suffice(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0644);

	as(room, THIRD, THIRD, may_not_use);
	naru_queue_close(queue);
}

static void test_the_mode_can_be_changed(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0600);
	struct naru_queue_options options =
		NARU_INIT(options, .flags = NARU_SET_OWNER | NARU_SET_GROUP, .mode = 0660,
			  .owner = 0, .group = THIRD);

	as(room, THIRD, THIRD, may_not_use);
	assert_int_equal(naru_queue_set(queue, &options), 0);
	assert_int_equal(room_stat(queue).uid, 0);
	assert_int_equal(room_stat(queue).gid, THIRD);
	assert_int_equal(room_stat(queue).mode, 0660);
	as(room, THIRD, THIRD, may_use);
	as(room, OTHER, OTHER, may_not_use);
	naru_queue_close(queue);
}

static int may_not_change(struct naru_space *space)
{
	struct naru_queue_options options = NARU_INIT(options, .mode = 0600);
	struct naru_queue *queue = NULL;

	must_be(naru_queue_open(space, "q", NULL, &queue), 0);
	must_be(naru_queue_set(queue, &options), -EPERM);
	options.mode = 0;
	options.flags = NARU_SET_OWNER;
	options.owner = THIRD;
	must_be(naru_queue_set(queue, &options), -EPERM);
	options.flags = 0;
	options.capacity = 5000;
	must_be(naru_queue_set(queue, &options), -EPERM);
	naru_queue_close(queue);
	must_be(naru_queue_remove(space, "q") < 0, 1);
	return 0;
}

static void test_only_the_owner_changes_it(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0666);

	as(room, THIRD, THIRD, may_not_change);
	assert_int_equal(room_stat(queue).mode, 0666);
	assert_int_equal(room_stat(queue).uid, OTHER);
	assert_int_equal(room_stat(queue).capacity, 1 << 20);
	naru_queue_close(queue);
}

static int create_one(struct naru_space *space)
{
	struct naru_queue_options options = NARU_INIT(options, .mode = 0666);
	struct naru_queue *queue = NULL;

	must_be(naru_queue_create(space, "of-another", &options, &queue), 0);
	must_be(naru_queue_send(queue, 1, "x", 1, 0), 0);
	naru_queue_close(queue);
	options.flags = NARU_SET_OWNER;
	options.owner = THIRD;
	must_be(naru_queue_create(space, "given-away", &options, &queue), -EPERM);
	must_be(naru_queue_open(space, "given-away", NULL, &queue), -ENOENT);
	return 0;
}

static void test_another_users_queue(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue;

	as(room, OTHER, OTHER, create_one);
	queue = room_reopen(room, "of-another");
	assert_int_equal(room_stat(queue).uid, OTHER);
	assert_string_equal(words_receive(queue, 0, 0), "1 x");
	naru_queue_close(queue);
}

static int cannot_write_to_the_space(struct naru_space *space)
{
	struct naru_queue *queue = NULL;

	must_be(naru_queue_create(space, "p", NULL, &queue), -EACCES);
	return 0;
}

static int cannot_remove(struct naru_space *space)
{
	must_be(naru_queue_remove(space, "q"), -EPERM);
	return 0;
}

/* Who polls is woken before the name goes; if it does not, he can sleep again. */
static void test_pollers_of_what_is_not_removed(void **state)
{
	struct room *room = *state;
	struct naru_queue *queue = queue_of_mode(room, 0666);
	struct pollfd poller = {.fd = naru_queue_fd(queue, NARU_READABLE),
				.events = POLLIN};
	char byte;

	assert_int_equal(poll(&poller, 1, 0), 0);
	as(room, THIRD, THIRD, cannot_remove);
	assert_int_equal(naru_queue_receive(queue, 0, 0, &byte, 1, 0, NULL), -EAGAIN);
	assert_int_equal(poll(&poller, 1, 0), 0);
	assert_int_equal(naru_queue_send(queue, 1, "x", 1, 0), 0);
	assert_int_equal(poll(&poller, 1, 0), 1);
	naru_queue_close(queue);
}

static void test_a_space_that_is_not_writable(void **state)
{
	struct room *room = *state;

	assert_int_equal(chmod(room->path, 0755), 0);
	as(room, OTHER, OTHER, cannot_write_to_the_space);
}

static int in_no_space(void *data)
{
	struct naru_space *space = NULL;

	must(setresuid(OTHER, OTHER, OTHER) == 0);
	must_be(naru_space_open(data, NULL, &space), -EACCES);
	return 0;
}

static void test_a_space_of_another(void **state)
{
	struct room *room = *state;

	assert_int_equal(child_run(in_no_space, room->path), 0);
}

static int shared_set_up(void **state)
{
	*state = room_open_for(01777);
	return 0;
}

#define in_a_shared_room(test)                                                           \
	cmocka_unit_test_setup_teardown(test, shared_set_up, room_tear_down)

static const struct CMUnitTest tests[] = {
	in_a_shared_room(test_the_owner),
	in_a_shared_room(test_the_group),
	in_a_shared_room(test_everybody),
	in_a_shared_room(test_reading_alone_does_not_suffice),
	in_a_shared_room(test_the_mode_can_be_changed),
	in_a_shared_room(test_only_the_owner_changes_it),
	in_a_shared_room(test_another_users_queue),
	in_a_shared_room(test_pollers_of_what_is_not_removed),
	in_a_shared_room(test_a_space_that_is_not_writable),
	in_a_room(test_a_space_of_another),
};

static int run_all(void *unused)
{
	(void)unused;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sysctl's value; and with @value > 0 set it. 0: cannot be read or set. */
static char sysctl(char value)
{
	int fd = open(protected_regular, (value ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return 0;
	n = value ? write(fd, &value, 1) : read(fd, &value, 1);
	close(fd);
	return n == 1 ? value : 0;
}

/* The tests run in a child, so that the value is restored whatever they do. */
int main(void)
{
	char before = sysctl(0);
	int status;

	if (geteuid() != 0) {
		puts("skipped: needs root, to become another user");
		return CHILD_SKIPPED;
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (!before || !sysctl('2'))
		puts("fs.protected_regular cannot be set here: tested as it is");
	status = child_run(run_all, NULL);
	if (before)
		sysctl(before);
	return status;
}
