/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_PLACE_H
#define NARU_REMOTE_PLACE_H

/* remote/place.h - where a server of queues is, and how to get there */

#include <naru/stream.h>

struct nr_place {
	char *url;			    /* as of naru/stream.h */
	struct naru_space *space;	    /* of this machine, if one was given */
	struct naru_stream_options options; /* the strings are its own */
};

/*
 * @space	of this machine: where local:// is. NULL: the default one
 * @options	NULL: what the environment says, $NARU_TLS_CERTIFICATE and so on
 *
 * -EINVAL	@url is none, or an option is out of range
 */
int nr_place_set_up(struct nr_place *place, struct naru_space *space, const char *url,
		    const struct naru_stream_options *options);
int nr_place_copy(struct nr_place *place, const struct nr_place *other);
void nr_place_clear(struct nr_place *place);

#endif /* NARU_REMOTE_PLACE_H */
