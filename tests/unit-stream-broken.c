/* SPDX-License-Identifier: MIT */

/* A connection that is broken off: each direction says so, and keeps saying so. */

#include <arpa/inet.h>
#include <errno.h>
#include <naru/stream.h>
#include <netinet/in.h>
#include <stdio.h>
#include <support/must.h>
#include <support/unit.h>
#include <sys/socket.h>
#include <unistd.h>

/* A plain socket as the server, so that the test can do what naru's never does. */
static int listen_here(char url[64])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 &&
	     listen(fd, 1) == 0 &&
	     getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	snprintf(url, 64, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static struct naru_stream *connect_to(struct room *room, int *ret_peer)
{
	struct naru_stream_options plain = NARU_INIT(plain, .flags = NARU_STREAM_PLAIN);
	struct naru_stream *stream = NULL;
	char url[64];
	int listener = listen_here(url);

	assert_int_equal(naru_connect(room->space, url, &plain, -1, &stream), 0);
	*ret_peer = accept(listener, NULL, NULL);
	assert_true(*ret_peer >= 0);
	close(listener);
	return stream;
}

/* By a reset; on this machine it is there when the call returns. */
static void break_off(int peer)
{
	const struct linger at_once = {.l_onoff = 1};

	must(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
	must(close(peer) == 0);
}

static void test_read_behind_bytes(void **state)
{
	int peer;
	struct naru_stream *stream = connect_to(*state, &peer);
	char one[4], two[4];
	const struct iovec parts[] = {{one, sizeof(one)}, {two, sizeof(two)}};

	assert_int_equal(write(peer, "last", 4), 4);
	break_off(peer);
	assert_int_equal(naru_stream_readv(stream, parts, 2, -1), 4);
	assert_memory_equal(one, "last", 4);
	for (int i = 0; i < 2; i++)
		assert_int_equal(naru_stream_read(stream, one, sizeof(one), -1),
				 -ECONNRESET);
	naru_stream_close(stream);
}

static void test_read_again(void **state)
{
	int peer;
	struct naru_stream *stream = connect_to(*state, &peer);
	char one[4];

	break_off(peer);
	for (int i = 0; i < 3; i++)
		assert_int_equal(naru_stream_read(stream, one, sizeof(one), -1),
				 -ECONNRESET);
	naru_stream_close(stream);
}

/* The peer has ended well: a reset by what comes after that does not change it. */
static void test_an_end_stays_an_end(void **state)
{
	int peer;
	struct naru_stream *stream = connect_to(*state, &peer);
	char one[4];

	assert_int_equal(shutdown(peer, SHUT_WR), 0);
	assert_int_equal(naru_stream_read(stream, one, sizeof(one), -1), 0);
	break_off(peer);
	assert_int_equal(naru_stream_read(stream, one, sizeof(one), -1), 0);
	naru_stream_close(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_read_behind_bytes),
		in_a_room(test_read_again),
		in_a_room(test_an_end_stays_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
