/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TALK_H
#define SUPPORT_TALK_H

/*
 * support/talk.h - two ends of a stream talk at random, and check what they hear
 *
 * Each end sends a header that says who it is and how much will follow, then bytes that
 * follow from their position; both ways at once, by every call there is. Less than what
 * was said is allowed only if the other end was killed.
 */

#include <naru/stream.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TALK_WORKERS = 16, TALK_BUFFER = 70000 };

struct talk_header {
	uint32_t worker;
	uint32_t life;	   /* its deaths, when it began */
	uint32_t hangs_up; /* it will not listen to the end */
	uint32_t unused;
	uint64_t salt;
	uint64_t length; /* of what follows */
};

struct talk {
	struct naru_stream *stream;
	/* Of each worker, counted before it is killed; shared by all processes. */
	_Atomic uint32_t *deaths;
	uint64_t seed;
	bool loses; /* a socket: what was sent before a hang-up may be lost */

	struct talk_header out;
	uint64_t done_out; /* the header's bytes, too */
	uint64_t seed_out;
	_Atomic bool over_out;
	bool broken_out;
	unsigned char buffer_out[TALK_BUFFER];

	struct talk_header in;
	uint64_t done_in;
	uint64_t seed_in;
	bool over_in;
	unsigned char buffer_in[TALK_BUFFER];
};

/*
 * Talk until it is over, and close the stream. Set stream, deaths, seed, out.worker and
 * out.life before. Returns the bytes that it heard.
 */
uint64_t talk_run(struct talk *talk);

#endif /* SUPPORT_TALK_H */
