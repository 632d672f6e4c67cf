/* SPDX-License-Identifier: MIT */

/* Capacity: exact to the byte and the message, whatever lies in the queue. */

#include <errno.h>
#include <string.h>
#include <support/random.h>
#include <support/unit.h>

enum { KIB = 1024, MIB = 1024 * 1024 };

static char bytes[MIB], out[MIB];

static void send_bytes(struct naru_queue *queue, int64_t type, size_t length)
{
	assert_int_equal(naru_queue_send(queue, type, bytes, length, 0), 0);
}

static void receive_bytes(struct naru_queue *queue, int64_t select, size_t length)
{
	assert_int_equal(naru_queue_receive(queue, select, 0, out, sizeof(out), 0, NULL),
			 length);
}

static void drain(struct naru_queue *queue)
{
	while (naru_queue_receive(queue, 0, 0, out, sizeof(out), 0, NULL) >= 0)
		;
	assert_int_equal(room_stat(queue).messages, 0);
	assert_int_equal(room_stat(queue).bytes, 0);
}

static void test_exact_in_bytes(void **state)
{
	static const size_t lengths[] = {1, 7, 63, 64, 65, 100, 1000, 4095, 4096};
	enum { CAPACITY = 100000 };
	struct naru_queue *queue = room_queue(*state, "q", CAPACITY, 200000);

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t rest = CAPACITY;

		for (; rest >= lengths[i]; rest -= lengths[i])
			send_bytes(queue, 1 + (int64_t)rest % 5, lengths[i]);
		assert_int_equal(naru_queue_send(queue, 1, bytes, lengths[i], 0),
				 -EAGAIN);
		send_bytes(queue, 1, rest);
		assert_int_equal(room_stat(queue).bytes, CAPACITY);
		assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
		send_bytes(queue, 1, 0);
		drain(queue);
	}
	naru_queue_close(queue);
}

static void test_exact_in_messages(void **state)
{
	static const uint64_t limits[] = {1, 2, 3, 10, 1000, 5000};
	struct room *room = *state;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct naru_queue *queue = room_queue(room, "q", 64 * KIB, limits[i]);

		for (int turn = 0; turn < 3; turn++) {
			for (uint64_t n = 0; n < limits[i]; n++)
				send_bytes(queue, 1, n % 13);
			assert_int_equal(naru_queue_send(queue, 1, bytes, 0, 0), -EAGAIN);
			assert_int_equal(room_stat(queue).messages, limits[i]);
			receive_bytes(queue, 0, 0);
			send_bytes(queue, 2, 12);
			assert_int_equal(naru_queue_send(queue, 1, bytes, 0, 0), -EAGAIN);
			drain(queue);
		}
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

static void test_as_many_types_as_messages(void **state)
{
	enum { MOST = 20000 };
	struct naru_queue *queue = room_queue(*state, "q", MOST, MOST);

	for (int turn = 0; turn < 2; turn++) {
		for (int64_t i = 0; i < MOST; i++)
			send_bytes(queue, (i * 7919) % MOST + 1, 1);
		assert_int_equal(naru_queue_send(queue, 1, bytes, 0, 0), -EAGAIN);
		for (int64_t type = MOST; type > MOST / 2; type--)
			receive_bytes(queue, type, 1);
		for (int64_t i = 0; i < MOST / 2; i++)
			receive_bytes(queue, -MOST, 1);
		assert_int_equal(room_stat(queue).messages, 0);
	}
	naru_queue_close(queue);
}

/* A message that nobody reads costs its own bytes, nothing else. */
static void test_an_old_message_blocks_nothing(void **state)
{
	struct room *room = *state;

	for (size_t length = 1; length <= 32 * KIB; length *= 8) {
		const size_t capacity = 64 * KIB, rest = capacity - 100 - length;
		struct naru_queue *queue = room_queue(room, "q", capacity, 0);

		send_bytes(queue, 9, 100);
		for (int turn = 0; turn < 300; turn++) {
			size_t sent = 0;

			for (; sent + length <= rest && sent < 100 * length;
			     sent += length)
				send_bytes(queue, 1, length);
			send_bytes(queue, 2, capacity - 100 - sent);
			assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
			for (; sent > 0; sent -= length)
				receive_bytes(queue, 1, length);
			receive_bytes(queue, 2, room_stat(queue).bytes - 100);
		}
		receive_bytes(queue, 0, 100);
		naru_queue_close(queue);
		assert_int_equal(naru_queue_remove(room->space, "q"), 0);
	}
}

/* Old messages of many ages, and a stream that passes them by. */
static void test_many_old_messages_block_nothing(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", 64 * KIB, 0);

	for (int turn = 0; turn < 100; turn++) {
		send_bytes(queue, 100 + turn, 300);
		for (int i = 0; i < 40; i++) {
			send_bytes(queue, 1, 800);
			receive_bytes(queue, i % 2 ? 1 : -99, 800);
		}
	}
	send_bytes(queue, 1, 64 * KIB - 100 * 300);
	assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
	receive_bytes(queue, 1, 64 * KIB - 100 * 300);
	for (int turn = 0; turn < 100; turn++)
		receive_bytes(queue, 0, 300);
	send_bytes(queue, 1, 64 * KIB);
	naru_queue_close(queue);
}

static void test_as_large_as_the_capacity(void **state)
{
	struct naru_queue *queue = room_queue(*state, "q", MIB, 0);

	for (int turn = 0; turn < 10; turn++) {
		memset(bytes, 'a' + turn, MIB);
		send_bytes(queue, 1, MIB);
		assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
		receive_bytes(queue, 0, MIB);
		assert_memory_equal(bytes, out, MIB);
		send_bytes(queue, 1, (size_t)turn * 1001);
		receive_bytes(queue, 1, (size_t)turn * 1001);
	}
	naru_queue_close(queue);
}

/* Eight eighths, every second removed: the four halves make room for a whole. */
static void test_fragmented_memory_takes_a_large_message(void **state)
{
	enum { EIGHTH = MIB / 8 };
	struct naru_queue *queue = room_queue(*state, "q", MIB, 0);

	for (int turn = 0; turn < 8; turn++) {
		for (int i = 0; i < 8; i++) {
			memset(bytes, 'a' + i, EIGHTH);
			send_bytes(queue, i + 1, EIGHTH);
		}
		for (int i = turn % 2; i < 8; i += 2)
			receive_bytes(queue, i + 1, EIGHTH);
		for (size_t i = 0; i < MIB / 2; i++)
			bytes[i] = (char)(i * i >> 11);
		send_bytes(queue, 9, MIB / 2);
		assert_int_equal(naru_queue_send(queue, 1, bytes, 1, 0), -EAGAIN);
		for (int i = !(turn % 2); i < 8; i += 2) {
			receive_bytes(queue, 0, EIGHTH);
			assert_int_equal(out[0], 'a' + i);
			assert_int_equal(out[EIGHTH - 1], 'a' + i);
		}
		receive_bytes(queue, 0, MIB / 2);
		assert_memory_equal(bytes, out, MIB / 2);
	}
	naru_queue_close(queue);
}

/* The worst: full of one-byte messages, every second removed, then one large. */
static void test_fragmented_into_small_pieces(void **state)
{
	enum { MOST = 8192, LARGE = 64 * KIB };
	struct naru_queue *queue = room_queue(*state, "q", LARGE + MOST, MOST);

	for (int i = 0; i < MOST; i++)
		send_bytes(queue, i % 2 + 1, 8);
	for (int i = 0; i < MOST / 2; i++)
		receive_bytes(queue, 1, 8);
	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)(i * i >> 11);
	send_bytes(queue, 3, LARGE + MOST - 8 * MOST / 2);
	receive_bytes(queue, 3, LARGE + MOST - 8 * MOST / 2);
	assert_memory_equal(bytes, out, LARGE + MOST - 8 * MOST / 2);
	for (int i = 0; i < MOST / 2; i++)
		receive_bytes(queue, 2, 8);
	send_bytes(queue, 1, LARGE + MOST);
	naru_queue_close(queue);
}

/* After any mixture the whole capacity is there again, and is always exact. */
static void test_random_lengths_keep_the_capacity(void **state)
{
	enum { CAPACITY = 200000, MOST = 400 };
	struct naru_queue *queue = room_queue(*state, "q", CAPACITY, MOST);
	size_t used = 0, count = 0;
	uint64_t seed = 3;

	for (int step = 0; step < 30000; step++) {
		int64_t type = (int64_t)random_below(&seed, 6) + 1;
		size_t length = random_below(&seed, 1u << random_below(&seed, 17));

		if (random_below(&seed, 2) == 0) {
			bool fits = used + length <= CAPACITY && count < MOST;

			bytes[0] = (char)length;
			assert_int_equal(naru_queue_send(queue, type, bytes, length, 0),
					 fits ? 0 : -EAGAIN);
			used += fits ? length : 0;
			count += fits;
		} else {
			ssize_t n = naru_queue_receive(queue, type, 0, out, sizeof(out),
						       0, NULL);

			assert_true(n >= 0 || n == -EAGAIN);
			assert_true(n <= 0 || out[0] == (char)n);
			used -= n > 0 ? (size_t)n : 0;
			count -= n >= 0;
		}
		if (step % 1000 == 999) {
			assert_int_equal(room_stat(queue).bytes, used);
			assert_int_equal(room_stat(queue).messages, count);
		}
	}
	drain(queue);
	send_bytes(queue, 1, CAPACITY);
	naru_queue_close(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_exact_in_bytes),
		in_a_room(test_exact_in_messages),
		in_a_room(test_as_many_types_as_messages),
		in_a_room(test_an_old_message_blocks_nothing),
		in_a_room(test_many_old_messages_block_nothing),
		in_a_room(test_as_large_as_the_capacity),
		in_a_room(test_fragmented_memory_takes_a_large_message),
		in_a_room(test_fragmented_into_small_pieces),
		in_a_room(test_random_lengths_keep_the_capacity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
