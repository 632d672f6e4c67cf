/* SPDX-License-Identifier: MIT */
#ifndef NARU_SPACE_CHECK_H
#define NARU_SPACE_CHECK_H

/* space/check.h - what is wrong in a space, and put it right */

#include <space/object.h>

/*
 * How something with a name is looked into: calls @tell with what it finds. Returns 0,
 * or an error that ends the check of the whole space.
 */
typedef int (*nr_check_function)(struct naru_space *space, const char *name, int flags,
				 void (*tell)(void *data,
					      const struct naru_finding *finding),
				 void *data);

struct nr_object_checker {
	enum naru_kind kind;
	nr_check_function check;
};

/*
 * naru_space_check(), with a checker for each kind of object that is known, and one for
 * the sockets of listeners, or NULL.
 */
int nr_space_check(struct naru_space *space, int flags,
		   const struct nr_object_checker *checkers, size_t count,
		   nr_check_function check_socket,
		   void (*visit)(void *data, const struct naru_finding *finding),
		   void *data);

#endif /* NARU_SPACE_CHECK_H */
