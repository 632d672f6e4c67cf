/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_TLS_H
#define NARU_STREAM_TLS_H

/*
 * stream/tls.h - what libnaru and its module libnaru-tls.so have between them
 *
 * libnaru links libc only. The module, which links OpenSSL, is loaded at the first
 * tls:// URL, and is this table. It gets a connected socket, which stays libnaru's, and
 * never waits: it says -EAGAIN, and wants() says for what.
 */

#include <naru/stream.h>
#include <stdbool.h>

struct nr_tls_context; /* certificate, key and authority, read */
struct nr_tls_session; /* of one connection */

enum { NR_TLS_VERSION = 1 };

struct nr_tls_module {
	uint32_t version;

	/* @log: what is wrong with a file, in plain words. */
	int (*open)(const struct naru_stream_options *options, bool server,
		    void (*log)(const char *format, ...), struct nr_tls_context **ret);
	void (*close)(struct nr_tls_context *context);

	/* @host: NULL for a server. */
	int (*begin)(struct nr_tls_context *context, int fd, const char *host,
		     struct nr_tls_session **ret);
	void (*end)(struct nr_tls_session *session);

	/* 0: each is convinced of the other. -EKEYEXPIRED, -EKEYREJECTED, -EPROTO... */
	int (*shake)(struct nr_tls_session *session);
	ssize_t (*read)(struct nr_tls_session *session, void *buffer, size_t size);
	/* What was taken may not have left yet: it does with the next call. */
	ssize_t (*write)(struct nr_tls_session *session, const void *data, size_t length);
	int (*flush)(struct nr_tls_session *session);
	/* No more will be written. */
	int (*shut)(struct nr_tls_session *session);

	/* POLLIN or POLLOUT: why the last read (or what else it was) would have to wait.
	 */
	short (*wants)(struct nr_tls_session *session, bool reading);
	size_t (*pending)(struct nr_tls_session *session);
	void (*name)(struct nr_tls_session *session, char *ret_name, size_t size);
};

/* The module's one symbol. */
#define NR_TLS_SYMBOL "naru_tls_module"

/* -ELIBACC: it cannot be loaded; the log says why. */
int nr_tls_load(const struct nr_tls_module **ret_module);

/*
 * A stream of a session that is through with its handshake. Both become its own, also on
 * failure.
 */
int nr_tls_stream(const struct nr_tls_module *module, struct nr_tls_session *session,
		  int fd, struct naru_stream **ret_stream);

#endif /* NARU_STREAM_TLS_H */
