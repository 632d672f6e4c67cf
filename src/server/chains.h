/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_CHAINS_H
#define NARU_SERVER_CHAINS_H

/* server/chains.h - find things by a hash: chained, and the links are the things' own */

#include <stddef.h>
#include <stdint.h>

struct nr_node {
	struct nr_node *next;
	uint64_t hash;
};

struct nr_chains {
	struct nr_node **chains;
	size_t size; /* a power of two, or 0 */
	size_t count;
	size_t at; /* where nr_chains_any() looks */
};

/* What clients choose does not make long chains: a word of ours is in it. */
uint64_t nr_hash(const void *data, size_t length);

/* -ENOMEM */
int nr_chains_add(struct nr_chains *table, struct nr_node *node, uint64_t hash);
void nr_chains_remove(struct nr_chains *table, struct nr_node *node);
void nr_chains_free(struct nr_chains *table);

/* The first that has @hash, and the next one behind @node; NULL: there is none. */
struct nr_node *nr_chains_find(const struct nr_chains *table, uint64_t hash);
struct nr_node *nr_chains_next(const struct nr_node *node);

/* Any; NULL: it is empty. */
struct nr_node *nr_chains_any(struct nr_chains *table);

#endif /* NARU_SERVER_CHAINS_H */
