/* SPDX-License-Identifier: MIT */

/* tls/explain.c - what OpenSSL means, in plain words */

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <tls/module.h>

static const char *reason(void)
{
	unsigned long error = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(error);

#ifdef ERR_SYSTEM_ERROR
	if (ERR_SYSTEM_ERROR(error))
		text = strerrordesc_np(ERR_GET_REASON(error));
#endif
	return text ? text : "it is not clear why";
}

int nr_tls_explain_file(nr_tls_log log, const char *what, const char *path)
{
	unsigned long error = ERR_peek_error();

	if (ERR_SYSTEM_ERROR(error))
		log("tls: the %s %s cannot be read: %s", what, path,
		    strerrordesc_np(ERR_GET_REASON(error)));
	else if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH)
		log("tls: the %s %s does not belong to the certificate", what, path);
	else
		log("tls: the %s %s cannot be used (is it a PEM file?): %s", what, path,
		    reason());
	ERR_clear_error();
	return -EKEYREJECTED;
}

static void print_time(const ASN1_TIME *time, char text[NR_TLS_DATE])
{
	struct tm date;

	if (ASN1_TIME_to_tm(time, &date) == 1)
		snprintf(text, NR_TLS_DATE, "%04d-%02d-%02d", date.tm_year + 1900,
			 date.tm_mon + 1, date.tm_mday);
}

/* After a failure OpenSSL forgets the certificate: what is to be told is noted here. */
int nr_tls_note_certificate(int good, X509_STORE_CTX *store)
{
	SSL *ssl =
		X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct nr_tls_session *session = ssl ? SSL_get_app_data(ssl) : NULL;
	const X509 *certificate = X509_STORE_CTX_get_current_cert(store);

	if (!good && session && certificate) {
		print_time(X509_get0_notBefore(certificate), session->good_from);
		print_time(X509_get0_notAfter(certificate), session->good_until);
	}
	return good;
}

int nr_tls_explain_certificate(const struct nr_tls_session *session, long why)
{
	const char *whose = session->host[0] ? session->host : "the client";

	switch (why) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		session->log("tls: the certificate of %s has expired: it was good until "
			     "%s",
			     whose, session->good_until);
		return -EKEYEXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		session->log("tls: the certificate of %s is not good before %s", whose,
			     session->good_from);
		return -EKEYEXPIRED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		session->log("tls: the certificate that came is not for %s", whose);
		return -EKEYREJECTED;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		session->log("tls: the certificate of %s is not signed by an authority "
			     "that we trust",
			     whose);
		return -EKEYREJECTED;
	default:
		session->log("tls: the certificate of %s is not good: %s", whose,
			     X509_verify_cert_error_string(why));
		return -EKEYREJECTED;
	}
}

int nr_tls_explain_protocol(const struct nr_tls_session *session)
{
	const char *whose = session->host[0] ? session->host : "the client";
	int code = ERR_GET_REASON(ERR_peek_last_error());

	if (code == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		session->log("tls: %s has shown no certificate", whose);
	else if (code == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED)
		session->log("tls: %s wants a certificate from us", whose);
	else if (code == SSL_R_WRONG_VERSION_NUMBER ||
		 code == SSL_R_PACKET_LENGTH_TOO_LONG || code == SSL_R_HTTP_REQUEST)
		session->log("tls: %s does not speak TLS", whose);
	else if (code > SSL_AD_REASON_OFFSET)
		session->log("tls: %s has refused: %s", whose, reason());
	else
		session->log("tls: %s: %s", whose, reason());
	ERR_clear_error();
	return code == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ? -EKEYREJECTED : -EPROTO;
}
