/* SPDX-License-Identifier: MIT */
#ifndef NARU_TOOLS_SHA256_H
#define NARU_TOOLS_SHA256_H

#include <stddef.h>

enum { NR_SHA256_TEXT = 65 };

/* The SHA-256 of the bytes, in hexadecimal. 0, or -ENOMEM. */
int nr_sha256(const void *data, size_t length, char *ret_text);

#endif /* NARU_TOOLS_SHA256_H */
