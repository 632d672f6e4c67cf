/* SPDX-License-Identifier: MIT */

/* The ring grows with the limits, wherever in it messages are, and whoever has it open.
 */

#include <errno.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/unit.h>

enum { HANDLES = 3, LENGTH_MAX = 900, LARGEST = 1 << 20, ROUNDS = 60 };

struct traffic {
	struct naru_queue *handle[HANDLES];
	uint64_t sent, received;
	uint64_t capacity;
	uint64_t seed;
};

/* The numbered message: its length and bytes follow from the number. */
static size_t write_message(uint64_t number, unsigned char *bytes)
{
	uint64_t seed = number;
	size_t length = random_below(&seed, LENGTH_MAX);

	memset(bytes, (int)(number % 251), length);
	return length;
}

static struct naru_queue *any_handle(struct traffic *traffic)
{
	return traffic->handle[random_below(&traffic->seed, HANDLES)];
}

/* False: it is full. */
static bool send_next(struct traffic *traffic)
{
	unsigned char bytes[LENGTH_MAX];
	size_t length = write_message(traffic->sent, bytes);
	int r = naru_queue_send(any_handle(traffic), 1, bytes, length, 0);

	must(r == 0 || r == -EAGAIN);
	traffic->sent += r == 0;
	return r == 0;
}

/* False: there is none. */
static bool receive_next(struct traffic *traffic)
{
	unsigned char bytes[LENGTH_MAX], wanted[LENGTH_MAX];
	size_t length = write_message(traffic->received, wanted);
	ssize_t n = naru_queue_receive(any_handle(traffic), 0, 0, bytes, sizeof(bytes), 0,
				       NULL);

	if (n == -EAGAIN) {
		must_be(traffic->received, traffic->sent);
		return false;
	}
	must_be(n, length);
	must_be(memcmp(bytes, wanted, length), 0);
	traffic->received++;
	return true;
}

static int grow(void *data)
{
	struct traffic *traffic = data;
	struct naru_queue_options options =
		NARU_INIT(options, .capacity = traffic->capacity,
			  .messages = traffic->capacity / 16 + 1);

	must_be(naru_queue_set(any_handle(traffic), &options), 0);
	return 0;
}

static void step(struct traffic *traffic)
{
	uint64_t count = random_below(&traffic->seed, 40);
	bool sends = random_below(&traffic->seed, 2);

	for (; count > 0; count--)
		if (!(sends ? send_next(traffic) : receive_next(traffic)))
			break;
	if (random_below(&traffic->seed, 8) > 0)
		return;
	traffic->capacity += random_below(&traffic->seed, 2 * traffic->capacity);
	if (random_below(&traffic->seed, 2))
		grow(traffic);
	else
		must_be(child_run(grow, traffic), 0);
}

static void open_all(struct traffic *traffic, struct room *room, uint64_t seed)
{
	*traffic = (struct traffic){.seed = seed, .capacity = 1000};
	traffic->handle[0] = room_queue(room, "q", traffic->capacity, 30);
	for (int i = 1; i < HANDLES; i++)
		traffic->handle[i] = room_reopen(room, "q");
}

static void close_all(struct traffic *traffic, struct room *room)
{
	for (int i = 0; i < HANDLES; i++)
		naru_queue_close(traffic->handle[i]);
	assert_int_equal(naru_queue_remove(room->space, "q"), 0);
}

static void test_nothing_is_lost(void **state)
{
	struct traffic traffic;

	for (uint64_t round = 1; round <= ROUNDS; round++) {
		open_all(&traffic, *state, round);
		while (traffic.capacity < LARGEST)
			step(&traffic);
		while (receive_next(&traffic))
			continue;
		close_all(&traffic, *state);
	}
}

/* Who takes no part in the growth finds what comes behind it. */
static void test_who_slept_meanwhile(void **state)
{
	struct traffic traffic;

	open_all(&traffic, *state, 1);
	traffic.capacity = LARGEST;
	assert_int_equal(child_run(grow, &traffic), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(naru_queue_send(traffic.handle[1], 1, "text", 4, 0), 0);
	for (int i = 0; i < 200; i++)
		assert_string_equal(words_receive(traffic.handle[2], 0, 0), "1 text");
	close_all(&traffic, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_nothing_is_lost),
		in_a_room(test_who_slept_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
