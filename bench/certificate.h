/* SPDX-License-Identifier: MIT */
#ifndef NARU_BENCH_CERTIFICATE_H
#define NARU_BENCH_CERTIFICATE_H

/* bench/certificate.h - a certificate that signs itself, for a run */

#include "scratch.h"

#define BENCH_CERTIFICATE_HOST "bench.example"

struct bench_certificate {
	struct bench_scratch scratch;
	char certificate[BENCH_SCRATCH_MAX + 8]; /* names of PEM files */
	char key[BENCH_SCRATCH_MAX + 8];
};

int bench_certificate_create(struct bench_certificate *ret_certificate);
void bench_certificate_remove(const struct bench_certificate *certificate);

#endif /* NARU_BENCH_CERTIFICATE_H */
