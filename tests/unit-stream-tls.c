/* SPDX-License-Identifier: MIT */

/* Certificates: who is let in, and who is not. */

#include <stdio.h>
#include <support/child.h>
#include <support/must.h>
#include <support/transport.h>
#include <support/unit.h>
#include <unistd.h>

enum { WAIT_MS = 60000 };

static void try_tls(struct room *room, const char *own, const char *authority,
		    const char *certificate_name, const char *host, int wanted)
{
	struct naru_stream_options server = NARU_INIT(server, .flags = 0);
	struct naru_stream_options client = NARU_INIT(client, .flags = 0);
	struct naru_listener *listener;
	struct naru_stream *stream;
	char pem[64], key[64];
	pid_t child;

	snprintf(pem, sizeof(pem), "%s.pem", own);
	snprintf(key, sizeof(key), "%s.key", own);
	server.certificate = certificate(pem);
	server.key = certificate(key);
	assert_int_equal(
		naru_listen(room->space, "tls://127.0.0.1:0", &server, &listener), 0);
	child = fork();
	if (child == 0) {
		naru_accept(listener, -1, &stream);
		_exit(0);
	}
	client.authority = certificate(authority);
	client.host = host;
	if (certificate_name)
		client.certificate = client.key = certificate(certificate_name);
	assert_int_equal(naru_connect(room->space, naru_listener_url(listener), &client,
				      WAIT_MS, &stream),
			 wanted);
	if (wanted == 0)
		naru_stream_close(stream);
	child_kill(child);
	naru_listener_close(listener);
}

static void test_certificates(void **state)
{
	try_tls(*state, "server", "authority.pem", NULL, NULL, 0);
	try_tls(*state, "server", "authority.pem", NULL, "server.example", 0);
	try_tls(*state, "server", "stranger.pem", NULL, NULL, -EKEYREJECTED);
	try_tls(*state, "server", "authority.pem", NULL, "other.example", -EKEYREJECTED);
	try_tls(*state, "expired", "authority.pem", NULL, NULL, -EKEYEXPIRED);
	try_tls(*state, "server", "missing.pem", NULL, NULL, -EKEYREJECTED);
	try_tls(*state, "server", "authority.pem", "make", NULL, -EKEYREJECTED);
}

/* A server that wants a certificate passes over who has none, and goes on. */
static void test_mutual(void **state)
{
	const struct transport *tls = &transports[transports_count - 1];
	struct naru_listener *listener = transport_listen(*state, tls);
	struct naru_stream_options options =
		NARU_INIT(options, .authority = certificate("authority.pem"));
	struct naru_stream *stream, *accepted;
	pid_t child = fork();

	if (child == 0) {
		char byte;

		must_be(naru_connect(NULL, naru_listener_url(listener), &options, WAIT_MS,
				     &stream),
			0);
		must(naru_stream_read(stream, &byte, 1, WAIT_MS) < 0);
		naru_stream_close(stream);
		stream = transport_dial(*state, tls, naru_listener_url(listener));
		write_all(stream, "x", 1);
		naru_stream_close(stream);
		_exit(0);
	}
	assert_int_equal(naru_accept(listener, WAIT_MS, &accepted), 0);
	assert_int_equal(child_await(child), 0);
	naru_stream_close(accepted);
	naru_listener_close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_room(test_certificates),
		in_a_room(test_mutual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
