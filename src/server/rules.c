/* SPDX-License-Identifier: MIT */

#include <server/rules.h>

#include <errno.h>
#include <server/rule.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nr_rules {
	char *path;
	struct nr_rule *lines;
	size_t count;
};

void nr_rules_free(struct nr_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		nr_rule_clear(&rules->lines[i]);
	free(rules->lines);
	free(rules->path);
	free(rules);
}

static int add(struct nr_rules *rules, const struct nr_rule *rule)
{
	struct nr_rule *lines =
		realloc(rules->lines, (rules->count + 1) * sizeof(lines[0]));

	if (!lines)
		return -ENOMEM;
	rules->lines = lines;
	rules->lines[rules->count++] = *rule;
	return 0;
}

static int read_lines(struct nr_rules *rules, FILE *file, char *ret_text, size_t size)
{
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	int r = 0;

	while (r == 0 && getline(&line, &room, file) >= 0) {
		struct nr_rule rule = {.line = ++number};
		char wrong[200] = "";

		r = nr_rule_parse(line, &rule, wrong, sizeof(wrong));
		if (r > 0)
			r = add(rules, &rule);
		if (r < 0) {
			nr_rule_clear(&rule);
			snprintf(ret_text, size, "%s, line %u: %s", rules->path, number,
				 r == -ENOMEM ? "no memory" : wrong);
		}
	}
	if (r == 0 && ferror(file)) {
		r = -errno;
		snprintf(ret_text, size, "cannot read %s: %s", rules->path, strerror(-r));
	}
	free(line);
	return r;
}

int nr_rules_load(const char *path, struct nr_rules **ret_rules, char *ret_text,
		  size_t size)
{
	struct nr_rules *rules = calloc(1, sizeof(*rules));
	FILE *file;
	int r;

	if (rules)
		rules->path = strdup(path);
	if (!rules || !rules->path) {
		free(rules);
		snprintf(ret_text, size, "no memory");
		return -ENOMEM;
	}
	file = fopen(path, "re");
	r = file ? read_lines(rules, file, ret_text, size) : -errno;
	if (!file)
		snprintf(ret_text, size, "cannot read %s: %s", path, strerror(-r));
	else
		fclose(file);
	if (r < 0)
		nr_rules_free(rules);
	else
		*ret_rules = rules;
	return r;
}

bool nr_rules_allow(const struct nr_rules *rules, struct nr_caller *caller,
		    uint32_t right, const char *queue, char *ret_text, size_t size)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct nr_rule *rule = &rules->lines[i];

		if (!(rule->rights & right) || !nr_rule_is_about(rule, queue) ||
		    !nr_rule_is_for(rule, caller))
			continue;
		if (!rule->allow)
			snprintf(ret_text, size, "line %u of %s denies it", rule->line,
				 rules->path);
		return rule->allow;
	}
	snprintf(ret_text, size, "no line of %s allows it", rules->path);
	return false;
}

bool nr_rules_may_allow(const struct nr_rules *rules, struct nr_caller *caller,
			uint32_t right)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct nr_rule *rule = &rules->lines[i];

		if (rule->allow && rule->rights & right && nr_rule_is_for(rule, caller))
			return true;
	}
	return false;
}
