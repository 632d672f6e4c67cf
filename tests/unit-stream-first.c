/* SPDX-License-Identifier: MIT */

/* The memory of a stream comes with its first byte, whoever writes that, and when. */

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <support/must.h>
#include <support/transport.h>
#include <support/unit.h>

enum { ROUNDS = 300, LENGTH = 100 };

/* Headers of streams that this process has mapped: one for each end and file. */
static int mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long offset;
	char line[512];
	int count = 0;

	must(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "/memfd:naru") &&
			 sscanf(line, "%*s %*s %lx", &offset) == 1 && offset == 0;
	fclose(maps);
	return count;
}

static struct pair local_pair(void **state)
{
	return transport_pair(*state, &transports[0]);
}

static void send_and_see(struct naru_stream *from, struct naru_stream *to)
{
	char bytes[LENGTH], seen[LENGTH];

	memset(bytes, 'n', LENGTH);
	write_all(from, bytes, LENGTH);
	read_all(to, seen, LENGTH);
	assert_memory_equal(seen, bytes, LENGTH);
}

static void costs_nothing_before(void **state)
{
	struct pair pair = local_pair(state);
	struct naru_stream_stat stat = NARU_INIT(stat, .transport = 0);
	char byte;

	assert_int_equal(naru_stream_read(pair.client, &byte, 1, 0), -EAGAIN);
	assert_int_equal(naru_stream_read(pair.server, &byte, 1, 1), -ETIMEDOUT);
	assert_true(naru_stream_fd(pair.client, NARU_READABLE) >= 0);
	assert_true(is_ready(naru_stream_fd(pair.server, NARU_WRITABLE)));
	assert_int_equal(mapped(), 0);
	assert_int_equal(naru_stream_stat(pair.client, &stat), 0);
	assert_int_equal(stat.transport, NARU_TRANSPORT_MEMORY);
	assert_int_equal(stat.capacity, 1 << 20);
	assert_int_equal(stat.readable, 0);
	pair_close(&pair);
}

static void one_file_for_both(void **state)
{
	for (int first = 0; first < 2; first++) {
		struct pair pair = local_pair(state);
		struct naru_stream *one = first ? pair.server : pair.client;
		struct naru_stream *other = first ? pair.client : pair.server;

		for (int i = 0; i < 3; i++) {
			send_and_see(one, other);
			send_and_see(other, one);
		}
		assert_int_equal(mapped(), 2);
		pair_close(&pair);
		assert_int_equal(mapped(), 0);
	}
}

static void both_write_first(void **state)
{
	struct pair pair = local_pair(state);
	char byte;

	write_all(pair.client, "c", 1);
	write_all(pair.server, "s", 1);
	read_all(pair.server, &byte, 1);
	assert_int_equal(byte, 'c');
	read_all(pair.client, &byte, 1);
	assert_int_equal(byte, 's');
	for (int i = 0; i < 3; i++) {
		send_and_see(pair.client, pair.server);
		send_and_see(pair.server, pair.client);
	}
	assert_int_equal(mapped(), 4);
	pair_close(&pair);
	assert_int_equal(mapped(), 0);
}

struct reader {
	struct naru_stream *stream;
	char byte;
};

static void *read_one(void *data)
{
	struct reader *reader = data;

	read_all(reader->stream, &reader->byte, 1);
	return NULL;
}

static void *write_one(void *data)
{
	write_all(data, "w", 1);
	return NULL;
}

/* Both ends at once, each with a thread that reads and one that writes. */
static void at_once(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct pair pair = local_pair(state);
		struct reader readers[2] = {{pair.client, 0}, {pair.server, 0}};
		pthread_t threads[4];

		for (int j = 0; j < 2; j++) {
			must_be(pthread_create(&threads[j], NULL, read_one, &readers[j]),
				0);
			must_be(pthread_create(&threads[2 + j], NULL, write_one,
					       readers[j].stream),
				0);
		}
		for (int j = 0; j < 4; j++)
			must_be(pthread_join(threads[j], NULL), 0);
		assert_int_equal(readers[0].byte, 'w');
		assert_int_equal(readers[1].byte, 'w');
		send_and_see(pair.client, pair.server);
		send_and_see(pair.server, pair.client);
		pair_close(&pair);
	}
}

static void ends_without_a_byte(void **state)
{
	struct pair pair = local_pair(state);
	char byte;

	assert_int_equal(naru_stream_shutdown(pair.client), 0);
	assert_int_equal(naru_stream_read(pair.server, &byte, 1, -1), 0);
	send_and_see(pair.server, pair.client);
	naru_stream_close(pair.server);
	assert_int_equal(naru_stream_read(pair.client, &byte, 1, -1), 0);
	naru_stream_close(pair.client);
}

/* The one who has written waits for its first answer by poll(2). */
static void polls_for_the_first(void **state)
{
	struct pair pair = local_pair(state);
	int client = naru_stream_fd(pair.client, NARU_READABLE);
	int server = naru_stream_fd(pair.server, NARU_READABLE);
	char byte;

	assert_false(is_ready(client));
	write_all(pair.client, "?", 1);
	assert_true(becomes_ready(server));
	assert_int_equal(naru_stream_read(pair.server, &byte, 1, 0), 1);
	assert_false(is_ready(server));
	assert_int_equal(naru_stream_read(pair.client, &byte, 1, 0), -EAGAIN);
	write_all(pair.server, "!", 1);
	assert_true(becomes_ready(client));
	assert_int_equal(naru_stream_read(pair.client, &byte, 1, 0), 1);
	assert_false(is_ready(client));
	pair_close(&pair);
}

/* It rang before anybody asked for the descriptor. */
static void polls_late(void **state)
{
	struct pair pair = local_pair(state);
	char byte;

	write_all(pair.client, "?", 1);
	read_all(pair.server, &byte, 1);
	write_all(pair.server, "!", 1);
	assert_true(becomes_ready(naru_stream_fd(pair.client, NARU_READABLE)));
	read_all(pair.client, &byte, 1);
	assert_int_equal(byte, '!');
	pair_close(&pair);
}

static void in_place(void **state)
{
	struct pair pair = local_pair(state);
	const void *seen;
	void *place;

	assert_true(naru_stream_reserve(pair.server, LENGTH, -1, &place) >= LENGTH);
	memset(place, 'p', LENGTH);
	assert_int_equal(naru_stream_commit(pair.server, LENGTH, -1), LENGTH);
	assert_int_equal(naru_stream_peek(pair.client, LENGTH, -1, &seen), LENGTH);
	assert_memory_equal(seen, place, LENGTH);
	assert_int_equal(naru_stream_consume(pair.client, LENGTH), 0);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(costs_nothing_before), in_a_room(one_file_for_both),
		in_a_room(both_write_first),	 in_a_room(at_once),
		in_a_room(ends_without_a_byte),	 in_a_room(polls_for_the_first),
		in_a_room(polls_late),		 in_a_room(in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
