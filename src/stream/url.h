/* SPDX-License-Identifier: MIT */
#ifndef NARU_STREAM_URL_H
#define NARU_STREAM_URL_H

/* stream/url.h - take a URL of naru/stream.h to pieces */

#include <limits.h>
#include <naru/base.h>

enum nr_scheme { NR_URL_LOCAL, NR_URL_UNIX, NR_URL_TCP, NR_URL_TLS, NR_URL_FD };

struct nr_url {
	enum nr_scheme scheme;
	char name[NARU_NAME_MAX + 1]; /* local: NAME; unix: the path's last part; fd: N */
	char directory[PATH_MAX];     /* unix: what is before that, without a slash */
	char host[254];		      /* tcp, tls; without brackets; "*": every address */
	char port[6];
};

/* -EINVAL: it is none. */
int nr_url_parse(const char *text, struct nr_url *ret_url);

#endif /* NARU_STREAM_URL_H */
