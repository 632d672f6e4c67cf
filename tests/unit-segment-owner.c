/* SPDX-License-Identifier: MIT */

/* Owner, group and mode of a segment, as another user finds them. Needs root. */

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHER = 65533, GROUP = 65532, THIRD = 65531, LENGTH = 100 };

/* A user's view of a room, in a child. */
struct visit {
	struct room *room;
	uid_t user;
	gid_t group;
	int (*body)(struct room *room);
};

static int visit(void *data)
{
	struct visit *v = data;

	must(setgroups(0, NULL) == 0);
	must(setresgid(v->group, v->group, v->group) == 0);
	must(setresuid(v->user, v->user, v->user) == 0);
	must_be(naru_space_open(v->room->path, NULL, &v->room->space), 0);
	must_be(v->body(v->room), 0);
	return 0;
}

static void as(struct room *room, uid_t user, gid_t group, int (*body)(struct room *room))
{
	struct visit v = {room, user, group, body};

	assert_int_equal(child_run(visit, &v), 0);
}

static struct naru_segment *segment_of_mode(struct room *room, uint32_t mode)
{
	struct naru_segment_options options =
		NARU_INIT(options, .flags = NARU_SET_OWNER | NARU_SET_GROUP, .mode = mode,
			  .length = LENGTH, .owner = OTHER, .group = GROUP);
	struct naru_segment *segment = NULL;
	char *bytes;

	assert_int_equal(naru_segment_create(room->space, "s", &options, &segment), 0);
	bytes = segment_attach(segment, 0);
	strcpy(bytes, "hello");
	/* Or the visitors, our children, would have it, too. */
	assert_int_equal(naru_segment_detach(bytes), 0);
	assert_int_equal(naru_segment_write_latest(segment, "value", 5), 0);
	return segment;
}

static int open_as(struct room *room, uint32_t flags)
{
	struct naru_segment_options options = NARU_INIT(options, .flags = flags);
	struct naru_segment *segment = NULL;
	int r = naru_segment_open(room->space, "s", &options, &segment);

	naru_segment_close(segment);
	return r;
}

static int may_write(struct room *room)
{
	struct naru_segment *segment = segment_open(room, "s", 0);
	char *bytes = segment_attach(segment, 0);

	must(strcmp(bytes, "hello") == 0);
	bytes[LENGTH - 1] = 'w';
	must_be(naru_segment_lock(segment, 0), 0);
	must_be(naru_segment_unlock(segment), 0);
	must_be(naru_segment_notify(segment), 0);
	must_be(naru_segment_detach(bytes), 0);
	naru_segment_close(segment);
	return 0;
}

/* All that reading admits, and that it is counted. */
static int may_read(struct room *room)
{
	struct naru_segment *segment;
	char *bytes, value[5];

	must_be(open_as(room, 0), -EACCES);
	segment = segment_open(room, "s", NARU_READ_ONLY);
	bytes = segment_attach(segment, 0);
	must(strcmp(bytes, "hello") == 0);
	must_be(segment_count(segment), 1);
	must_be(naru_segment_read_latest(segment, value, 5, NULL), 5);
	must_be(naru_segment_lock(segment, 0), -EACCES);
	must_be(naru_segment_wait(segment, naru_segment_events(segment), 5), -ETIMEDOUT);
	if (fork() == 0) {
		must_be(segment_count(segment), 2);
		_exit(0);
	}
	must_be(child_await_all(1), 0);
	must_be(segment_count(segment), 1);
	must_be(naru_segment_detach(bytes), 0);
	must_be(segment_count(segment), 0);
	naru_segment_close(segment);
	return 0;
}

static int may_nothing(struct room *room)
{
	must_be(open_as(room, 0), -EACCES);
	must_be(open_as(room, NARU_READ_ONLY), -EACCES);
	must_be(open_as(room, NARU_CREATE), -EACCES);
	return 0;
}

static void test_owner_and_group(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_of_mode(room, 0640);
	struct naru_segment_stat stat = segment_stat(segment);

	assert_int_equal(stat.uid, OTHER);
	assert_int_equal(stat.gid, GROUP);
	assert_int_equal(stat.mode, 0640);
	as(room, OTHER, OTHER, may_write);
	as(room, THIRD, GROUP, may_read);
	as(room, THIRD, THIRD, may_nothing);
	naru_segment_close(segment);
}

static void test_everybody_reads(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_of_mode(room, 0644);

	as(room, THIRD, THIRD, may_read);
	naru_segment_close(segment);
}

/* In a space that is another's, where this user cannot even be a peer. */
static void test_a_space_for_reading(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_of_mode(room, 0644);

	assert_int_equal(chmod(room->path, 0755), 0);
	as(room, THIRD, THIRD, may_read);
	naru_segment_close(segment);
}

static int may_not_set(struct room *room)
{
	struct naru_segment *segment = segment_open(room, "s", 0);
	struct naru_segment_options options = NARU_INIT(options, .mode = 0600);

	must_be(naru_segment_set(segment, &options), -EPERM);
	options = (struct naru_segment_options)NARU_INIT(options, .length = 2 * LENGTH);
	must_be(naru_segment_set(segment, &options), 0);
	return 0;
}

static void test_only_the_owner_changes_the_mode(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_of_mode(room, 0666);

	as(room, THIRD, THIRD, may_not_set);
	assert_int_equal(segment_stat(segment).mode, 0666);
	assert_int_equal(segment_stat(segment).length, 2 * LENGTH);
	naru_segment_close(segment);
}

/* What is attached stays, and still counts, when the right to attach it is gone. */
static int give_up_root(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);
	char *bytes = segment_attach(segment, 0);

	must(setresuid(THIRD, THIRD, THIRD) == 0);
	must_be(segment_count(segment), 1);
	must_be(naru_segment_attach(segment, NULL, 0, (void **)&bytes, NULL), -EACCES);
	must(bytes[0] == 'h');
	must_be(naru_segment_detach(bytes), 0);
	must_be(segment_count(segment), 0);
	return 0;
}

static void test_privileges_are_given_up(void **state)
{
	struct room *room = *state;
	struct naru_segment *segment = segment_of_mode(room, 0600);

	assert_int_equal(child_run(give_up_root, room), 0);
	naru_segment_close(segment);
}

static int shared_set_up(void **state)
{
	*state = room_open_for(01777);
	return 0;
}

#define in_a_shared_room(test)                                                           \
	cmocka_unit_test_setup_teardown(test, shared_set_up, room_tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_shared_room(test_owner_and_group),
		in_a_shared_room(test_everybody_reads),
		in_a_shared_room(test_a_space_for_reading),
		in_a_shared_room(test_only_the_owner_changes_the_mode),
		in_a_shared_room(test_privileges_are_given_up),
	};

	if (geteuid() != 0) {
		puts("skipped: needs root, to become another user");
		return CHILD_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
