/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ORDER_SYSV_H
#define TESTS_ORDER_SYSV_H

/* order-sysv.h - two System V calls, of which the one comes in the middle of the other */

#include <stdbool.h>
#include <sysv/msg.h>
#include <sysv/sem.h>

struct order_case {
	const char *name;
	bool (*prepare)(void *data); /* in the first process */
	void (*first)(void *data);   /* there; it stands still in the middle */
	int (*second)(void *data);   /* in another process meanwhile; 0 */
	void (*verify)(void *data);  /* in the first process, when both are through */
};

extern const struct order_case order_cases[];
extern const unsigned order_cases_count;

/* What the calls came to, seen by all. */
struct order_results {
	long first, second;
	long id, next; /* of the object, and of one made by the second in its place */
};
extern struct order_results *order;

/* Where all of it happens; and what each process has open there. */
extern const char *order_space_path;
extern struct nr_ids order_ids;
extern struct nr_msg order_msg;
extern struct nr_sem order_sem;
bool order_open(void *data);

/* Complains if it is not so. */
bool order_is(const char *what, long value, long expected);

/* One of the two came first, and the other one found it gone. */
bool order_is_gone(long r);

/* So many objects there are, and nothing is left half done. */
void order_verify(enum nr_sysv_kind kind, uint32_t used);

/* Does the first one hold a lock that the second would have to wait for? */
bool order_is_locked(void);

#endif /* TESTS_ORDER_SYSV_H */
