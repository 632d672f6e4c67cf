/* SPDX-License-Identifier: MIT */

/*
 * OpenSSL by itself: TLS 1.3 over a TCP connection over the loopback interface, by
 * SSL_write(3) and SSL_read(3) on a socket that blocks. Each end shakes hands with its
 * first message.
 */

#include "contenders.h"

#include "certificate.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct channel {
	struct bench_certificate certificate;
	int fds[2]; /* by side */
};

struct end {
	const struct channel *channel;
	enum bench_side side;
	SSL_CTX *context;
	SSL *ssl; /* NULL: not yet */
};

static void destroy(void *data)
{
	struct channel *channel = data;

	for (int side = 0; side < 2; side++)
		if (channel->fds[side] >= 0)
			close(channel->fds[side]);
	bench_certificate_remove(&channel->certificate);
	free(channel);
}

static int join(int listener, int fds[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	const int yes = 1;

	if (bind(listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	fds[BENCH_SENDER] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fds[BENCH_SENDER] < 0 ||
	    connect(fds[BENCH_SENDER], (struct sockaddr *)&address, length) < 0)
		return -errno;
	fds[BENCH_RECEIVER] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fds[BENCH_RECEIVER] < 0)
		return -errno;
	for (int side = 0; side < 2; side++)
		if (setsockopt(fds[side], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) <
		    0)
			return -errno;
	return 0;
}

static int create(const struct bench_plan *plan, void **ret_channel)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int listener, r;

	(void)plan;
	if (!channel)
		return -ENOMEM;
	channel->fds[0] = channel->fds[1] = -1;
	r = bench_certificate_create(&channel->certificate);
	if (r < 0) {
		free(channel);
		return r;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = listener < 0 ? -errno : join(listener, channel->fds);
	if (listener >= 0)
		close(listener);
	if (r < 0) {
		destroy(channel);
		return r;
	}
	*ret_channel = channel;
	return 0;
}

static int open_end(void *data, enum bench_side side, unsigned index, void **ret_end)
{
	struct channel *channel = data;
	struct end *end = calloc(1, sizeof(*end));

	(void)index;
	if (!end)
		return -ENOMEM;
	/* OpenSSL writes by write(2). */
	signal(SIGPIPE, SIG_IGN);
	close(channel->fds[!side]);
	channel->fds[!side] = -1;
	end->channel = channel;
	end->side = side;
	*ret_end = end;
	return 0;
}

static void close_end(void *data)
{
	struct end *end = data;

	SSL_free(end->ssl);
	SSL_CTX_free(end->context);
	free(end);
}

static bool set_up_server(SSL_CTX *context, const struct bench_certificate *certificate)
{
	return SSL_CTX_use_certificate_file(context, certificate->certificate,
					    SSL_FILETYPE_PEM) == 1 &&
	       SSL_CTX_use_PrivateKey_file(context, certificate->key, SSL_FILETYPE_PEM) ==
		       1;
}

static bool set_up_client(SSL_CTX *context, const struct bench_certificate *certificate)
{
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	return SSL_CTX_load_verify_file(context, certificate->certificate) == 1;
}

static int shake(struct end *end)
{
	bool server = end->side == BENCH_RECEIVER;
	const struct channel *channel = end->channel;

	end->context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (!end->context ||
	    SSL_CTX_set_min_proto_version(end->context, TLS1_3_VERSION) != 1 ||
	    !(server ? set_up_server : set_up_client)(end->context,
						      &channel->certificate))
		return -EIO;
	end->ssl = SSL_new(end->context);
	if (!end->ssl || SSL_set_fd(end->ssl, channel->fds[end->side]) != 1)
		return -EIO;
	return (server ? SSL_accept : SSL_connect)(end->ssl) == 1 ? 0 : -EPROTO;
}

static int write_all(void *data, int64_t type, void *message, size_t length)
{
	struct end *end = data;
	int r = end->ssl ? 0 : shake(end);
	size_t done;

	(void)type;
	if (r < 0)
		return r;
	return SSL_write_ex(end->ssl, message, length, &done) == 1 ? 0 : -EPIPE;
}

static ssize_t read_all(void *data, int64_t type, void *buffer, size_t size)
{
	struct end *end = data;
	int r = end->ssl ? 0 : shake(end);
	size_t n;

	(void)type;
	if (r < 0)
		return r;
	for (size_t done = 0; done < size; done += n)
		if (SSL_read_ex(end->ssl, (char *)buffer + done, size - done, &n) != 1)
			return -EPIPE;
	return (ssize_t)size;
}

const struct contender bench_openssl = {
	.name = "OpenSSL",
	.can = BENCH_CAN_BLOCK,
	.create = create,
	.remove = destroy,
	.open = open_end,
	.close = close_end,
	.send = write_all,
	.receive = read_all,
};
