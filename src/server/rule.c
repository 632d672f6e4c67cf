/* SPDX-License-Identifier: MIT */

#include <server/rule.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <server/access.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACES " \t\r\n"

struct parse {
	char *rest; /* of the line */
	char *wrong;
	size_t size;
};

static int complain(struct parse *parse, const char *what, const char *word)
{
	snprintf(parse->wrong, parse->size, "%s is wanted, not %s", what,
		 word ? word : "nothing");
	return -EINVAL;
}

static char *next_word(struct parse *parse)
{
	char *word = strsep(&parse->rest, SPACES);

	while (word && !*word)
		word = strsep(&parse->rest, SPACES);
	return word;
}

/* A number without a sign. */
static bool read_id(const char *word, uint32_t *ret_id)
{
	char *end;
	unsigned long id;

	if (!word || *word < '0' || *word > '9')
		return false;
	errno = 0;
	id = strtoul(word, &end, 10);
	if (errno || *end || id >= UINT32_MAX)
		return false;
	*ret_id = (uint32_t)id;
	return true;
}

static int parse_uid(struct parse *parse, struct nr_rule *rule)
{
	char *word = next_word(parse);

	rule->who = NR_WHO_USER;
	return read_id(word, &rule->id) ? 0
					: complain(parse, "the number of a user", word);
}

static int parse_user(struct parse *parse, struct nr_rule *rule)
{
	char *word = next_word(parse);
	const struct passwd *user = word ? getpwnam(word) : NULL;

	rule->who = NR_WHO_USER;
	if (!user)
		return complain(parse, "the name of a user", word);
	rule->id = user->pw_uid;
	return 0;
}

static int parse_group(struct parse *parse, struct nr_rule *rule)
{
	char *word = next_word(parse);
	const struct group *group = word ? getgrnam(word) : NULL;

	rule->who = NR_WHO_GROUP;
	if (!group)
		return complain(parse, "the name of a group", word);
	rule->id = group->gr_gid;
	return 0;
}

static int parse_certificate(struct parse *parse, struct nr_rule *rule)
{
	char *word = next_word(parse);

	rule->who = NR_WHO_CERTIFICATE;
	if (!word)
		return complain(parse, "a certificate's name, or a pattern,", word);
	rule->pattern = strdup(word);
	return rule->pattern ? 0 : -ENOMEM;
}

static int parse_address(struct parse *parse, struct nr_rule *rule)
{
	static const char what[] = "an address (192.0.2.1, 192.0.2.0/24, 2001:db8::1, "
				   "2001:db8::/32)";
	char *word = next_word(parse), *address = word ? strdup(word) : NULL, *slash;
	uint32_t most = 32;
	bool good;

	if (!address)
		return complain(parse, what, word);
	slash = strchr(address, '/');
	if (slash)
		*slash++ = '\0';
	rule->who = NR_WHO_ADDRESS;
	rule->family = AF_INET;
	good = inet_pton(AF_INET, address, rule->address) == 1;
	if (!good) {
		rule->family = AF_INET6;
		most = 128;
		good = inet_pton(AF_INET6, address, rule->address) == 1;
	}
	rule->bits = most;
	if (good && slash)
		good = read_id(slash, &rule->bits) && rule->bits <= most;
	free(address);
	return good ? 0 : complain(parse, what, word);
}

static int parse_anyone(struct parse *parse, struct nr_rule *rule)
{
	(void)parse;
	rule->who = NR_WHO_ANYONE;
	return 0;
}

static int parse_who(struct parse *parse, struct nr_rule *rule)
{
	static const struct {
		const char *word;
		int (*parse)(struct parse *parse, struct nr_rule *rule);
	} whos[] = {
		{"uid", parse_uid},	    {"user", parse_user},
		{"group", parse_group},	    {"certificate", parse_certificate},
		{"address", parse_address}, {"anyone", parse_anyone},
	};
	char *word = next_word(parse);

	for (size_t i = 0; word && i < sizeof(whos) / sizeof(whos[0]); i++)
		if (strcmp(word, whos[i].word) == 0)
			return whos[i].parse(parse, rule);
	return complain(parse, "uid, user, group, certificate, address or anyone", word);
}

static int parse_rights(struct parse *parse, struct nr_rule *rule)
{
	static const char what[] = "all, or some of send, receive, create, remove, set, "
				   "look with commas between,";
	char *words = next_word(parse), *word;

	if (!words)
		return complain(parse, what, words);
	if (strcmp(words, "all") == 0) {
		rule->rights = NR_RIGHTS;
		return 0;
	}
	while ((word = strsep(&words, ","))) {
		uint32_t right = 1;

		while (right & NR_RIGHTS && strcmp(nr_right_name(right), word) != 0)
			right <<= 1;
		if (!(right & NR_RIGHTS))
			return complain(parse, what, word);
		rule->rights |= right;
	}
	return 0;
}

static int parse_queues(struct parse *parse, struct nr_rule *rule)
{
	size_t count = 0;
	char *word;

	while ((word = next_word(parse))) {
		char **queues = realloc(rule->queues, (count + 2) * sizeof(queues[0]));

		if (!queues)
			return -ENOMEM;
		rule->queues = queues;
		queues[count] = strdup(word);
		queues[count + 1] = NULL;
		if (!queues[count++])
			return -ENOMEM;
	}
	return count > 0 ? 0 : complain(parse, "a pattern of queues (* for all)", NULL);
}

int nr_rule_parse(char *line, struct nr_rule *rule, char *ret_wrong, size_t size)
{
	struct parse parse = {.rest = line, .wrong = ret_wrong, .size = size};
	char *word;
	int r;

	line[strcspn(line, "#")] = '\0';
	word = next_word(&parse);
	if (!word)
		return 0;
	rule->allow = strcmp(word, "allow") == 0;
	if (!rule->allow && strcmp(word, "deny") != 0)
		return complain(&parse, "allow or deny", word);
	r = parse_who(&parse, rule);
	if (r == 0)
		r = parse_rights(&parse, rule);
	if (r == 0)
		r = parse_queues(&parse, rule);
	return r < 0 ? r : 1;
}

void nr_rule_clear(struct nr_rule *rule)
{
	for (size_t i = 0; rule->queues && rule->queues[i]; i++)
		free(rule->queues[i]);
	free(rule->queues);
	free(rule->pattern);
}

bool nr_rule_is_about(const struct nr_rule *rule, const char *queue)
{
	for (size_t i = 0; rule->queues[i]; i++)
		if (fnmatch(rule->queues[i], queue, 0) == 0)
			return true;
	return false;
}

static bool is_address(const struct nr_rule *rule, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	unsigned whole = rule->bits / 8, rest = rule->bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	if (inet_pton(rule->family, host, address) != 1 ||
	    memcmp(address, rule->address, whole) != 0)
		return false;
	return rest == 0 || (address[whole] & mask) == (rule->address[whole] & mask);
}

bool nr_rule_is_for(const struct nr_rule *rule, struct nr_caller *caller)
{
	switch (rule->who) {
	case NR_WHO_ANYONE:
		return true;
	case NR_WHO_USER:
		return nr_caller_uid(caller) == rule->id;
	case NR_WHO_GROUP:
		return nr_caller_is_in(caller, rule->id);
	case NR_WHO_CERTIFICATE:
		return caller->who.name[0] &&
		       fnmatch(rule->pattern, caller->who.name, 0) == 0;
	case NR_WHO_ADDRESS:
		return is_address(rule, caller->host) ||
		       (caller->near &&
			(is_address(rule, "127.0.0.1") || is_address(rule, "::1")));
	}
	return false;
}
