/* SPDX-License-Identifier: MIT */

/* The latest value: always one that was written, and whole. */

#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/segments.h>
#include <support/unit.h>
#include <unistd.h>

enum { VALUE = 300, ROUNDS = 200000 };

static void test_one_after_another(void **state)
{
	struct naru_segment *writer = segment_create(*state, "s", 1);
	struct naru_segment *reader = segment_open(*state, "s", NARU_READ_ONLY);
	uint64_t latest = segment_stat(writer).latest, sequence = 77;
	char in[600], out[600];

	assert_int_equal(latest, 504);
	assert_int_equal(naru_segment_read_latest(reader, out, sizeof(out), &sequence),
			 -ENOMSG);
	assert_int_equal(sequence, 77);
	for (uint64_t i = 0; i <= latest; i++) {
		memset(in, (int)(i % 251), sizeof(in));
		memset(out, 0, sizeof(out));
		assert_int_equal(naru_segment_write_latest(writer, in, i), 0);
		assert_int_equal(naru_segment_read_latest(reader, out, i, &sequence), i);
		assert_memory_equal(in, out, i);
		assert_int_equal(sequence, i + 1);
		if (i > 0)
			assert_int_equal(
				naru_segment_read_latest(reader, out, i - 1, NULL),
				-EMSGSIZE);
	}
	assert_int_equal(naru_segment_write_latest(writer, in, latest + 1), -EMSGSIZE);
	assert_int_equal(segment_stat(reader).sequence, latest + 1);
	naru_segment_close(reader);
	naru_segment_close(writer);
}

static void test_large(void **state)
{
	static unsigned char in[100001], out[100008];
	struct room *room = *state;
	struct naru_segment_options options =
		NARU_INIT(options, .length = 3, .latest = sizeof(in));
	struct naru_segment *segment = NULL;
	char *bytes;

	assert_int_equal(naru_segment_create(room->space, "s", &options, &segment), 0);
	assert_int_equal(segment_stat(segment).latest, 100008);
	bytes = segment_attach(segment, 0);
	for (int round = 0; round < 9; round++) {
		memset(in, round + 1, sizeof(in));
		assert_int_equal(naru_segment_write_latest(segment, in, sizeof(in)), 0);
		assert_int_equal(
			naru_segment_read_latest(segment, out, sizeof(out), NULL),
			sizeof(in));
		assert_memory_equal(in, out, sizeof(in));
	}
	assert_int_equal(bytes[0] | bytes[1] | bytes[2], 0);
	naru_segment_close(segment);
}

static int write_for_ever(void *data)
{
	struct naru_segment *segment = segment_open(data, "s", 0);
	uint64_t value[VALUE / 8];

	for (uint64_t i = naru_segment_read_latest(segment, NULL, 0, NULL) == -ENOMSG
				  ? 1
				  : segment_stat(segment).sequence + 1;
	     ; i++) {
		for (int j = 0; j < VALUE / 8; j++)
			value[j] = i;
		must_be(naru_segment_write_latest(segment, value, sizeof(value)), 0);
	}
	return 0;
}

static void read_one(struct naru_segment *segment, uint64_t *last)
{
	uint64_t value[VALUE / 8], sequence;
	ssize_t r = naru_segment_read_latest(segment, value, sizeof(value), &sequence);

	if (r == -ENOMSG)
		return;
	assert_int_equal(r, sizeof(value));
	for (int j = 0; j < VALUE / 8; j++)
		assert_int_equal(value[j], sequence);
	assert_true(sequence >= *last);
	*last = sequence;
}

/* A writer that never stops, and one that is killed in the middle, and the next one. */
static void test_never_torn(void **state)
{
	struct naru_segment *writer = segment_create(*state, "s", 1);
	struct naru_segment *reader = segment_open(*state, "s", NARU_READ_ONLY);
	uint64_t last = 0;

	for (int writers = 0; writers < 20; writers++) {
		pid_t child = child_start(write_for_ever, *state);
		uint64_t before = last;

		for (int i = 0; i < ROUNDS / 20 || last < before + 10; i++)
			read_one(reader, &last);
		child_kill(child);
		for (int i = 0; i < 10; i++)
			read_one(reader, &last);
	}
	naru_segment_close(reader);
	naru_segment_close(writer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		in_a_room(test_one_after_another),
		in_a_room(test_large),
		in_a_room(test_never_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
