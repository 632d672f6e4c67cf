/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CRASH_NAMES_H
#define TESTS_CRASH_NAMES_H

/* crash-names.h - the calls that make, open and remove what has a name */

#include "crash-model.h"

enum { NAMES_CAPACITY = 2048, NAMES_MESSAGES = 16 };

/* What is there may be what @old or @new sends, or what @between does, if not NULL. */
struct names_case {
	const char *name;
	bool (*prepare)(void *data);
	void (*run)(void *data);
	const struct step *old, *new; /* how to come to the contents; NULL: no queue */
	const struct step *between;   /* a third state, if any */
	bool absent;		      /* there may also be none */
};

extern const struct names_case names_cases[];
extern const unsigned names_cases_count;

/* Of the queue, when it is made anew. */
extern const struct naru_queue_options names_options;

/* The model of that. */
struct model names_empty(void);

#endif /* TESTS_CRASH_NAMES_H */
