/* SPDX-License-Identifier: MIT */

/* The contract of a stream, over every transport: in place, poll(2), and what it tells.
 */

#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/transport.h>
#include <support/unit.h>
#include <unistd.h>

typedef void (*transport_check)(struct room *room, const struct transport *transport);

static void over_all(void **state, transport_check check)
{
	for (int i = 0; i < transports_count; i++) {
		print_message("  over %s\n", transports[i].name);
		check(*state, &transports[i]);
	}
}

static struct naru_stream_stat stat_of(struct naru_stream *stream)
{
	struct naru_stream_stat stat = NARU_INIT(stat, .transport = 0);

	must_be(naru_stream_stat(stream, &stat), 0);
	return stat;
}

static void check_peek(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	uint64_t capacity = stat_of(pair.server).capacity;
	const void *seen;
	char buffer[8];

	assert_int_equal(naru_stream_peek(pair.server, 1, 0, &seen), -EAGAIN);
	assert_int_equal(naru_stream_peek(pair.server, 0, 0, &seen), -EINVAL);
	assert_int_equal(naru_stream_peek(pair.server, capacity + 1, 0, &seen),
			 -EMSGSIZE);
	write_all(pair.client, "abc", 3);
	assert_int_equal(naru_stream_peek(pair.server, 1, -1, &seen), 3);
	assert_int_equal(naru_stream_peek(pair.server, 4, 0, &seen), -EAGAIN);
	assert_int_equal(naru_stream_peek(pair.server, 4, 5, &seen), -ETIMEDOUT);
	write_all(pair.client, "def", 3);
	assert_int_equal(naru_stream_peek(pair.server, 6, -1, &seen), 6);
	assert_memory_equal(seen, "abcdef", 6);
	assert_int_equal(naru_stream_consume(pair.server, 7), -EINVAL);
	assert_int_equal(naru_stream_consume(pair.server, 2), 0);
	assert_int_equal(naru_stream_consume(pair.server, 5), -EINVAL);
	read_all(pair.server, buffer, 3);
	assert_memory_equal(buffer, "cde", 3);
	assert_int_equal(naru_stream_consume(pair.server, 1), -EINVAL);
	pair.client = naru_stream_close(pair.client);
	/* The end comes before so many. */
	assert_int_equal(naru_stream_peek(pair.server, 100, -1, &seen), 1);
	assert_memory_equal(seen, "f", 1);
	assert_int_equal(naru_stream_consume(pair.server, 1), 0);
	assert_int_equal(naru_stream_peek(pair.server, 1, -1, &seen), 0);
	pair_close(&pair);
}

static void check_reserve(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	uint64_t capacity = stat_of(pair.client).capacity;
	char buffer[64];
	void *place;

	assert_int_equal(naru_stream_reserve(pair.client, capacity + 1, 0, &place),
			 -EMSGSIZE);
	assert_int_equal(naru_stream_commit(pair.client, 1, -1), -EINVAL);
	assert_true(naru_stream_reserve(pair.client, 64, -1, &place) >= 64);
	memset(place, 'x', 64);
	assert_int_equal(naru_stream_read(pair.server, buffer, 64, 0), -EAGAIN);
	assert_int_equal(naru_stream_commit(pair.client, 60, -1), 60);
	assert_int_equal(naru_stream_commit(pair.client, 4, -1), -EINVAL);
	memset(buffer, 0, sizeof(buffer));
	read_all(pair.server, buffer, 60);
	assert_int_equal(buffer[59], 'x');
	assert_int_equal(buffer[60], 0);
	pair_close(&pair);
}

/* In one piece wherever it begins: the whole capacity, from each of some places. */
static void check_wrap(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	size_t capacity = stat_of(pair.client).capacity;
	const unsigned char *bytes;
	const void *seen;
	void *place;

	for (int i = 0; i < 5 && transport->kind == NARU_TRANSPORT_MEMORY; i++) {
		assert_int_equal(naru_stream_reserve(pair.client, capacity, -1, &place),
				 capacity);
		for (size_t j = 0; j < capacity; j++)
			((unsigned char *)place)[j] = (unsigned char)(j % 251);
		assert_int_equal(naru_stream_commit(pair.client, capacity, -1), capacity);
		assert_int_equal(naru_stream_write(pair.client, "x", 1, 0), -EAGAIN);
		assert_int_equal(naru_stream_peek(pair.server, capacity, -1, &seen),
				 capacity);
		bytes = seen;
		for (size_t j = 0; j < capacity; j++)
			must(bytes[j] == j % 251);
		assert_int_equal(naru_stream_consume(pair.server, capacity), 0);
		write_all(pair.client, "0123456789abc", 13);
		assert_int_equal(naru_stream_peek(pair.server, 13, -1, &seen), 13);
		assert_int_equal(naru_stream_consume(pair.server, 13), 0);
	}
	pair_close(&pair);
}

static void check_readable(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	int fd = naru_stream_fd(pair.server, NARU_READABLE);
	const void *seen;
	char buffer[100];
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(naru_stream_fd(pair.server, NARU_READABLE), fd);
	assert_int_equal(naru_stream_fd(pair.server, (enum naru_poll)7), -EINVAL);
	/* What TLS says beside the bytes may make it ready, once. */
	assert_int_equal(naru_stream_read(pair.server, buffer, 1, 0), -EAGAIN);
	assert_false(is_ready(fd));
	for (int i = 0; i < 3; i++) {
		write_all(pair.client, "0123456789", 10);
		assert_true(becomes_ready(fd));
		read_all(pair.server, buffer, 9);
		assert_true(is_ready(fd));
		assert_int_equal(naru_stream_peek(pair.server, 1, 0, &seen), 1);
		assert_true(is_ready(fd));
		read_all(pair.server, buffer, 1);
		assert_false(is_ready(fd));
		assert_int_equal(naru_stream_read(pair.server, buffer, 1, 0), -EAGAIN);
		assert_false(is_ready(fd));
	}
	/* A call that sleeps meanwhile takes nothing away from it. */
	assert_int_equal(naru_stream_read(pair.server, buffer, 1, 1), -ETIMEDOUT);
	assert_false(is_ready(fd));
	write_all(pair.client, "x", 1);
	assert_true(becomes_ready(fd));
	pair.client = naru_stream_close(pair.client);
	read_all(pair.server, buffer, 1);
	assert_true(becomes_ready(fd));
	do
		n = naru_stream_read(pair.server, buffer, 1, 0);
	while (n == -EAGAIN);
	assert_int_equal(n, 0);
	assert_true(is_ready(fd));
	pair_close(&pair);
}

static void check_writable(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	int fd = naru_stream_fd(pair.client, NARU_WRITABLE);
	static char bytes[30000];
	size_t sent = 0;
	ssize_t n;

	assert_true(fd >= 0);
	for (int i = 0; i < 3; i++) {
		assert_true(becomes_ready(fd));
		while ((n = naru_stream_write(pair.client, bytes, sizeof(bytes), 0)) > 0)
			sent += (size_t)n;
		assert_int_equal(n, -EAGAIN);
		assert_false(is_ready(fd));
		for (; sent > 0; sent -= (size_t)n) {
			n = naru_stream_read(pair.server, bytes, sizeof(bytes), -1);
			assert_true(n > 0);
		}
	}
	assert_true(becomes_ready(fd));
	while (naru_stream_write(pair.client, bytes, sizeof(bytes), 0) > 0)
		;
	pair.server = naru_stream_close(pair.server);
	assert_true(becomes_ready(fd));
	pair_close(&pair);
}

/* A descriptor wakes its poller at each of many messages; none is slept through. */
static int answer_polled(void *data)
{
	struct pair *pair = data;
	int fd = naru_stream_fd(pair->server, NARU_READABLE);
	char bytes[8];
	ssize_t n;

	pair->client = naru_stream_close(pair->client);
	for (;;) {
		must(becomes_ready(fd));
		n = naru_stream_read(pair->server, bytes, sizeof(bytes), 0);
		if (n == 0)
			return 0;
		if (n > 0)
			write_all(pair->server, bytes, (size_t)n);
		else
			must_be(n, -EAGAIN);
	}
}

static void check_polled(struct room *room, const struct transport *transport)
{
	struct pair pair;
	char bytes[8];
	pid_t child;

	if (transport->tls)
		return;
	pair = transport_pair(room, transport);
	child = child_start(answer_polled, &pair);
	pair.server = naru_stream_close(pair.server);
	for (int i = 0; i < 3000; i++) {
		write_all(pair.client, "ping", 4);
		read_all(pair.client, bytes, 4);
	}
	pair_close(&pair);
	assert_int_equal(child_await(child), 0);
}

static void check_tells(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	struct naru_stream_peer peer = NARU_INIT(peer, .pid = 0), other = peer;
	bool here = transport->kind <= NARU_TRANSPORT_UNIX;
	char bytes[8];

	write_all(pair.client, "12345", 5);
	read_all(pair.server, bytes, 2);
	assert_int_equal(stat_of(pair.client).transport, transport->kind);
	assert_int_equal(stat_of(pair.server).transport, transport->kind);
	assert_int_equal(stat_of(pair.client).written, 5);
	assert_int_equal(stat_of(pair.server).read, 2);
	assert_int_equal(stat_of(pair.server).readable, 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(naru_stream_peer(i ? pair.client : pair.server, &peer),
				 0);
		assert_int_equal(peer.pid, here ? getpid() : 0);
		assert_int_equal(peer.uid, here ? geteuid() : UINT32_MAX);
		assert_int_equal(strncmp(peer.address, "127.0.0.1:", 10) == 0, !here);
	}
	assert_string_equal(peer.name, transport->tls ? "localhost" : "");
	assert_int_equal(naru_stream_peer(pair.server, &peer), 0);
	assert_string_equal(peer.name, transport->tls ? "client.example" : "");
	assert_int_equal(naru_stream_peer(pair.client, &other), 0);
	assert_string_equal(peer.address, other.here);
	assert_string_equal(peer.here, other.address);
	pair_close(&pair);
}

#define OVER_ALL(name)                                                                   \
	static void test_##name(void **state)                                            \
	{                                                                                \
		over_all(state, check_##name);                                           \
	}
OVER_ALL(peek)
OVER_ALL(reserve)
OVER_ALL(wrap)
OVER_ALL(readable)
OVER_ALL(writable)
OVER_ALL(polled)
OVER_ALL(tells)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_peek),	  in_a_room(test_reserve),
		in_a_room(test_wrap),	  in_a_room(test_readable),
		in_a_room(test_writable), in_a_room(test_polled),
		in_a_room(test_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
