/* SPDX-License-Identifier: MIT */
#ifndef NARU_REMOTE_TOKENS_H
#define NARU_REMOTE_TOKENS_H

/*
 * remote/tokens.h - the messages that this process has claimed or taken
 *
 * A message is known by a token, which is never used again: so that one which is over is
 * told from others, whatever copies of its struct there are.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct nr_token {
	void *data; /* of malloc(3); NULL: nobody's */
	uint32_t generation;
};

struct nr_tokens {
	pthread_mutex_t guard;
	struct nr_token *slot;
	uint32_t count, used;
};

void nr_tokens_open(struct nr_tokens *table);
/* Frees all that is held. */
void nr_tokens_close(struct nr_tokens *table);
/* In a child of fork: nothing of it is ours. */
void nr_tokens_forget(struct nr_tokens *table);

/* @data becomes the table's. A token, not 0; or 0: there is no memory. */
uint64_t nr_tokens_enter(struct nr_tokens *table, void *data);
bool nr_tokens_has(struct nr_tokens *table, uint64_t token);
/* It is over: frees its data. */
void nr_tokens_leave(struct nr_tokens *table, uint64_t token);

#endif /* NARU_REMOTE_TOKENS_H */
