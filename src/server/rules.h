/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_RULES_H
#define NARU_SERVER_RULES_H

/*
 * server/rules.h - the file of access
 *
 *	# who			what		which queues
 *	allow user bert		all		*
 *	allow group staff	send,look	jobs-* log
 *	allow certificate *.example.org	receive	jobs-*
 *	deny  address 192.0.2.7	all		*
 *	allow address 192.0.2.0/24	send	log
 *
 * The first line that fits decides; if none does, it is denied.
 */

#include <server/caller.h>
#include <stdint.h>

struct nr_rules;

/* -EINVAL, or why it cannot be read; @ret_text says what is wrong, and where. */
int nr_rules_load(const char *path, struct nr_rules **ret_rules, char *ret_text,
		  size_t size);
/* Accepts NULL. */
void nr_rules_free(struct nr_rules *rules);

/*
 * Does the caller have the right @right of enum nr_right? @ret_text: if not, which line
 * says so.
 */
bool nr_rules_allow(const struct nr_rules *rules, struct nr_caller *caller,
		    uint32_t right, const char *queue, char *ret_text, size_t size);

/* Is there a line that allows him that, with whatever queue? */
bool nr_rules_may_allow(const struct nr_rules *rules, struct nr_caller *caller,
			uint32_t right);

#endif /* NARU_SERVER_RULES_H */
