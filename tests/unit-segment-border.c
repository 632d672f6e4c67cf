/* SPDX-License-Identifier: MIT */

/* What the System V border needs of segments (segment/segment.h). */

#include <segment/segment.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, LENGTH = 4 * PAGE };

static struct naru_segment *create(struct room *room, uint32_t flags, uint64_t length)
{
	struct naru_segment_options options =
		NARU_INIT(options, .flags = flags, .length = length);
	struct naru_segment *segment = NULL;

	assert_int_equal(nr_segment_create(room->space, "s", &options, &segment), 0);
	return segment;
}

static uint64_t count(struct naru_segment *segment)
{
	uint64_t number = 0;

	must_be(nr_segment_count(segment, &number), 0);
	return number;
}

static char *attach_at(struct naru_segment *segment, void *address, uint64_t tag)
{
	const struct nr_attach how = {
		.address = address, .replace = address != NULL, .tag = tag};
	void *at = NULL;

	must_be(nr_segment_attach(segment, &how, &at, NULL), 0);
	return at;
}

static void test_find_and_detach(void **state)
{
	struct naru_segment *segment = create(*state, 0, LENGTH);
	struct nr_attached attached;
	uint64_t device, inode, length = 0;
	char *a = attach_at(segment, NULL, 7), *b = attach_at(segment, NULL, 8);

	nr_segment_identity(segment, &device, &inode);
	assert_int_equal(nr_segment_length(segment, &length), 0);
	assert_int_equal(length, LENGTH);
	assert_true(nr_segment_find(a, &attached));
	assert_int_equal(attached.tag, 7);
	assert_int_equal(attached.length, LENGTH);
	assert_int_equal(attached.inode, inode);
	assert_int_equal(attached.device, device);
	assert_ptr_equal(attached.address, a);
	assert_false(attached.read_only);
	assert_false(nr_segment_find(a + PAGE, &attached));
	naru_segment_close(segment);
	assert_int_equal(nr_segment_detach(b, true, &attached), 0);
	assert_int_equal(attached.tag, 8);
	assert_int_equal(nr_segment_detach(b, true, &attached), -EINVAL);
	assert_int_equal(nr_segment_detach(a, false, NULL), 0);
}

/* Many segments, and no descriptor for any of them. */
static int by_name(void *data)
{
	struct naru_segment *segment;
	int lowest = dup(0);
	char *bytes;

	close(lowest);
	must_be(nr_segment_open(((struct room *)data)->space, "s", NR_SEGMENT_BY_NAME,
				&segment),
		0);
	bytes = attach_at(segment, NULL, 1);
	naru_segment_close(segment);
	must_be(dup(0), lowest);
	close(lowest);
	if (fork() == 0)
		_exit(naru_segment_detach(bytes) ? 1 : 0);
	must_be(child_await_all(1), 0);
	if (fork() == 0) {
		must_be(nr_segment_open(((struct room *)data)->space, "s", NARU_READ_ONLY,
					&segment),
			0);
		must_be(count(segment), 2);
		_exit(0);
	}
	must_be(child_await_all(1), 0);
	return 0;
}

static void test_by_name(void **state)
{
	struct naru_segment *segment = create(*state, 0, LENGTH);

	assert_int_equal(child_run(by_name, *state), 0);
	assert_int_equal(count(segment), 0);
	naru_segment_close(segment);
}

static void test_sparse(void **state)
{
	struct room *room = *state;
	struct naru_segment_options large =
		NARU_INIT(large, .flags = NR_SEGMENT_SPARSE, .length = UINT64_C(1) << 45);
	struct naru_segment *segment =
		create(*state, NR_SEGMENT_SPARSE, UINT64_C(1) << 30);
	struct naru_segment_stat stat = segment_stat(segment);
	char *bytes = attach_at(segment, NULL, 0);

	assert_int_equal(stat.length, 1 << 30);
	assert_true(stat.memory <= 2 * PAGE);
	bytes[0] = bytes[(1 << 30) - 1] = 'x';
	assert_int_equal(nr_segment_detach(bytes, true, NULL), 0);
	naru_segment_close(segment);
	/* What there is no memory for is refused even so. */
	assert_int_equal(nr_segment_create(room->space, "t", &large, &segment), -ENOSPC);
}

/* An attachment in the place of others: those that are gone do not count. */
static void test_replace(void **state)
{
	struct naru_segment *segment = create(*state, 0, LENGTH);
	char *place =
		mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct nr_attached attached;

	attach_at(segment, place, 1);
	attach_at(segment, place + LENGTH, 2);
	assert_int_equal(count(segment), 2);
	attach_at(segment, place, 3);
	assert_int_equal(count(segment), 2);
	assert_true(nr_segment_find(place, &attached));
	assert_int_equal(attached.tag, 3);

	/* Across both: each has some pages left. */
	attach_at(segment, place + LENGTH / 2, 4);
	assert_int_equal(count(segment), 3);
	strcpy(place + LENGTH / 2, "four");
	assert_int_equal(nr_segment_detach(place, true, NULL), 0);
	assert_int_equal(nr_segment_detach(place + LENGTH, true, NULL), 0);
	assert_int_equal(count(segment), 1);
	/* They have taken nothing from it. */
	assert_string_equal(place + LENGTH / 2, "four");
	memset(place + LENGTH / 2, 'x', LENGTH);
	assert_int_equal(nr_segment_detach(place + LENGTH / 2, true, NULL), 0);
	assert_int_equal(count(segment), 0);
	munmap(place, 16 * PAGE);
	naru_segment_close(segment);
}

static void test_stealthy(void **state)
{
	struct naru_segment *segment = create(*state, 0, LENGTH);
	const struct nr_attach how = {.stealthy = true};
	void *address;

	assert_int_equal(nr_segment_attach(segment, &how, &address, NULL), 0);
	assert_int_equal(nr_segment_detach(address, true, NULL), 0);
	assert_int_equal(segment_stat(segment).last_attacher, 0);
	assert_int_equal(segment_stat(segment).last_detacher, 0);
	naru_segment_close(segment);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_room(test_find_and_detach), in_a_room(test_by_name),
		in_a_room(test_sparse),		 in_a_room(test_replace),
		in_a_room(test_stealthy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
