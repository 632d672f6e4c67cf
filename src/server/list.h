/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_LIST_H
#define NARU_SERVER_LIST_H

/* server/list.h - doubly linked lists, in a ring with their head */

#include <stdbool.h>
#include <stddef.h>

struct nr_link {
	struct nr_link *next, *previous;
};

/* The struct that has @link as its @field. */
#define nr_of(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

static inline void nr_list_init(struct nr_link *head)
{
	head->next = head->previous = head;
}

static inline bool nr_list_empty(const struct nr_link *head)
{
	return head->next == head;
}

static inline void nr_list_append(struct nr_link *head, struct nr_link *link)
{
	link->next = head;
	link->previous = head->previous;
	head->previous->next = link;
	head->previous = link;
}

/* It may be removed twice. */
static inline void nr_list_remove(struct nr_link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	nr_list_init(link);
}

/* All of @from to the empty @to. */
static inline void nr_list_move(struct nr_link *from, struct nr_link *to)
{
	nr_list_init(to);
	if (nr_list_empty(from))
		return;
	*to = *from;
	to->next->previous = to;
	to->previous->next = to;
	nr_list_init(from);
}

#endif /* NARU_SERVER_LIST_H */
