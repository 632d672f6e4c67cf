/* SPDX-License-Identifier: MIT */

/* tls/session.c - one connection */

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <tls/module.h>

/* Whom the server must be: a name, or an address. */
static bool expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1)
		return true;
	ERR_clear_error();
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static void session_end(struct nr_tls_session *session)
{
	SSL_free(session->ssl);
	pthread_mutex_destroy(&session->guard);
	free(session);
}

static int session_begin(struct nr_tls_context *context, int fd, const char *host,
			 struct nr_tls_session **ret_session)
{
	struct nr_tls_session *session;
	BIO *bio;

	if (host && strlen(host) >= sizeof(session->host))
		return -EINVAL;
	session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	pthread_mutex_init(&session->guard, NULL);
	session->fd = fd;
	session->log = context->log;
	session->ssl = SSL_new(context->ssl);
	bio = session->ssl ? nr_tls_socket(session) : NULL;
	if (!bio || (host && !expect_host(session->ssl, host))) {
		BIO_free(bio);
		session_end(session);
		return -ENOMEM;
	}
	SSL_set_bio(session->ssl, bio, bio);
	SSL_set_app_data(session->ssl, session);
	if (host) {
		strcpy(session->host, host);
		SSL_set_connect_state(session->ssl);
	} else {
		SSL_set_accept_state(session->ssl);
	}
	*ret_session = session;
	return 0;
}

static int find_outcome(struct nr_tls_session *session, int result, bool reading)
{
	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		session->wants[reading] = POLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		session->wants[reading] = POLLOUT;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return reading ? 0 : -EPIPE;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return session->error ? session->error : -ECONNRESET;
	default:
		/* An end that nobody has signed may be anybody's doing. */
		if (ERR_GET_REASON(ERR_peek_last_error()) ==
		    SSL_R_UNEXPECTED_EOF_WHILE_READING) {
			ERR_clear_error();
			return -ECONNRESET;
		}
		return nr_tls_explain_protocol(session);
	}
}

/* What a call of OpenSSL that returned @result came to. What has failed stays so. */
static int outcome(struct nr_tls_session *session, int result, bool reading)
{
	int r = find_outcome(session, result, reading);

	if (r < 0 && r != -EAGAIN)
		session->failed[reading] = r;
	return r;
}

static int session_shake(struct nr_tls_session *session)
{
	long why;
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(session->ssl);
	if (r == 1)
		return 0;
	why = SSL_get_verify_result(session->ssl);
	if (SSL_get_error(session->ssl, r) == SSL_ERROR_SSL && why != X509_V_OK) {
		ERR_clear_error();
		return nr_tls_explain_certificate(session, why);
	}
	r = outcome(session, r, false);
	return r == -EPIPE ? -ECONNRESET : r;
}

/*
 * What OpenSSL has encrypted must be sent, and it keeps no copy. 0: nothing is left.
 * The guard is held.
 */
static int flush(struct nr_tls_session *session)
{
	int r;

	/* Asked again, OpenSSL would say something else. */
	if (session->failed[false])
		return session->failed[false];
	if (session->failed[true])
		return session->failed[true];
	if (session->unsent == 0)
		return 0;
	ERR_clear_error();
	r = SSL_write(session->ssl, session->record, (int)session->unsent);
	if (r <= 0)
		return outcome(session, r, false);
	session->unsent = 0;
	return 0;
}

static ssize_t session_read(struct nr_tls_session *session, void *buffer, size_t size)
{
	ssize_t n;
	int r;

	pthread_mutex_lock(&session->guard);
	/* Perhaps this is what the peer waits for before it answers. */
	(void)flush(session);
	n = session->failed[true];
	if (n == 0) {
		ERR_clear_error();
		r = SSL_read(session->ssl, buffer, size < INT_MAX ? (int)size : INT_MAX);
		n = r > 0 ? r : outcome(session, r, true);
	}
	pthread_mutex_unlock(&session->guard);
	return n;
}

/* One record, or a part of it. What the socket does not take is taken all the same. */
static ssize_t write_record(struct nr_tls_session *session, const void *data,
			    size_t length)
{
	ssize_t n = flush(session);
	int r;

	if (n < 0)
		return n;
	if (length > sizeof(session->record))
		length = sizeof(session->record);
	ERR_clear_error();
	r = SSL_write(session->ssl, data, (int)length);
	if (r > 0)
		return r;
	n = outcome(session, r, false);
	if (n != -EAGAIN || session->wants[false] != POLLOUT)
		return n;
	memcpy(session->record, data, length);
	session->unsent = length;
	return (ssize_t)length;
}

static ssize_t session_write(struct nr_tls_session *session, const void *data,
			     size_t length)
{
	ssize_t n;

	pthread_mutex_lock(&session->guard);
	n = write_record(session, data, length);
	pthread_mutex_unlock(&session->guard);
	return n;
}

static int session_flush(struct nr_tls_session *session)
{
	int r;

	pthread_mutex_lock(&session->guard);
	r = flush(session);
	pthread_mutex_unlock(&session->guard);
	return r;
}

/* The guard is held. */
static int shut(struct nr_tls_session *session)
{
	int sent, r = flush(session);

	if (r < 0 || SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN)
		return r;
	ERR_clear_error();
	sent = SSL_shutdown(session->ssl);
	if (sent < 0 && SSL_get_error(session->ssl, sent) == SSL_ERROR_WANT_WRITE)
		r = -EAGAIN;
	ERR_clear_error();
	return r;
}

static int session_shut(struct nr_tls_session *session)
{
	int r;

	pthread_mutex_lock(&session->guard);
	r = shut(session);
	pthread_mutex_unlock(&session->guard);
	return r;
}

static short session_wants(struct nr_tls_session *session, bool reading)
{
	short events = session->wants[reading] ? session->wants[reading] : POLLIN;

	return session->unsent ? events | POLLOUT : events;
}

static size_t session_pending(struct nr_tls_session *session)
{
	size_t pending;

	pthread_mutex_lock(&session->guard);
	pending = (size_t)SSL_pending(session->ssl);
	pthread_mutex_unlock(&session->guard);
	return pending;
}

/* The first of the names that it is for; else the common one. */
static void print_name(X509 *certificate, char *text, size_t size)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !text[0]; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_IA5STRING *string = NULL;

		if (name->type == GEN_DNS || name->type == GEN_EMAIL ||
		    name->type == GEN_URI)
			string = name->d.ia5;
		/* A NUL inside would make another name of it. */
		if (string && memchr(ASN1_STRING_get0_data(string), '\0',
				     (size_t)ASN1_STRING_length(string)) == NULL)
			snprintf(text, size, "%.*s", ASN1_STRING_length(string),
				 (const char *)ASN1_STRING_get0_data(string));
	}
	GENERAL_NAMES_free(names);
	if (!text[0])
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
					  NID_commonName, text, (int)size);
}

static void session_name(struct nr_tls_session *session, char *ret_name, size_t size)
{
	X509 *certificate;

	pthread_mutex_lock(&session->guard);
	ERR_clear_error();
	certificate = SSL_get0_peer_certificate(session->ssl);
	ret_name[0] = '\0';
	if (certificate)
		print_name(certificate, ret_name, size);
	ERR_clear_error();
	pthread_mutex_unlock(&session->guard);
}

NARU_API extern const struct nr_tls_module naru_tls_module;
const struct nr_tls_module naru_tls_module = {
	.version = NR_TLS_VERSION,
	.open = nr_tls_context_open,
	.close = nr_tls_context_close,
	.begin = session_begin,
	.end = session_end,
	.shake = session_shake,
	.read = session_read,
	.write = session_write,
	.flush = session_flush,
	.shut = session_shut,
	.wants = session_wants,
	.pending = session_pending,
	.name = session_name,
};
