/* SPDX-License-Identifier: MIT */

#include <server/chains.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_SIZE = 16 };

static uint64_t mix(uint64_t word)
{
	word ^= word >> 32;
	word *= UINT64_C(0xd6e8feb86659fd93);
	word ^= word >> 32;
	word *= UINT64_C(0xd6e8feb86659fd93);
	return word ^ word >> 32;
}

static uint64_t secret(void)
{
	static uint64_t word;

	while (word == 0)
		if (getentropy(&word, sizeof(word)) < 0)
			word = 0;
	return word;
}

uint64_t nr_hash(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t hash = secret() + length, word = 0;

	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash ^ word) + secret();
	}
	word = 0;
	memcpy(&word, bytes, length);
	return mix(hash ^ word);
}

static struct nr_node **chain(const struct nr_chains *table, uint64_t hash)
{
	return &table->chains[hash & (table->size - 1)];
}

static int grow(struct nr_chains *table)
{
	struct nr_chains larger = {.size = table->size ? 2 * table->size : FIRST_SIZE};

	larger.chains = calloc(larger.size, sizeof(larger.chains[0]));
	if (!larger.chains)
		return -ENOMEM;
	for (size_t i = 0; i < table->size; i++) {
		while (table->chains[i]) {
			struct nr_node *node = table->chains[i];

			table->chains[i] = node->next;
			node->next = *chain(&larger, node->hash);
			*chain(&larger, node->hash) = node;
		}
	}
	free(table->chains);
	table->chains = larger.chains;
	table->size = larger.size;
	return 0;
}

int nr_chains_add(struct nr_chains *table, struct nr_node *node, uint64_t hash)
{
	if (table->count >= table->size) {
		int r = grow(table);

		if (r < 0)
			return r;
	}
	node->hash = hash;
	node->next = *chain(table, hash);
	*chain(table, hash) = node;
	table->count++;
	return 0;
}

void nr_chains_remove(struct nr_chains *table, struct nr_node *node)
{
	struct nr_node **place = chain(table, node->hash);

	while (*place != node)
		place = &(*place)->next;
	*place = node->next;
	table->count--;
}

void nr_chains_free(struct nr_chains *table)
{
	free(table->chains);
	*table = (struct nr_chains){0};
}

static struct nr_node *first_of(struct nr_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct nr_node *nr_chains_find(const struct nr_chains *table, uint64_t hash)
{
	return table->size ? first_of(*chain(table, hash), hash) : NULL;
}

struct nr_node *nr_chains_next(const struct nr_node *node)
{
	return first_of(node->next, node->hash);
}

struct nr_node *nr_chains_any(struct nr_chains *table)
{
	if (table->count == 0)
		return NULL;
	/* On from where the last one was, so that all are found in one walk. */
	while (!table->chains[table->at & (table->size - 1)])
		table->at++;
	return table->chains[table->at & (table->size - 1)];
}
