/* SPDX-License-Identifier: MIT */

/* The contract of a stream, over every transport: bytes, their order, and their end. */

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <support/child.h>
#include <support/must.h>
#include <support/random.h>
#include <support/transport.h>
#include <support/unit.h>
#include <sys/time.h>
#include <unistd.h>

enum { MANY = 3 << 20 };

typedef void (*transport_check)(struct room *room, const struct transport *transport);

/* Each check is a test, which runs over all transports. */
static void over_all(void **state, transport_check check)
{
	for (int i = 0; i < transports_count; i++) {
		print_message("  over %s\n", transports[i].name);
		check(*state, &transports[i]);
	}
}

static unsigned char byte_at(size_t position, unsigned char salt)
{
	return (unsigned char)(position * 31 + position / 251 + salt);
}

struct mover {
	struct naru_stream *stream;
	unsigned char salt;
	uint64_t seed;
};

/* Pieces of every length. */
static void *move_out(void *data)
{
	struct mover *mover = data;
	unsigned char bytes[70000];

	for (size_t done = 0; done < MANY;) {
		size_t length = random_below(&mover->seed, 4)
					? random_below(&mover->seed, 300)
					: random_below(&mover->seed, sizeof(bytes));

		if (length > MANY - done)
			length = MANY - done;
		for (size_t i = 0; i < length; i++)
			bytes[i] = byte_at(done + i, mover->salt);
		must_be(naru_stream_write(mover->stream, bytes, length, -1), length);
		done += length;
	}
	must_be(naru_stream_shutdown(mover->stream), 0);
	return NULL;
}

static void *move_in(void *data)
{
	struct mover *mover = data;
	unsigned char bytes[70000];
	size_t done = 0;
	ssize_t n;

	do {
		size_t length = random_below(&mover->seed, 4)
					? random_below(&mover->seed, 300) + 1
					: random_below(&mover->seed, sizeof(bytes)) + 1;

		n = naru_stream_read(mover->stream, bytes, length, -1);
		must(n >= 0);
		for (ssize_t i = 0; i < n; i++)
			must(bytes[i] == byte_at(done + (size_t)i, mover->salt));
		done += (size_t)n;
	} while (n > 0);
	must_be(done, MANY);
	return NULL;
}

/* Both ways at once; each stream is read by one thread and written by another. */
static void check_order(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	struct mover movers[4] = {
		{pair.client, 1, 11},
		{pair.server, 1, 12},
		{pair.server, 2, 13},
		{pair.client, 2, 14},
	};
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		must_be(pthread_create(&threads[i], NULL, i % 2 ? move_in : move_out,
				       &movers[i]),
			0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pair_close(&pair);
}

static void check_short(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	char buffer[16] = "";

	assert_int_equal(naru_stream_read(pair.server, buffer, 16, 0), -EAGAIN);
	assert_int_equal(naru_stream_read(pair.server, buffer, 16, 5), -ETIMEDOUT);
	assert_int_equal(naru_stream_read(pair.server, buffer, 0, -1), 0);
	assert_int_equal(naru_stream_write(pair.client, NULL, 0, -1), 0);
	write_all(pair.client, "0123456789", 10);
	read_all(pair.server, buffer, 3);
	assert_memory_equal(buffer, "012", 3);
	assert_int_equal(naru_stream_read(pair.server, buffer, 16, -1), 7);
	assert_memory_equal(buffer, "3456789", 7);
	write_all(pair.server, "back", 4);
	assert_int_equal(naru_stream_read(pair.client, buffer, 16, -1), 4);
	assert_memory_equal(buffer, "back", 4);
	pair_close(&pair);
}

static void check_parts(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	char text[] = "one two three", in[3][8] = {"", "", ""};
	const struct iovec out[] = {{text, 4}, {NULL, 0}, {text + 4, 4}, {text + 8, 5}};
	const struct iovec parts[] = {{in[0], 4}, {in[1], 4}, {NULL, 0}, {in[2], 8}};

	assert_int_equal(naru_stream_writev(pair.client, out, 4, -1), 13);
	assert_int_equal(naru_stream_readv(pair.server, parts, 4, -1), 13);
	assert_string_equal(in[0], "one ");
	assert_string_equal(in[1], "two ");
	assert_string_equal(in[2], "three");
	assert_int_equal(naru_stream_readv(pair.server, parts, 4, 0), -EAGAIN);
	assert_int_equal(naru_stream_readv(pair.server, parts, -1, 0), -EINVAL);
	pair_close(&pair);
}

static void check_end(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	char buffer[100];
	ssize_t n;

	write_all(pair.client, "last words", 10);
	pair.client = naru_stream_close(pair.client);
	read_all(pair.server, buffer, 10);
	assert_int_equal(naru_stream_read(pair.server, buffer, 100, -1), 0);
	assert_int_equal(naru_stream_read(pair.server, buffer, 100, 0), 0);
	/* Over a network the first may succeed. */
	do
		n = naru_stream_write(pair.server, "x", 1, -1);
	while (n == 1);
	assert_true(n == -EPIPE || n == -ECONNRESET);
	pair_close(&pair);
}

static void check_half(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	char buffer[100];

	write_all(pair.client, "question", 8);
	assert_int_equal(naru_stream_shutdown(pair.client), 0);
	assert_int_equal(naru_stream_shutdown(pair.client), 0);
	assert_int_equal(naru_stream_write(pair.client, "x", 1, -1), -EPIPE);
	read_all(pair.server, buffer, 8);
	assert_int_equal(naru_stream_read(pair.server, buffer, 100, -1), 0);
	write_all(pair.server, "answer", 6);
	read_all(pair.client, buffer, 6);
	assert_memory_equal(buffer, "answer", 6);
	assert_int_equal(naru_stream_read(pair.client, buffer, 100, 0), -EAGAIN);
	pair.server = naru_stream_close(pair.server);
	assert_int_equal(naru_stream_read(pair.client, buffer, 100, -1), 0);
	pair_close(&pair);
}

struct dying {
	struct room *room;
	const struct transport *transport;
	const char *url;
};

static int write_and_die(void *data)
{
	struct dying *dying = data;
	struct naru_stream *stream =
		transport_dial(dying->room, dying->transport, dying->url);

	write_all(stream, "the last", 8);
	raise(SIGKILL);
	return 0;
}

static void check_death(struct room *room, const struct transport *transport)
{
	struct naru_listener *listener = transport_listen(room, transport);
	struct dying dying = {room, transport, naru_listener_url(listener)};
	pid_t child = child_start(write_and_die, &dying);
	struct naru_stream *stream;
	char buffer[100];
	ssize_t n;

	assert_int_equal(naru_accept(listener, -1, &stream), 0);
	read_all(stream, buffer, 8);
	assert_memory_equal(buffer, "the last", 8);
	assert_int_equal(naru_stream_read(stream, buffer, 100, -1),
			 transport->tls ? -ECONNRESET : 0);
	assert_int_equal(child_await(child), 128 + SIGKILL);
	do
		n = naru_stream_write(stream, "x", 1, -1);
	while (n == 1);
	assert_true(n == -EPIPE || n == -ECONNRESET);
	naru_stream_close(stream);
	naru_listener_close(listener);
}

static void check_pressure(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	unsigned char bytes[10000];
	size_t sent = 0, got = 0;
	ssize_t n;

	for (;;) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = byte_at(sent + i, 7);
		n = naru_stream_write(pair.client, bytes, sizeof(bytes), 0);
		if (n < 0)
			break;
		assert_true(n > 0);
		sent += (size_t)n;
	}
	assert_int_equal(n, -EAGAIN);
	/* TCP may find a little more room when what is under way has arrived. */
	do {
		bytes[0] = byte_at(sent, 7);
		n = naru_stream_write(pair.client, bytes, 1, 5);
		sent += n > 0;
	} while (n > 0);
	assert_int_equal(n, -ETIMEDOUT);
	while (got < sent) {
		n = naru_stream_read(pair.server, bytes, sizeof(bytes), -1);
		assert_true(n > 0);
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], byte_at(got + (size_t)i, 7));
		got += (size_t)n;
	}
	assert_int_equal(naru_stream_read(pair.server, bytes, 1, 0), -EAGAIN);
	write_all(pair.client, "room", 4);
	read_all(pair.server, bytes, 4);
	pair_close(&pair);
}

static int go_on(void *data)
{
	struct pair *pair = data;
	char buffer[8];

	pair->client = naru_stream_close(pair->client);
	for (int i = 0; i < 2000; i++) {
		read_all(pair->server, buffer, 8);
		write_all(pair->server, buffer, 8);
	}
	/* Until the other end is closed: both sleep, and both are woken. */
	must_be(naru_stream_read(pair->server, buffer, 8, -1), 0);
	return 0;
}

static int close_both(void *data)
{
	pair_close(data);
	return 0;
}

/* The server of old: it accepts, and a child goes on. */
static void check_fork(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	char buffer[8];
	pid_t child;

	/* The state of TLS is not shared: the one who made it goes on. */
	if (transport->tls) {
		child = child_start(close_both, &pair);
		assert_int_equal(child_await(child), 0);
		write_all(pair.client, "12345678", 8);
		read_all(pair.server, buffer, 8);
		pair_close(&pair);
		return;
	}
	child = child_start(go_on, &pair);
	pair.server = naru_stream_close(pair.server);
	for (int i = 0; i < 2000; i++) {
		memcpy(buffer, &i, sizeof(i));
		write_all(pair.client, buffer, 8);
		read_all(pair.client, buffer, 8);
		assert_memory_equal(buffer, &i, sizeof(i));
	}
	pair.client = naru_stream_close(pair.client);
	assert_int_equal(child_await(child), 0);
}

static void on_signal(int number)
{
	(void)number;
}

static void check_signal(struct room *room, const struct transport *transport)
{
	struct pair pair = transport_pair(room, transport);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	/* Again and again, so that it does not matter when the call begins. */
	struct itimerval timer = {{0, 2000}, {0, 2000}};
	static char full[1 << 20];
	ssize_t n;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	assert_int_equal(naru_stream_read(pair.client, full, 1, -1), -EINTR);
	assert_int_equal(naru_stream_read(pair.client, full, 1, 60000), -EINTR);
	do
		n = naru_stream_write(pair.client, full, sizeof(full), -1);
	while (n > 0);
	assert_int_equal(n, -EINTR);
	memset(&timer, 0, sizeof(timer));
	setitimer(ITIMER_REAL, &timer, NULL);
	pair_close(&pair);
}

#define OVER_ALL(name)                                                                   \
	static void test_##name(void **state)                                            \
	{                                                                                \
		over_all(state, check_##name);                                           \
	}
OVER_ALL(order)
OVER_ALL(short)
OVER_ALL(parts)
OVER_ALL(end)
OVER_ALL(half)
OVER_ALL(death)
OVER_ALL(pressure)
OVER_ALL(fork)
OVER_ALL(signal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_order),	  in_a_room(test_short), in_a_room(test_parts),
		in_a_room(test_end),	  in_a_room(test_half),	 in_a_room(test_death),
		in_a_room(test_pressure), in_a_room(test_fork),	 in_a_room(test_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
