/* SPDX-License-Identifier: MIT */

/* A ring's records in a larger one, whatever was in its memory before. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <queue/ring.h>

enum { OLD = 4096, LARGEST = 8 * OLD };

static _Alignas(64) unsigned char memory[LARGEST];

/* What is at a position, other in each round. */
static unsigned char byte_at(uint64_t position)
{
	return (unsigned char)(position % 251 + 1);
}

static void check(uint64_t head, uint64_t tail, uint64_t size)
{
	struct nr_ring ring = {.base = memory, .size = OLD};
	uint64_t state = 1;

	memset(memory, 0xff, sizeof(memory));
	for (uint64_t i = head; i < tail; i++)
		memory[i % OLD] = byte_at(i);
	memset(&memory[tail % OLD], 0, sizeof(state));
	nr_ring_spread(&ring, size, head, tail);
	for (uint64_t i = head; i < tail; i++) {
		assert_int_equal(memory[i % OLD], byte_at(i));
		assert_int_equal(memory[i % size], byte_at(i));
	}
	memcpy(&state, &memory[tail % size], sizeof(state));
	assert_true(state == 0);
}

static void test_any_place(void **state)
{
	static const uint64_t lengths[] = {0, 16, 2048, OLD - 32, OLD - 16};

	(void)state;
	for (uint64_t size = 2 * OLD; size <= LARGEST; size *= 2)
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
			for (uint64_t head = 0; head < 10 * OLD; head += 16 * 17)
				check(head, head + lengths[i], size);
}

static void test_at_the_edge(void **state)
{
	(void)state;
	for (uint64_t tail = OLD; tail <= 9 * OLD; tail += OLD) {
		check(tail - 64, tail, 2 * OLD);
		check(tail - 64, tail + 16, 4 * OLD);
		check(tail, tail, LARGEST);
		check(tail - 16, tail - 16, LARGEST);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_place),
		cmocka_unit_test(test_at_the_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
