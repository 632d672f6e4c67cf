/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_URL_H
#define NARU_REMOTE_URL_H

/*
 * remote/url.h - the URL of a queue: where its server is, and its name there
 *
 *	tcp://HOST:PORT/QUEUE	tls://HOST:PORT/QUEUE
 *	unix:///PATH#QUEUE	local://NAME#QUEUE	local://NAME/QUEUE
 */

#include <limits.h>
#include <naru/base.h>

struct nr_queue_url {
	char server[PATH_MAX + 16]; /* as of naru/stream.h */
	char queue[NARU_NAME_MAX + 1];
};

/* -EINVAL: it is none. */
int nr_queue_url_parse(const char *text, struct nr_queue_url *ret_url);

/* Is it the URL of a server alone? 0 or -EINVAL. */
int nr_place_url_check(const char *text);

#endif /* NARU_REMOTE_URL_H */
