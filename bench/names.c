/* SPDX-License-Identifier: MIT */

#include "names.h"

#include <string.h>

static bool same(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* The one after @word in the list, or NULL. */
static const char *next(const char *word, size_t length)
{
	return word[length] ? word + length + 1 : NULL;
}

bool bench_names_has(const char *list, const char *name)
{
	size_t length;

	if (!list)
		return true;
	for (const char *word = list; word; word = next(word, length)) {
		length = strcspn(word, ",");
		if (same(word, length, name))
			return true;
	}
	return false;
}

const char *bench_names_unknown(const char *list, const char *const *names, size_t count,
				int *ret_length)
{
	size_t length;

	for (const char *word = list; word; word = next(word, length)) {
		size_t i = 0;

		length = strcspn(word, ",");
		while (i < count && !same(word, length, names[i]))
			i++;
		if (i == count) {
			*ret_length = (int)length;
			return word;
		}
	}
	return NULL;
}
