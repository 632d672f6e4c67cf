/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_CHECK_H
#define NARU_SPACE_CHECK_H

/* space/check.h - what is wrong in a space, and put it right */

#include <space/object.h>

/*
 * How a kind of object is looked into: calls @tell with what it finds. Returns 0,
 * or an error that ends the check of the whole space.
 */
struct nr_object_checker {
	enum naru_kind kind;
	int (*check)(struct naru_space *space, const char *name, int flags,
		     void (*tell)(void *data, const struct naru_finding *finding),
		     void *data);
};

/* naru_space_check(), with a checker for each kind of object that is known. */
int nr_space_check(struct naru_space *space, int flags,
		   const struct nr_object_checker *checkers, size_t count,
		   void (*visit)(void *data, const struct naru_finding *finding),
		   void *data);

#endif /* NARU_SPACE_CHECK_H */
