/* SPDX-License-Identifier: MIT */

/* tls/context.c - certificates and what they are good for */

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <tls/module.h>

static int load_own(SSL_CTX *ssl, const struct naru_stream_options *options,
		    nr_tls_log log)
{
	if (!options->certificate && !options->key)
		return 0;
	if (!options->certificate || !options->key) {
		log("tls: a certificate needs its key, and a key its certificate");
		return -EKEYREJECTED;
	}
	if (SSL_CTX_use_certificate_chain_file(ssl, options->certificate) != 1)
		return nr_tls_explain_file(log, "certificate", options->certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, options->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ssl) != 1)
		return nr_tls_explain_file(log, "key", options->key);
	return 0;
}

static int load_authority(SSL_CTX *ssl, const struct naru_stream_options *options,
			  bool server, nr_tls_log log)
{
	STACK_OF(X509_NAME) * names;

	if (!options->authority) {
		if (!server)
			SSL_CTX_set_default_verify_paths(ssl);
		return 0;
	}
	if (SSL_CTX_load_verify_file(ssl, options->authority) != 1)
		return nr_tls_explain_file(log, "authority", options->authority);
	if (!server)
		return 0;
	/* Clients are told by whom their certificate must be signed. */
	names = SSL_load_client_CA_file(options->authority);
	if (!names)
		return nr_tls_explain_file(log, "authority", options->authority);
	SSL_CTX_set_client_CA_list(ssl, names);
	return 0;
}

static int set_up(SSL_CTX *ssl, const struct naru_stream_options *options, bool server,
		  nr_tls_log log)
{
	int verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, r;

	if (SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1)
		return -EPROTO;
	SSL_CTX_set_num_tickets(ssl, 0);
	SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	r = load_own(ssl, options, log);
	if (r == 0)
		r = load_authority(ssl, options, server, log);
	if (!server || options->authority)
		SSL_CTX_set_verify(ssl, verify, nr_tls_note_certificate);
	return r;
}

int nr_tls_context_open(const struct naru_stream_options *options, bool server,
			nr_tls_log log, struct nr_tls_context **ret_context)
{
	struct nr_tls_context *context = calloc(1, sizeof(*context));
	int r;

	if (!context)
		return -ENOMEM;
	ERR_clear_error();
	context->log = log;
	context->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	r = context->ssl ? set_up(context->ssl, options, server, log) : -ENOMEM;
	if (r < 0)
		nr_tls_context_close(context);
	else
		*ret_context = context;
	return r;
}

void nr_tls_context_close(struct nr_tls_context *context)
{
	SSL_CTX_free(context->ssl);
	free(context);
}
