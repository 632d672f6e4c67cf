/* SPDX-License-Identifier: MIT */
/* tools/object.c - names in a space, and what is wrong with one */

#include <tools/object.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <tools/report.h>

bool nr_is_name(const char *name)
{
	static const char *const letters =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	return length > 0 && length <= NARU_NAME_MAX && name[0] != '.' &&
	       strspn(name, letters) == length;
}

int nr_check_name(const char *name, const char *kind)
{
	if (!nr_is_name(name))
		return nr_failed(
			"\"%s\" is no name for a %s: it takes 1 to %d of A-Z a-z "
			"0-9 . _ - and no dot in front",
			name, kind, NARU_NAME_MAX);
	return NR_OK;
}

int nr_object_denied(struct nr_tool *tool, const char *name, const char *kind)
{
	const char *space = naru_space_path(tool->space);
	char path[PATH_MAX + NARU_NAME_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", space, name);
	if (lstat(path, &status) < 0)
		return nr_failed("no permission to make a %s in %s; ask its owner, or "
				 "give another with --space",
				 kind, space);
	return nr_failed(
		"no permission for %s \"%s\" in %s%s: see its mode with ls -l", kind,
		name, space,
		strcmp(kind, "queue") == 0
			? "; both senders and receivers need to read and write it"
			: "");
}

struct search {
	const char *name;
	enum naru_kind kind;
};

static int compare(void *data, const struct naru_entry *entry)
{
	struct search *search = data;

	if (strcmp(entry->name, search->name) == 0)
		search->kind = entry->kind;
	return 0;
}

int nr_object_unfit(struct nr_tool *tool, const char *name, const char *kind)
{
	const char *path = naru_space_path(tool->space);
	const char *space = nr_space_option(tool);
	struct search search = {.name = name};

	naru_space_list(tool->space, compare, &search);
	if (search.kind == NARU_KIND_QUEUE && strcmp(kind, "queue") != 0)
		return nr_failed("\"%s\" in %s is a queue, and no %s; see: naru %sstat "
				 "%s",
				 name, path, kind, space, name);
	if (search.kind == NARU_KIND_SEGMENT && strcmp(kind, "segment") != 0)
		return nr_failed("\"%s\" in %s is a segment, and no %s; see: naru "
				 "%ssegment stat %s",
				 name, path, kind, space, name);
	return nr_failed("\"%s\" in %s is damaged or no %s; see: naru %sdoctor", name,
			 path, kind, space);
}
