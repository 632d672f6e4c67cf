/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_OPTIONS_H
#define NARU_STREAM_OPTIONS_H

/* stream/options.h - the options of listen and connect, with their defaults */

#include <naru/stream.h>

/* -EINVAL, -E2BIG. */
int nr_stream_options(const struct naru_stream_options *options,
		      struct naru_stream_options *ret_options);

/* TCP as we want it, before and after it is connected. Best effort. */
void nr_stream_tune_tcp(int fd);

#endif /* NARU_STREAM_OPTIONS_H */
