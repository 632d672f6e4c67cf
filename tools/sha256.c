/* SPDX-License-Identifier: MIT */
/* tools/sha256.c - a checksum, by OpenSSL's libcrypto */

#include <tools/sha256.h>

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

int nr_sha256(const void *data, size_t length, char *ret_text)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int size;

	if (!EVP_Digest(data, length, digest, &size, EVP_sha256(), NULL))
		return -ENOMEM;
	for (unsigned int i = 0; i < size; i++)
		snprintf(ret_text + (size_t)2 * i, 3, "%02x", digest[i]);
	return 0;
}
