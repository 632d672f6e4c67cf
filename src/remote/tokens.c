/* SPDX-License-Identifier: MIT */

#include <remote/tokens.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 16 };

void nr_tokens_open(struct nr_tokens *table)
{
	pthread_mutex_init(&table->guard, NULL);
}

void nr_tokens_close(struct nr_tokens *table)
{
	for (uint32_t i = 0; i < table->count; i++)
		free(table->slot[i].data);
	free(table->slot);
	pthread_mutex_destroy(&table->guard);
}

void nr_tokens_forget(struct nr_tokens *table)
{
	/* Another thread of the parent may have been at work on it. */
	pthread_mutex_init(&table->guard, NULL);
	table->slot = NULL;
	table->count = table->used = 0;
}

/* The guard is held. */
static bool grow(struct nr_tokens *table)
{
	uint32_t count = table->count ? 2 * table->count : SLOTS_FIRST;
	struct nr_token *slot;
	int saved = errno;

	if (table->used < table->count)
		return true;
	slot = realloc(table->slot, count * sizeof(*slot));
	errno = saved;
	if (!slot)
		return false;
	memset(slot + table->count, 0, (count - table->count) * sizeof(*slot));
	table->slot = slot;
	table->count = count;
	return true;
}

uint64_t nr_tokens_enter(struct nr_tokens *table, void *data)
{
	uint64_t token = 0;

	pthread_mutex_lock(&table->guard);
	for (uint32_t i = 0; grow(table) && token == 0; i++) {
		struct nr_token *slot = &table->slot[i];

		if (slot->data)
			continue;
		slot->data = data;
		table->used++;
		token = (uint64_t)++slot->generation << 32 | i;
	}
	pthread_mutex_unlock(&table->guard);
	return token;
}

/* The guard is held. */
static struct nr_token *find(struct nr_tokens *table, uint64_t token)
{
	uint32_t index = (uint32_t)token;

	if (index >= table->count || !table->slot[index].data ||
	    table->slot[index].generation != (uint32_t)(token >> 32))
		return NULL;
	return &table->slot[index];
}

bool nr_tokens_has(struct nr_tokens *table, uint64_t token)
{
	bool has;

	pthread_mutex_lock(&table->guard);
	has = find(table, token) != NULL;
	pthread_mutex_unlock(&table->guard);
	return has;
}

void nr_tokens_leave(struct nr_tokens *table, uint64_t token)
{
	struct nr_token *slot;

	pthread_mutex_lock(&table->guard);
	slot = find(table, token);
	if (slot) {
		free(slot->data);
		slot->data = NULL;
		table->used--;
	}
	pthread_mutex_unlock(&table->guard);
}
