/* SPDX-License-Identifier: MIT */
#ifndef NARU_SERVER_RULE_H
#define NARU_SERVER_RULE_H

/* server/rule.h - one line of the file of access */

#include <netinet/in.h>
#include <server/caller.h>
#include <stdint.h>

enum nr_who {
	NR_WHO_ANYONE,
	NR_WHO_USER,
	NR_WHO_GROUP,
	NR_WHO_CERTIFICATE,
	NR_WHO_ADDRESS
};

struct nr_rule {
	unsigned line;
	bool allow;
	enum nr_who who;
	uint32_t id;   /* of the user, or the group */
	char *pattern; /* of the certificate's name */
	int family;    /* of the address; its first so many bits count */
	unsigned char address[sizeof(struct in6_addr)];
	unsigned bits;
	uint32_t rights; /* of enum nr_right */
	char **queues;	 /* patterns; the last is NULL */
};

/* 1; 0: the line is empty; -EINVAL: @ret_wrong says what is wrong. @line is changed. */
int nr_rule_parse(char *line, struct nr_rule *rule, char *ret_wrong, size_t size);
void nr_rule_clear(struct nr_rule *rule);

bool nr_rule_is_about(const struct nr_rule *rule, const char *queue);
bool nr_rule_is_for(const struct nr_rule *rule, struct nr_caller *caller);

#endif /* NARU_SERVER_RULE_H */
