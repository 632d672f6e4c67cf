/* SPDX-License-Identifier: MIT */
#ifndef NARU_TLS_MODULE_H
#define NARU_TLS_MODULE_H

/*
 * tls/module.h - libnaru-tls.so: stream/tls.h, by OpenSSL
 *
 * TLS 1.3 only, without session tickets and early data. Verification is never left out:
 * a client always verifies the server, and a server that has an authority each client.
 */

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stream/tls.h>

typedef void (*nr_tls_log)(const char *format, ...);

enum { NR_TLS_DATE = 48 };

struct nr_tls_context {
	SSL_CTX *ssl;
	nr_tls_log log;
};

struct nr_tls_session {
	SSL *ssl;
	nr_tls_log log;
	int fd;
	int error;	/* negative errno of the last call on the socket, or 0 */
	int failed[2];	/* of writing and of reading: the error that ended it, or 0 */
	char host[256]; /* of the URL; "" on a server */
	char good_from[NR_TLS_DATE]; /* the peer's certificate, if it is not good */
	char good_until[NR_TLS_DATE];
	short wants[2]; /* writing, reading */
	size_t unsent;	/* bytes of record that OpenSSL has begun to send */
	unsigned char record[SSL3_RT_MAX_PLAIN_LENGTH];
	pthread_mutex_t guard; /* one thread reads while another writes */
};

int nr_tls_context_open(const struct naru_stream_options *options, bool server,
			nr_tls_log log, struct nr_tls_context **ret_context);
void nr_tls_context_close(struct nr_tls_context *context);

/* OpenSSL's way to the socket: never waits, never raises SIGPIPE. NULL: no memory. */
BIO *nr_tls_socket(struct nr_tls_session *session);

/* OpenSSL's call about each certificate of the peer's. */
int nr_tls_note_certificate(int good, X509_STORE_CTX *store);
/* Say why the peer's certificate was not good. -EKEYEXPIRED, -EKEYREJECTED. */
int nr_tls_explain_certificate(const struct nr_tls_session *session, long why);
/* Say what else went wrong in a handshake, or later. -EPROTO. */
int nr_tls_explain_protocol(const struct nr_tls_session *session);
/* Say why a file cannot be used. -EKEYREJECTED. */
int nr_tls_explain_file(nr_tls_log log, const char *what, const char *path);

#endif /* NARU_TLS_MODULE_H */
