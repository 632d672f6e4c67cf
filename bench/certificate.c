/* SPDX-License-Identifier: MIT */

#include "certificate.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>

enum { HOURS_GOOD = 24 };

static bool name_it(X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	X509_EXTENSION *host = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						   "DNS:" BENCH_CERTIFICATE_HOST);
	bool done =
		host && X509_add_ext(certificate, host, -1) == 1 &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					   (const unsigned char *)BENCH_CERTIFICATE_HOST,
					   -1, -1, 0) == 1 &&
		X509_set_issuer_name(certificate, name) == 1;

	X509_EXTENSION_free(host);
	return done;
}

static bool fill_in(X509 *certificate, EVP_PKEY *key)
{
	return X509_set_version(certificate, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(certificate), HOURS_GOOD * 3600) &&
	       X509_set_pubkey(certificate, key) == 1 && name_it(certificate) &&
	       X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool save(const struct bench_certificate *names, X509 *certificate, EVP_PKEY *key)
{
	FILE *file = fopen(names->certificate, "w");
	bool done = file && PEM_write_X509(file, certificate) == 1;

	if (file)
		fclose(file);
	file = done ? fopen(names->key, "w") : NULL;
	done = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (file)
		fclose(file);
	return done;
}

int bench_certificate_create(struct bench_certificate *ret_certificate)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	struct bench_certificate made;
	int r = bench_scratch_create(&made.scratch);

	if (r == 0) {
		snprintf(made.certificate, sizeof(made.certificate), "%s/cert",
			 made.scratch.path);
		snprintf(made.key, sizeof(made.key), "%s/key", made.scratch.path);
		if (!key || !certificate || !fill_in(certificate, key) ||
		    !save(&made, certificate, key)) {
			bench_certificate_remove(&made);
			r = -EIO;
		}
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (r == 0)
		*ret_certificate = made;
	return r;
}

void bench_certificate_remove(const struct bench_certificate *certificate)
{
	bench_scratch_remove(&certificate->scratch);
}
