/* SPDX-License-Identifier: MIT */

/* tls/socket.c - OpenSSL's own socket BIO waits, and raises SIGPIPE; so this is ours */

#include <errno.h>
#include <openssl/bio.h>
#include <sys/sockets.h>
#include <tls/module.h>

static int finish(BIO *bio, ssize_t n)
{
	struct nr_tls_session *session = BIO_get_data(bio);

	session->error = n < 0 && n != -EAGAIN && n != -EINTR ? (int)n : 0;
	return n < 0 ? -1 : (int)n;
}

static int socket_write(BIO *bio, const char *data, int length)
{
	struct nr_tls_session *session = BIO_get_data(bio);
	ssize_t n = nr_socket_send(session->fd, data, (size_t)length, false);

	BIO_clear_retry_flags(bio);
	if (n == -EAGAIN || n == -EINTR)
		BIO_set_retry_write(bio);
	return finish(bio, n);
}

static int socket_read(BIO *bio, char *buffer, int size)
{
	struct nr_tls_session *session = BIO_get_data(bio);
	ssize_t n = nr_socket_receive(session->fd, buffer, (size_t)size, false);

	BIO_clear_retry_flags(bio);
	if (n == -EAGAIN || n == -EINTR)
		BIO_set_retry_read(bio);
	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return finish(bio, n);
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	default:
		return 0;
	}
}

static int socket_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO *nr_tls_socket(struct nr_tls_session *session)
{
	static BIO_METHOD *method;
	static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
	BIO *bio = NULL;

	pthread_mutex_lock(&guard);
	if (!method) {
		BIO_METHOD *made = BIO_meth_new(
			BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "naru socket");

		if (made) {
			BIO_meth_set_write(made, socket_write);
			BIO_meth_set_read(made, socket_read);
			BIO_meth_set_ctrl(made, socket_control);
			BIO_meth_set_create(made, socket_create);
		}
		method = made;
	}
	if (method)
		bio = BIO_new(method);
	pthread_mutex_unlock(&guard);
	if (bio)
		BIO_set_data(bio, session);
	return bio;
}
