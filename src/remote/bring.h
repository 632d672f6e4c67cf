/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_BRING_H
#define NARU_REMOTE_BRING_H

/* remote/bring.h - have the server bring messages */

#include <remote/client.h>

enum {
	NR_BRING_MAX = 500, /* whose rooms fit in the smallest frame */
};

struct nr_bring {
	int64_t select;
	uint16_t flags; /* of layout/wire.h */
	uint32_t count;
	const uint64_t *rooms;
	struct naru_item *items; /* filled in; data is the caller's memory */
	bool allocate;	   /* data is of malloc(3), NULL at first; the caller frees it */
	uint64_t delivery; /* out: of the first */
	bool brought;	   /* an answer came */
};

/*
 * How many came. What the server may have brought although this failed, goes back.
 *
 * -EMSGSIZE	the first one is larger than its room; it stays
 */
int nr_bring(struct nr_lane *lane, struct nr_bring *bring);

/*
 * Its parts: number the deliveries, which uses no numbers up yet; write the body; read an
 * item of the answer.
 */
void nr_bring_number(struct nr_lane *lane, struct nr_bring *bring);
int nr_bring_write(struct nr_lane *lane, void *bring);
int nr_bring_read(struct nr_lane *lane, const struct nr_bring *bring, uint32_t index);

/* The flags for a request of what a call was given. -EINVAL. */
int nr_bring_flags(int64_t select, int flags, uint16_t *ret_flags);

#endif /* NARU_REMOTE_BRING_H */
