/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_CALLER_H
#define NARU_SERVER_CALLER_H

/* server/caller.h - who is at the other end of a connection */

#include <naru/stream.h>
#include <stdbool.h>

enum { NR_CALLER_GROUPS = 64 };

struct nr_caller {
	struct naru_stream_peer who;
	char host[64]; /* who.address without the port; or where it came in, if near */
	char name[sizeof(((struct naru_stream_peer *)0)->name)]; /* for the log */
	bool local;    /* over a Unix socket, or shared memory: its end is its death */
	bool near;     /* local, but it came to tcp://: as if over the network */
	bool loopback; /* over the network, from this machine */
	bool grouped;  /* groups are known */
	uint32_t groups[NR_CALLER_GROUPS];
	int groups_count;
};

/* @url: where it came in. */
int nr_caller_describe(struct naru_stream *stream, const char *url,
		       struct nr_caller *ret_caller);

/* The user; UINT32_MAX: not known. */
uint32_t nr_caller_uid(const struct nr_caller *caller);
/* Is he in that group, by the files of users and groups? */
bool nr_caller_is_in(struct nr_caller *caller, uint32_t gid);

/*
 * Whose is the socket at @address that is connected to ours at @here, both of this
 * machine? UINT32_MAX: not known.
 */
uint32_t nr_loopback_user(const char *address, const char *here);

/*
 * May he go on with what was begun before? If it was not known who that was, whoever
 * knows the secret may.
 */
bool nr_caller_is_same(const struct nr_caller *before, const struct nr_caller *now);

#endif /* NARU_SERVER_CALLER_H */
