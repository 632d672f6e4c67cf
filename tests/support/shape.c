/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <support/must.h>
#include <support/random.h>
#include <support/shape.h>

static unsigned char pattern[SHAPE_LONGEST + 256];

__attribute__((constructor)) static void make_pattern(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)(i % 251 + i / 251);
}

size_t shape_length(uint64_t number)
{
	uint64_t seed = number;
	uint64_t kind = random_below(&seed, 64);

	if (kind == 0)
		return random_below(&seed, SHAPE_LONGEST + 1);
	if (kind < 4)
		return random_below(&seed, 8000);
	if (kind < 10)
		return random_below(&seed, 8);
	return 8 + random_below(&seed, 300);
}

int64_t shape_type(uint64_t number)
{
	uint64_t seed = ~number;

	if (shape_length(number) < sizeof(number))
		return SHAPE_SHORT + (int64_t)number;
	return (int64_t)random_below(&seed, SHAPE_TYPES) + 1;
}

void shape_fill(uint64_t number, void *data)
{
	size_t length = shape_length(number);
	uint64_t trace = number + 1;

	if (length < sizeof(trace)) {
		memcpy(data, pattern + number % 251, length);
		return;
	}
	memcpy(data, &trace, sizeof(trace));
	memcpy((char *)data + sizeof(trace), pattern + number % 251,
	       length - sizeof(trace));
}

uint64_t shape_trace(const void *data)
{
	uint64_t trace;

	memcpy(&trace, data, sizeof(trace));
	return trace;
}

uint64_t shape_number(int64_t type, const void *data, size_t length, size_t cut)
{
	const char *contents = data;
	uint64_t number;
	size_t expected;

	if (type >= SHAPE_SHORT) {
		number = (uint64_t)(type - SHAPE_SHORT);
	} else {
		must(length >= sizeof(number));
		number = shape_trace(data) - 1;
		contents += sizeof(number);
	}
	expected = shape_length(number);
	must(length == (expected < cut ? expected : cut));
	must(type == shape_type(number));
	must(memcmp(contents, pattern + number % 251,
		    length - (size_t)(contents - (const char *)data)) == 0);
	return number;
}
